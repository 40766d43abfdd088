"""The report's script in Node.js: its functions, and its figures beside those of Python."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from javascript import in_node, made_in_node

from tpo.core.look.folder import LOOK
from tpo.datasets.report import wording
from tpo.datasets.report.bundle import ASSETS, SCRIPTS, STYLES, bundled_script

NUMBERS = [0, 0.004, 0.12, -1.5, 1.126, 999.99, 1234.0, -23456.0, None]


def succeeds(*command: str, **environment: str) -> None:
    done = in_node(*command, **environment)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the modules, as they import each other."""
    folder = tmp_path_factory.mktemp("report")
    for part in (LOOK, ASSETS):
        shutil.copytree(part, folder, dirs_exist_ok=True)
    return folder


def test_functions(script):
    test = Path(__file__).with_name("report.test.mjs")
    succeeds("--test", str(test), TPO_REPORT=str(script))


def written(script: Path, expression: str, values: list[Any]) -> list[str]:
    return made_in_node(script / "figures.js", "report", expression, values)


def test_figures_are_those_of_python(script):
    assert written(script, "report.usd(v)", NUMBERS) == [*map(wording.usd, NUMBERS)]
    small = [n for n in NUMBERS if n is None or abs(n) < 1000]
    assert written(script, "report.figure(v)", small) == [*map(wording.figure, small)]
    signed = [wording.with_sign(wording.figure(n)) for n in small]
    assert written(script, "report.signed(report.figure(v))", small) == signed
    counts = [0, 7, 1234, None]
    assert written(script, "report.integer(v)", counts) == [*map(wording.integer, counts)]


def test_modules_become_one_script(tmp_path):
    script = bundled_script()
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
    path = tmp_path / "all.mjs"
    path.write_text(script, encoding="utf-8")
    succeeds("--check", str(path))  # a name that two modules give at their top is an error here


def test_every_asset_is_in_the_report():
    used = {*SCRIPTS, *STYLES, ASSETS / "report.html"}
    assert {p for p in ASSETS.iterdir() if p.suffix != ".pyc"} <= used


@pytest.mark.parametrize("path", sorted(ASSETS.iterdir()), ids=lambda p: p.name)
def test_an_asset_is_short_and_asks_nobody(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    for asks in ("http:", "https:", "url(", "@import", "fetch(", "innerHTML", "eval(", " src="):
        assert asks not in text
