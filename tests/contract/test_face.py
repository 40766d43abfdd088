"""What the outside sees: `import tpo`, its names and their examples, and langgraph.json."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph.state import CompiledStateGraph
from source_tree import PYPROJECT, ROOT, modules, syntax
from typing_extensions import is_typeddict

import tpo

NAMES = [name for name in tpo.__all__ if name != "__version__"]
HEAVY = "langchain langchain_core langchain_openai langgraph openai pydantic httpx rich typer torch"
OPTIONAL = "torch transformers langchain_huggingface xllamacpp psycopg langgraph_api ray inspect_ai"
# A class made of an extra's: its neighbour loads it when it is asked for.
WITH_AN_EXTRA = {"tpo.datasets.batch.postgres_rows"}
SERVED = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))


def test_all_is_sorted_and_complete():
    assert tpo.__all__ == sorted(set(tpo.__all__))
    assert dir(tpo) == tpo.__all__
    listed = [name for names in tpo._HOMES.values() for name in names]
    assert sorted([*listed, "__version__"]) == tpo.__all__


def test_type_checkers_see_the_same_names():
    """The block under TYPE_CHECKING and the table of homes are written by hand, twice."""
    (block,) = [n for n in syntax(ROOT / "__init__.py").body if isinstance(n, ast.If)]
    seen = {
        f"{node.module}": [alias.name for alias in node.names]
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }
    assert seen == tpo._HOMES


def test_every_name_resolves_to_its_home():
    homes = {name: import_module(tpo._HOME_OF[name]) for name in NAMES}
    strayed = [n for n in NAMES if getattr(tpo, n) is not getattr(homes[n], n)]
    assert strayed == []


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'build_ppo'"):
        tpo.build_ppo  # noqa: B018


def test_the_version_is_the_one_of_pyproject():
    try:
        assert version("tpo") == tpo.__version__ == PYPROJECT["project"]["version"]
    except PackageNotFoundError:
        pytest.skip("tpo is not installed: these tests see the folder itself")


def test_every_name_is_described():
    assert [name for name in NAMES if not inspect.getdoc(getattr(tpo, name))] == []


def wants_example(name: str) -> bool:
    """Return whether users call it; errors and records they only read."""
    thing = getattr(tpo, name)
    is_error = isinstance(thing, type) and issubclass(thing, Exception)
    return callable(thing) and not is_error and not is_typeddict(thing)


def test_every_name_that_is_called_has_an_example():
    called = [name for name in NAMES if wants_example(name)]
    assert [n for n in called if ">>> " not in (inspect.getdoc(getattr(tpo, n)) or "")] == []


def test_examples_in_docstrings_are_right():
    """The same as pytest --doctest-modules, which would load the package a second time."""
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    failed: list[str] = []
    for module in modules():
        for case in doctest.DocTestFinder().find(import_module(module), module):
            runner.run(case, out=failed.append)
    assert failed == [], "".join(failed)
    assert runner.tries >= 10, "examples are not found"


def loaded_by(statement: str, where: Path) -> dict[str, Any]:
    """Run a statement in a fresh interpreter; return what it changed there."""
    script = f"""
import json, logging, os, sys, threading, warnings
before = dict(os.environ)
{statement}
print(json.dumps({{
    "modules": sorted({{name.split(".")[0] for name in sys.modules}}),
    "threads": threading.active_count(),
    "environment": sorted(dict(os.environ.items() ^ before.items())),
    "handlers": len(logging.getLogger().handlers),
    "files": os.listdir(),
}}))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_import_is_light_and_has_no_side_effect(tmp_path: Path):
    found = loaded_by("import tpo", tmp_path)
    assert set(HEAVY.split()) & set(found.pop("modules")) == set()
    assert found == {"threads": 1, "environment": [], "handlers": 0, "files": []}


def test_building_a_graph_loads_no_provider(tmp_path: Path):
    """A provider, the terminal and the extras are loaded when they are first used."""
    found = loaded_by("import tpo; tpo.build_tpo('openai:some', 'heuristic').compile()", tmp_path)
    unwanted = {"langchain_openai", "openai", "typer", *OPTIONAL.split()}
    assert unwanted & set(found["modules"]) == set()
    assert (found["threads"], found["files"]) == (1, [])


def test_no_module_loads_an_optional_package(tmp_path: Path):
    """An extra that is missing is told when it is needed, not at import."""
    found = loaded_by("import " + ", ".join(sorted(modules().keys() - WITH_AN_EXTRA)), tmp_path)
    assert set(OPTIONAL.split()) & set(found["modules"]) == set()
    assert found["files"] == []


def resolve(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def test_langgraph_json_names_compiled_graphs_without_saver():
    """The server brings its own saver; tools find graphs by name and description."""
    for name, entry in SERVED["graphs"].items():
        graph = resolve(entry["path"])
        assert isinstance(graph, CompiledStateGraph), name
        assert (graph.name, graph.checkpointer, graph.store) == (name, None, None)
        assert entry["description"].endswith("."), name


def test_served_graphs_can_be_drawn_as_forms_and_chats():
    for name, entry in SERVED["graphs"].items():
        graph = resolve(entry["path"])
        schema = graph.get_input_jsonschema()
        assert list(schema["properties"]) == ["messages", "drafts"], name
        assert schema["required"] == ["messages"], name
        settings = graph.get_context_jsonschema()["properties"]
        wanted = {"title", "description", "default"}
        assert {k for k, field in settings.items() if not wanted <= field.keys()} == set(), name


def test_langgraph_json_installs_this_folder():
    assert SERVED["dependencies"] == ["."]
    assert set(SERVED["graphs"]) == {"tpo", "best_of_n", "revision", "answer"}
