"""The repository as the contract tests see it: its settings, its modules, their syntax trees."""

from __future__ import annotations

import ast
import os
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PYPROJECT["tool"]["setuptools"]["packages"]
FLOORS = (  # from the ground up
    "core",
    "models",
    "prompts",
    "rewards",
    "nodes",
    "graphs",
    "integrations",
    "datasets",
    "serving",
    "cli",
)
PRODUCTS = (".*", "__pycache__", "build", "dist", "node_modules", "*.egg-info")


def folder(package: str) -> Path:
    """Return the folder of a package: `tpo.nodes` is `nodes`, because the root is `tpo`."""
    return ROOT.joinpath(*package.split(".")[1:])


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its import name."""
    found = {}
    for package in PACKAGES:
        for path in sorted(folder(package).glob("*.py")):
            found[package if path.stem == "__init__" else f"{package}.{path.stem}"] = path
    return found


def files(*patterns: str) -> list[Path]:
    """Return the files of the repository whose names match, without what is built or installed."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(d for d in inner if not any(fnmatch(d, p) for p in PRODUCTS))
        found += [Path(folder, n) for n in sorted(names) if any(fnmatch(n, p) for p in patterns)]
    return found


@cache
def syntax(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def syntax_nodes(path: Path) -> list[ast.AST]:
    """Return all of a file's syntax tree; several rules read it, and walking takes longest."""
    return list(ast.walk(syntax(path)))


def imports(name: str, path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield what a module imports, anywhere in it, as absolute names, with the statement.

    `from .draw import Draw` in `tpo.nodes.sample` gives `tpo.nodes.paid.draw.Draw`.
    """
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in syntax_nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            yield from ((f"{base}.{alias.name}", node) for alias in node.names)
