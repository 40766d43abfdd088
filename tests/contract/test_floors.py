"""Imports go down only: cli > serving > integrations > graphs > ... > core (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

from source_tree import FLOORS, PACKAGES, ROOT, imports, modules, syntax, syntax_nodes

MODULES = modules()
INNER = {name: path for name, path in MODULES.items() if name != "tpo"}


def floor_of(module: str) -> int:
    return FLOORS.index(module.split(".")[1])


def upward(module: str, imported: list[str]) -> list[str]:
    """Return which of the imported names lie on a higher floor than the module."""
    ours = [name for name in imported if name == "tpo" or name.startswith("tpo.")]
    return [n for n in ours if n == "tpo" or floor_of(n) > floor_of(module)]


def module_of(name: str) -> str:
    """Return the module that an imported name is, or comes from."""
    return name if name in MODULES else name.rpartition(".")[0]


def test_every_package_has_a_floor():
    assert {p.split(".")[1] for p in PACKAGES if p != "tpo"} <= set(FLOORS)


def test_imports_go_down_only():
    found = {m: upward(m, [name for name, _ in imports(m, path)]) for m, path in INNER.items()}
    assert {module: names for module, names in found.items() if names} == {}


def test_the_check_itself_sees_imports_that_go_up(tmp_path: Path):
    sources = {
        "from ..graphs.loop import build_tpo": ["tpo.graphs.loop.build_tpo"],
        "def f():\n    from ..cli import app": ["tpo.cli.app"],
        "if TYPE_CHECKING:\n    import tpo.graphs.loop": ["tpo.graphs.loop"],
        "from . import rank\nfrom ..core.pool import best": [],
        "import tpo": ["tpo"],
    }
    for number, (source, seen) in enumerate(sources.items()):
        path = tmp_path / f"sample{number}.py"
        path.write_text(source, encoding="utf-8")
        found = [name for name, _ in imports("tpo.nodes.sample", path)]
        assert upward("tpo.nodes.sample", found) == seen, source


def test_modules_import_each_other_relatively():
    """Then the folders can move (ADR-0001), and no second copy of a module is loaded."""
    absolute = [
        (module, name)
        for module, path in INNER.items()
        for name, node in imports(module, path)
        if name.split(".")[0] == "tpo" and not getattr(node, "level", 0)
    ]
    assert absolute == []


def test_the_face_imports_absolutely_and_lazily():
    """A test runner may load it twice, under the folder's name too; see ADR-0001."""
    face = syntax(ROOT / "__init__.py")
    eager = []
    for node in face.body:
        assert not getattr(node, "level", 0), "the face has a relative import"
        if isinstance(node, ast.Import | ast.ImportFrom):
            eager.append(getattr(node, "module", None) or "import")
    assert {name.split(".")[0] for name in eager} <= {"__future__", "importlib", "typing"}


def test_only_the_face_imports_ours_by_name():
    """`import_module("tpo...")` would hide an import from the tests above."""
    hidden = [
        module
        for module, path in INNER.items()
        for node in syntax_nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(called := node.func, ast.Name | ast.Attribute)
        and getattr(called, "id", getattr(called, "attr", "")) in {"import_module", "__import__"}
        and any(
            isinstance(a, ast.Constant) and re.match(r"tpo|\.", str(a.value)) for a in node.args
        )
    ]
    assert hidden == []


def test_no_cycle_among_imports():
    def needs(module: str) -> set[str]:
        return {module_of(n) for n, _ in imports(module, INNER[module]) if n.startswith("tpo.")}

    graph = {module: (needs(module) & set(INNER)) - {module} for module in INNER}
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(INNER)
