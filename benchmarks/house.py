"""How easy the house is to live in, counted from the code of any checkout of this repository.

    python benchmarks/house.py                       # this tree
    python benchmarks/house.py ../other-tree         # another one
    python benchmarks/house.py --against e0d124e     # a commit and this tree, side by side

Only the standard library is needed. The modules counted are those of the packages that
pyproject.toml lists, so tests, examples and benchmarks are left out. What each line means:

to understand the loop
    The modules that `graphs/loop.py` leads to through imports, inside `graphs/` and `nodes/`
    (they are the loop), and those of `core/` that `graphs/loop.py` itself imports: the state
    and the settings. Models, rewards and prompts are left out: a reader of the loop takes
    them by their names. A folder inside a floor is a room: a module that only its own room
    imports is behind the room's door and can be read later. `with the rooms behind their
    doors` counts those too.
names defined twice
    Classes and functions at the top of a module whose name stands in more than one module.
private functions
    Functions and methods whose name begins with one underscore, as a share of all. Used once:
    their name is used at most once in their module, so they only shorten another function.
forms of a score
    The distinct types that a score is returned as by the functions between the step that
    ranks (`rank_node`) and the method of `FunctionReward` that calls a user's function: every
    function that the one can reach by calls and that can reach the other. Calls are followed
    by name through `nodes/` and the top of `rewards/`; lists, tuples and `| None` around a
    type, and what it is generic over, do not count. The user's number comes before them and
    the candidate's record after.
Any, noqa
    Uses of the name `Any` (imports aside) and `noqa` comments, per 1,000 lines.
long functions
    Over 20 lines, without the docstring.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import tarfile
import tempfile
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
START = "tpo.graphs.loop"
LONG_FILE, LONG_FUNCTION = 150, 20
GOALS = {
    "to understand the loop: files": 14,
    "to understand the loop: lines": 1700,
    "forms of a score": 4,
    "Any per 1,000 lines": 15.0,
    "noqa per 1,000 lines": 3.0,
    "private functions used once, % of all": 13.2,
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file: its name as it is imported, its text, its syntax tree."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def package(self) -> str:
        return self.name if self.path.stem == "__init__" else self.name.rpartition(".")[0]

    @property
    def floor(self) -> str:
        return [*self.name.split("."), ""][1]

    @cached_property
    def imported(self) -> set[str]:
        """Names that the module imports anywhere, absolute: `tpo.core.state.State`."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                parts = self.package.split(".")
                above = parts[: len(parts) - node.level + 1] if node.level else []
                base = ".".join([*above, *filter(None, [node.module])])
                found |= {f"{base}.{alias.name}" for alias in node.names}
        return found

    @cached_property
    def functions(self) -> list[Function]:
        return [n for n in ast.walk(self.tree) if isinstance(n, Function)]

    @cached_property
    def used(self) -> Counter[str]:
        """How often each name is used, as itself or after a dot."""
        names = (getattr(n, "id", getattr(n, "attr", None)) for n in ast.walk(self.tree))
        return Counter(name for name in names if isinstance(name, str))


class House:
    """The modules of one checkout."""

    def __init__(self, root: Path) -> None:
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        self.modules: dict[str, Module] = {}
        for package in settings["tool"]["setuptools"]["packages"]:
            for path in sorted(root.joinpath(*package.split(".")[1:]).glob("*.py")):
                name = package if path.stem == "__init__" else f"{package}.{path.stem}"
                self.modules[name] = Module(name, path)

    def needs(self, name: str) -> set[str]:
        """Return the modules of ours that a module imports."""
        own = self.modules[name].imported
        found = {n if n in self.modules else n.rpartition(".")[0] for n in own}
        return (found & set(self.modules)) - {name, "tpo"}

    def reading_path(self, *, behind_doors: bool) -> list[Module]:
        """Return the modules to read for the loop, in the order in which imports lead to them."""
        seen, queue = {START: None}, [START]
        while queue:
            name = queue.pop(0)
            for other in sorted(self.needs(name) - set(seen)):
                if self.modules[other].floor not in {"graphs", "nodes"}:
                    continue
                room = self.modules[other].package
                hidden = room.count(".") > 1 and self.modules[name].package == room
                if behind_doors or not hidden:
                    seen[other] = None
                    queue.append(other)
        core = sorted(n for n in self.needs(START) if self.modules[n].floor == "core")
        return [self.modules[name] for name in [*seen, *core]]

    def defined_twice(self) -> dict[str, list[str]]:
        """Return names of classes and functions, and the modules that define each."""
        homes: dict[str, list[str]] = {}
        for module in self.modules.values():
            for node in module.tree.body:
                if isinstance(node, Function | ast.ClassDef):
                    homes.setdefault(node.name, []).append(module.name)
        return {name: where for name, where in sorted(homes.items()) if len(set(where)) > 1}

    def used_once(self) -> list[str]:
        """Return the private functions whose name is used at most once in their module."""
        return [
            f"{module.name}.{function.name}"
            for module in self.modules.values()
            for function in module.functions
            if is_private(function.name) and module.used[function.name] <= 1
        ]

    def score_forms(self) -> list[str]:
        """Return the types that a score takes between a user's function and its candidate."""
        rail = [
            (module, function)
            for module in self.modules.values()
            if module.floor == "nodes" or module.package == "tpo.rewards"
            for function in module.functions
        ]
        calls = {id(f): called(f) for _, f in rail}
        ends = {id(f) for module, f in rail for c in ast.walk(module.tree) if asks_user(c, f)}
        onward = {id(f): {id(g) for _, g in rail if g.name in calls[id(f)]} for _, f in rail}
        backward = {id(f): {i for i in onward if id(f) in onward[i]} for _, f in rail}
        start = {id(f) for _, f in rail if f.name == "rank_node"}
        node = {id(n) for _, f in rail if id(f) in start for n in ast.walk(f)}
        between = (reached(start, onward) & reached(ends, backward)) - node
        found = [bare(f.returns) for _, f in rail if id(f) in between and f.returns]
        inner = {form for forms in found for form in forms} - {"float", "Candidate"}
        return ["float", *sorted(inner), "Candidate"]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def called(function: Function) -> set[str]:
    """Return the names of what a function calls."""
    calls = [n.func for n in ast.walk(function) if isinstance(n, ast.Call)]
    return {getattr(c, "id", getattr(c, "attr", "")) for c in calls}


def asks_user(owner: ast.AST, function: Function) -> bool:
    """Return whether this is the method of `FunctionReward` that calls the user's function."""
    if not isinstance(owner, ast.ClassDef) or owner.name != "FunctionReward":
        return False
    return (
        function in owner.body
        and not function.decorator_list
        and "self.function" in (ast.unparse(function))
    )


def reached(start: Iterable[int], edges: dict[int, set[int]]) -> set[int]:
    seen, queue = set(start), list(start)
    while queue:
        new = edges[queue.pop()] - seen
        seen |= new
        queue += new
    return seen


def bare(annotation: ast.expr) -> set[str]:
    """Return the types inside lists, tuples and unions of an annotation."""
    if isinstance(annotation, ast.BinOp):
        return bare(annotation.left) | bare(annotation.right)
    if isinstance(annotation, ast.Tuple):
        return {name for part in annotation.elts for name in bare(part)}
    if isinstance(annotation, ast.Subscript):
        around = ast.unparse(annotation.value)
        return bare(annotation.slice) if around in {"list", "tuple", "Sequence"} else {around}
    name = ast.unparse(annotation)
    return set() if name in {"None", "int", "str", "bool"} else {name}


def body_lines(function: Function) -> int:
    """Count a function's lines without its docstring."""
    whole = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return whole
    return whole - ((first.end_lineno or 0) - first.lineno + 1)


def comments(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def share(part: float, whole: float, per: int = 100) -> float:
    return round(per * part / whole, 1)


def measures(house: House) -> dict[str, float]:
    """Return every measure of a checkout by its name, in the order of the table."""
    modules = list(house.modules.values())
    functions = [f for m in modules for f in m.functions]
    private = [f for f in functions if is_private(f.name)]
    lines = sum(m.lines for m in modules)
    path, whole = (house.reading_path(behind_doors=b) for b in (False, True))
    twice = house.defined_twice()
    once = len(house.used_once())
    used = [n for m in modules for n in ast.walk(m.tree) if isinstance(n, ast.Name)]
    noqa = [c for m in modules for c in comments(m.text) if "noqa" in c]
    found = {
        "to understand the loop: files": len(path),
        "to understand the loop: lines": sum(m.lines for m in path),
        "with the rooms behind their doors: files": len(whole),
        "with the rooms behind their doors: lines": sum(m.lines for m in whole),
        "forms of a score": len(house.score_forms()),
        "public names defined twice": len([n for n in twice if not n.startswith("_")]),
        "private names defined twice": len([n for n in twice if n.startswith("_")]),
        "Any per 1,000 lines": share(len([n for n in used if n.id == "Any"]), lines, 1000),
        "noqa per 1,000 lines": share(len(noqa), lines, 1000),
        "functions": len(functions),
        "private functions, % of all": share(len(private), len(functions)),
        "used once, % of the private": share(once, len(private)),
        "private functions used once, % of all": share(once, len(functions)),
        f"functions over {LONG_FUNCTION} lines": len(
            [f for f in functions if body_lines(f) > LONG_FUNCTION]
        ),
        f"files over {LONG_FILE} lines": len([m for m in modules if m.lines > LONG_FILE]),
        "files": len(modules),
        "lines": lines,
    }
    for floor in dict.fromkeys(m.floor for m in modules if m.floor):
        own = [m for m in modules if m.floor == floor]
        found[f"{floor}/: files"] = len(own)
        found[f"{floor}/: lines"] = sum(m.lines for m in own)
    return found


def checked_out(commit: str, root: Path, folder: Path) -> Path:
    """Unpack a commit of the repository at `root` into a folder."""
    command = ["git", "-C", str(root), "archive", "--format=tar", commit]
    packed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def table(columns: dict[str, dict[str, float]]) -> str:
    """Lay the measures of several trees out side by side, the goals last."""
    names = dict.fromkeys(name for found in columns.values() for name in found)
    wide = [max(9, len(title)) for title in columns]
    rows = [["", *columns, "goal"]]
    rows += [
        [name, *(shown(found.get(name)) for found in columns.values()), shown(GOALS.get(name))]
        for name in names
    ]
    first = max(len(name) for name in names)
    return "\n".join(
        f"{row[0]:<{first}}  "
        + "  ".join(f"{cell:>{size}}" for cell, size in zip(row[1:], [*wide, 6], strict=True))
        for row in rows
    ).rstrip()


def shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def details(house: House) -> str:
    """Return what stands behind the counts, by name."""
    lines = ["", "To read for the loop:"]
    lines += [f"  {m.lines:>5}  {m.name}" for m in house.reading_path(behind_doors=False)]
    lines += ["", "Forms of a score: " + ", ".join(house.score_forms())]
    lines += ["", "Defined twice:"]
    lines += [f"  {name}: {', '.join(where)}" for name, where in house.defined_twice().items()]
    lines += ["", "Private and used once:", *(f"  {name}" for name in house.used_once())]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tree", nargs="?", type=Path, default=HERE, help="default: this one")
    parser.add_argument("--against", metavar="COMMIT", help="count a commit of it beside it")
    parser.add_argument("--names", action="store_true", help="show what was counted, by name")
    asked = parser.parse_args()
    tree = House(asked.tree)
    columns = {"this tree": measures(tree)}
    if asked.against:
        with tempfile.TemporaryDirectory() as folder:
            old = House(checked_out(asked.against, asked.tree, Path(folder)))
            columns = {asked.against: measures(old), **columns}
    print(table(columns))
    if asked.names:
        print(details(tree))


if __name__ == "__main__":
    main()
