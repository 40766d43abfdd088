"""ARCHITECTURE.md is true: what is generated from the code is current, and every path exists."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable
from graphlib import TopologicalSorter

import pytest
from benchmark_scripts import house
from source_tree import ROOT

from tpo.core.context import Context

ARCHITECTURE = ROOT / "ARCHITECTURE.md"
TEXT = ARCHITECTURE.read_text(encoding="utf-8")
HOUSE = house.House(ROOT)
RULES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ORDER = re.search(r"^    (cli > .+ > core)$", RULES, re.MULTILINE)
FLOORS = ORDER[1].split(" > ") if ORDER else []  # from the top


def purpose(module: str) -> str:
    """Return the first line of a module's docstring."""
    doc = ast.get_docstring(HOUSE.modules[module].tree) or ""
    return doc.partition("\n")[0].replace("|", "\\|")


def floors(_old: str) -> str:
    """Draw which floor imports which; an arrow that follows from others is left out."""
    needs: dict[str, set[str]] = {floor: set() for floor in FLOORS}
    for module in HOUSE.modules:
        if floor := HOUSE.modules[module].floor:
            needs[floor] |= {HOUSE.modules[n].floor for n in HOUSE.needs(module)} - {floor}
    all_below: dict[str, set[str]] = {}
    for floor in TopologicalSorter(needs).static_order():
        all_below[floor] = needs[floor].union(*(all_below[other] for other in needs[floor]))
    arrows = [
        f"    {floor} --> {other}"
        for floor in FLOORS
        for other in sorted(needs[floor])
        if not any(other in all_below[between] for between in needs[floor])
    ]
    return "\n".join(["```mermaid", "graph TD", *arrows, "```"])


def rooms(_old: str) -> str:
    """List every folder with what its `__init__.py` says of it."""
    rows = ["| folder | what is there |", "|---|---|"]
    packages = {m.package for m in HOUSE.modules.values() if m.package != "tpo"}
    for package in sorted(packages, key=lambda p: (FLOORS.index(p.split(".")[1]), p)):
        rows.append(f"| `{'/'.join(package.split('.')[1:])}/` | {purpose(package)} |")
    return "\n".join(rows)


def forms(_old: str) -> str:
    """Name the types that a score passes through."""
    listed = ", ".join(f"`{form}`" for form in HOUSE.score_forms())
    return f"Its forms, as `benchmarks/house.py` counts them: {listed}."


def reading(old: str) -> str:
    """List what to read, in the order of the page; what is new comes last."""
    found = {m.path.relative_to(ROOT).as_posix(): m for m in HOUSE.reading_path(behind_doors=False)}
    placed = [path for path in re.findall(r"^\| `([^`]+)`", old, re.MULTILINE) if path in found]
    rows = ["| file | lines, about | what it is |", "|---|--:|---|"]
    for path in [*placed, *(path for path in found if path not in placed)]:
        rows.append(f"| `{path}` | {found[path].lines} | {purpose(found[path].name)} |")
    total = sum(m.lines for m in found.values())
    return "\n".join([*rows, f"| {len(found)} files | {total} | |"])


GENERATED: dict[str, Callable[[str], str]] = {
    "floors": floors,
    "rooms": rooms,
    "forms": forms,
    "reading": reading,
}


@pytest.mark.parametrize("part", GENERATED)
def test_snapshot_of_the_architecture(part):
    """`make snapshots` (this test, with TPO_WRITE_SNAPSHOTS=1) writes it."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(f"<!-- {part}:begin (generated: make snapshots) -->\n")
    old, end, after = rest.partition(f"<!-- {part}:end -->")
    assert begin
    assert end
    wanted = before + begin + GENERATED[part](old) + "\n" + end + after
    if os.environ.get("TPO_WRITE_SNAPSHOTS"):
        ARCHITECTURE.write_text(wanted, encoding="utf-8")
    else:
        sizes = [re.findall(r"\| (\d+) \|", page) for page in (text, wanted)]
        near = [abs(int(a) - int(b)) <= max(15, int(b) / 10) for a, b in zip(*sizes, strict=True)]
        assert re.sub(r"\| \d+ \|", "", text) == re.sub(r"\| \d+ \|", "", wanted)
        assert all(near), "sizes of files have changed: make snapshots"


FOLDERS = "|".join([*FLOORS, "tests", "docs", "examples", "benchmarks"])


@pytest.mark.parametrize(
    "document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/how-it-works.md", "docs/rewards.md"]
)
def test_paths_that_are_named_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(rf"(?<![\w/.-])(?:{FOLDERS})/[\w./-]*\b/?", text))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_glossary_has_each_word_once_with_one_sentence():
    entries = re.findall(r"^\| ([a-z -]+) \| (.+) \|$", section("Glossary"), re.MULTILINE)
    words = [word for word, _ in entries if word != "word"]
    assert len(words) > 30
    assert len(set(words)) == len(words)
    assert {"depth", "width", "mode", "policy", "critic", "reward"} <= set(words)
    assert {"depth", "width", "mode", "policy", "critic", "reward"} <= set(Context.model_fields)
    assert [word for word, said in entries[1:] if not said.endswith((".", ")."))] == []


def test_names_in_the_recipes_stand_in_the_files_that_are_named_with_them():
    """`StopReason`, `SETS` and the like; a rename must reach this page."""
    for recipe in re.split(r"\n\n(?=\*\*)", section("Recipes"))[1:]:
        quoted = re.findall(r"`([^`]+)`", recipe)
        files = [ROOT / q for q in quoted if "/" in q and (ROOT / q).is_file()]
        sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
        names = [q for q in quoted if re.fullmatch(r"[A-Za-z_]+", q)]
        assert [n for n in names if not re.search(rf"\b{n}\b", sources)] == [], recipe
