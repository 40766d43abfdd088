"""docs/streaming.md: the same run, watched by Python, fetch, the JavaScript SDK and React."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from doc_page import Page
from javascript import JS, PACKAGES, node

pytestmark = pytest.mark.loopback

ADDRESS = "http://127.0.0.1:2024"
PAGE = Page("streaming.md")
FILES = {
    block.partition("\n")[0].removeprefix("// "): block
    for language in ("js", "jsx")
    for block in PAGE.blocks(language)
}


@pytest.fixture
def project(tmp_path: Path, dev: Any) -> Path:
    """A folder with the page's files, as a reader would have it."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text.replace(ADDRESS, dev.url))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "mount.mjs").symlink_to(JS / "mount.mjs")
    return tmp_path


def test_there_is_a_file_for_every_client():
    assert set(FILES) == {"view.js", "fetch.js", "sdk.js", "app.jsx", "newer.jsx"}


@pytest.mark.parametrize("name", ["fetch.js", "sdk.js"])
def test_a_script_prints_the_answer(name, project, models, client):
    assert node(name, cwd=project).strip() in models.texts


@pytest.mark.parametrize("name", ["app.jsx", "newer.jsx"])
def test_a_component_shows_the_pool_and_the_answer(name, project, models, client):
    *pool, answer = node("mount.mjs", str(project / name), cwd=project).splitlines()
    assert answer in models.texts
    shown = [line.split(maxsplit=2) for line in pool]
    assert [place for place, _, _ in shown] == [f"r{r}c{i}" for r in (0, 1) for i in range(3)]
    assert {text for _, _, text in shown} < set(models.texts)
    assert all(float(reward) for _, reward, _ in shown)
    best = max(shown, key=lambda line: float(line[1]))
    assert best[2] == answer
