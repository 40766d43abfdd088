"""House rules that a reader would otherwise have to enforce (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from source_tree import PYPROJECT, ROOT, files, modules, syntax, syntax_nodes

MOST_LINES = 250  # the aim is 150
MOST_FUNCTION_LINES = 50  # without the docstring; the aim is 20
TOO_LONG: frozenset[str] = frozenset()  # files allowed to be longer: none, and why
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "shared", "base_utils"}
MODULES = modules()
TEXTS = files("*.py", "*.md", "*.toml", "*.json", "Makefile")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_are_short():
    lengths = {name(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES.values()}
    long = {path: lines for path, lines in lengths.items() if lines > MOST_LINES}
    assert long.keys() == TOO_LONG, long


def test_functions_are_short():
    long = {
        f"{module}.{function.name}": lines
        for module, path in MODULES.items()
        for function in functions(syntax(path))
        if (lines := length(function)) > MOST_FUNCTION_LINES
    }
    assert long == {}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    whole = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return whole
    return whole - ((first.end_lineno or 0) - first.lineno + 1)


def test_files_say_what_they_hold():
    vague = [name(p) for p in TEXTS if VAGUE & {p.stem.lower(), p.parent.name.lower()}]
    assert vague == []


def test_modules_begin_with_what_they_are_for():
    assert [m for m, path in MODULES.items() if not ast.get_docstring(syntax(path))] == []


def test_nothing_is_left_to_do():
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert [name(p) for p in TEXTS if mark.search(p.read_text(encoding="utf-8"))] == []


PROSE = re.compile(r"(?i)\byou(?:r task is| are (?:an?|the) | will be given)")


def prose_for_models(tree: ast.Module) -> list[str]:
    """Return string constants that read like a prompt, docstrings and messages aside."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and PROSE.search(node.value)
    ]


def test_text_for_models_lives_in_prompts():
    prose = {module: prose_for_models(syntax(path)) for module, path in MODULES.items()}
    found = {module: texts for module, texts in prose.items() if texts}
    assert {m: texts for m, texts in found.items() if not m.startswith("tpo.prompts")} == {}
    assert {"tpo.prompts.loss", "tpo.prompts.gradient", "tpo.prompts.update"} <= found.keys()


def test_defaults_live_in_the_settings_only():
    """No other module repeats a default of `Context` as a literal default of a parameter."""
    knobs = {
        item.target.id
        for path in (ROOT / "core/settings").glob("*.py")
        for node in syntax_nodes(path)
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }
    assert {"depth", "width", "temperature", "max_concurrency"} <= knobs
    repeated = []
    for module in (m for m in MODULES if m.startswith(("tpo.nodes", "tpo.graphs", "tpo.prompts"))):
        for function in functions(syntax(MODULES[module])):
            given = function.args
            named = [*given.posonlyargs, *given.args][-len(given.defaults) or None :]
            pairs = [
                *zip(named, given.defaults, strict=False),
                *zip(given.kwonlyargs, given.kw_defaults, strict=True),
            ]
            repeated += [
                f"{module}.{function.name}({arg.arg})"
                for arg, default in pairs
                if arg.arg in knobs and isinstance(default, ast.Constant) and default.value
            ]
    assert repeated == []


def test_python_versions_agree():
    lowest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert PYPROJECT["tool"]["mypy"]["python_version"] == lowest
    assert PYPROJECT["tool"]["pyright"]["pythonVersion"] == lowest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{lowest.replace('.', '')}"
    assert f"Python {lowest}+" in (ROOT / "README.md").read_text(encoding="utf-8")
