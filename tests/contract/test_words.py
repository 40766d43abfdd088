"""The words that people read are plain English: what once made a reader stop stays away.

Comments, docstrings, messages, docs and the page are searched; text for models (`prompts/`) is
not, because every word of it is measured, nor is code inside the docs.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import FLOORS, ROOT, modules

# What is wrong, and what to write in its place.
WRONG = {
    r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b|better\b|worse\b)": "is not a ...",
    r"(?<!there )\b(?:is|are) (?-i:none)\b(?! of)": "is not one",
    r"\banew\b": "again",
    r"\bso (?:many|few) (?!that\b)": "this many",
    r"\b(?:could|can)(?: ?not) be had\b": "there is no ...",
    r"\bknobs?\b": "setting",
    r"\b(?:earlier|this|next|last|former) li(?:fe|ves)\b": "before the restart, in this process",
    r"\bno business of\b": "must not be shown to",
    r"\bwithout a word\b": "silently",
    r"\bno more than that\b": "only that",
    r"\bon which of\b": "on which",
}
PLACES = [floor for floor in FLOORS if floor != "prompts"]  # whose texts are for models
DOCS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = [p for f in ("serving", "core", "datasets") for p in sorted((ROOT / f).rglob("*.js"))]
PAGE = [p for p in SCRIPTS if "vendor" not in p.parts]
TOKENS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def words_of_code(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments and texts of a Python file, with their lines."""
    source = io.StringIO(path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type in TOKENS:
            yield token.start[0], token.string


def words_of_docs(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page outside its code blocks."""
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def words_of_page(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a script of the page."""
    yield from enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def wrong(path: Path, words: Iterator[tuple[int, str]]) -> list[str]:
    """Return each wrong word with its place and what to write instead."""
    place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    return [
        f"{place}:{line}: {found[0]!r}: write {better!r}"
        for line, text in words
        for pattern, better in WRONG.items()
        if (found := re.search(pattern, text, re.IGNORECASE))
    ]


def test_words_are_plain_english():
    floors = {f"tpo.{place}" for place in PLACES}
    code = [p for m, p in modules().items() if ".".join(m.split(".")[:2]) in floors]
    found = [line for path in code for line in wrong(path, words_of_code(path))]
    found += [line for path in DOCS for line in wrong(path, words_of_docs(path))]
    found += [line for path in PAGE for line in wrong(path, words_of_page(path))]
    assert found == [], "\n".join(["", *found])


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ('"""The file is no JSON."""', "is no "),
        ("x = 1  # scored anew", "anew"),
        ('say(f"{n} of so many texts")', "so many "),
        ("knobs = 1", None),  # names are code
        ("# there is no more, and no longer is no worse", None),
    ],
)
def test_the_check_itself_sees_them(tmp_path, source, seen):
    path = tmp_path / "sample.py"
    path.write_text(source, encoding="utf-8")
    found = wrong(path, words_of_code(path))
    assert [repr(seen) in line for line in found] == ([True] if seen else [])
