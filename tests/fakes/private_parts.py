"""What the package uses of other packages beyond their documented interface, found by name."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from langgraph._internal import _constants
from source_tree import imports, modules, syntax_nodes

# Constants of LangGraph that a public module gives away "for backwards compatibility".
INTERNAL = {name for name in vars(_constants) if name.isupper() and not name.startswith("_")}
DOCUMENTED = {
    "__annotations__",
    "__cause__",
    "__dict__",
    "__main__",
    "__module__",
    "__file__",
    "__name__",
    "__traceback__",
    "__signature__",
    "_current_frames",
    "_exit",
    "_replace",
}


def private_parts(module: str, words: set[str], known: set[str]) -> set[str]:
    """Return the private things that a module uses: imports, attributes and strings.

    Args:
        module: Its name.
        words: Names and strings to look for too, since they are spelled as if they were public.
        known: Names with an underscore that are nobody's private parts; see `known_names`.
    """
    path = modules()[module]
    found = {
        name
        for name, node in imports(module, path)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "tpo"}
        and _is_private_import(name, node)
    }
    mentioned = set(_mentioned(syntax_nodes(path)))
    return (
        found
        | {n for n in mentioned - known if n.startswith("_") and n.isidentifier()}
        | words & mentioned
    )


def _is_private_import(name: str, node: ast.stmt) -> bool:
    home, _, last = name.rpartition(".")
    if any(part.startswith("_") for part in name.split(".")) or last in INTERNAL:
        return True
    if not isinstance(node, ast.ImportFrom):
        return False
    try:
        public = getattr(import_module(home), "__all__", [last])
        thing = getattr(import_module(home), last)
    except ImportError:  # an extra that is not installed
        return False
    return last not in public and not isinstance(thing, ModuleType)


def known_names() -> set[str]:
    """Return the names that Python documents, and those that the package itself defines."""
    names = {*dir(object), *DOCUMENTED}
    for node in (n for path in modules().values() for n in syntax_nodes(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "object.__setattr__":
            names.add(ast.literal_eval(node.args[1]))
    return names


def _mentioned(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield every attribute, imported name, name of a method, and whole string."""
    parts = {id(n) for node in nodes if isinstance(node, ast.JoinedStr) for n in node.values}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield from [node.value] if isinstance(node.value, str) else []
