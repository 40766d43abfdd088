"""The page's pure functions, in Node.js, on hand-made events and on those of real runs."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import synthetic_task
from javascript import in_node
from langgraph.checkpoint.memory import InMemorySaver

import tpo
import tpo.serving
from tpo.core.look.folder import LOOK

PAGE = Path(tpo.serving.__file__).parent / "page"
HERE = Path(__file__).parent
RUNS: dict[str, dict[str, Any]] = {
    "parallel": {"sampling": "parallel"},
    "native": {"sampling": "native"},
    "whole": {"sampling": "parallel", "live": False},
    "best-of-n": {"mode": "best_of_n"},
    "revision": {"mode": "revision"},
    "deep": {"depth": 3, "width": 4},
    "held-out": {"heldout": "heuristic"},
}


async def recorded(**knobs: Any) -> dict[str, Any]:
    """Run the synthetic task; return its events and its state, as a server sends them."""
    app = tpo.build_tpo(synthetic_task.model(), synthetic_task.reward).compile(
        checkpointer=InMemorySaver()
    )
    config: Any = {"configurable": {"thread_id": "1"}}
    events = [
        part["data"]
        async for part in app.astream(
            {"messages": [("user", synthetic_task.QUERY)]},
            config,
            context={"depth": 1, "width": 3, "seed": 11, **knobs},
            stream_mode=["custom"],
            version="v2",
        )
    ]
    state = await app.aget_state(config)
    messages = [{"type": m.type, "content": m.content} for m in state.values["messages"]]
    return {
        "events": events,
        "state": {"values": {**state.values, "messages": messages}, "next": list(state.next)},
    }


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    for name, knobs in RUNS.items():
        run = asyncio.run(recorded(**knobs))
        (folder / name).write_text(json.dumps(run), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page's files and those it shares, as the server shows them."""
    folder = tmp_path_factory.mktemp("page")
    for part in (PAGE, LOOK):
        shutil.copytree(part, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_in_node(file, page, recordings):
    done = in_node("--test", str(file), TPO_PAGE=str(page), TPO_RECORDED=str(recordings))
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    if file.stem == "view.test":
        assert "parallel: events and state" in done.stdout


@pytest.mark.parametrize("name", ["main.js", "theme.js"])
def test_what_needs_a_window_is_valid(name):
    """All others are imported, below."""
    done = in_node("--check", str(PAGE / name))
    assert done.returncode == 0, done.stderr


def test_every_file_is_short_and_asks_nobody_else():
    offenders = []
    for path in (*sorted(PAGE.rglob("*.js")), *LOOK.glob("*.js")):
        if "vendor" not in path.parts:
            text = path.read_text(encoding="utf-8")
            found = [part for part in ("innerHTML", "http://", "https://") if part in text]
            long = len(text.splitlines()) > 250
            offenders += [path.name] * (long or bool(found))
    assert offenders == []


def files(suffix: str) -> set[str]:
    found = [(part, path) for part in (PAGE, LOOK) for path in part.rglob(f"*{suffix}")]
    return {path.relative_to(part).as_posix() for part, path in found}


def linked(rel: str) -> set[str]:
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    return set(re.findall(rf'rel="{rel}" href="([^"]+)"', html))


def test_all_modules_are_fetched_at_once():
    """Else each waits for the one that imports it; what sets formulas comes with the first one."""
    assert linked("modulepreload") == files(".js") - {"theme.js", "vendor/temml.js"}


def test_all_style_sheets_are_linked():
    assert linked("stylesheet") == files(".css")


def test_every_import_finds_its_file_and_its_names(page):
    """A wrong one leaves the page blank. `main.js` itself needs a window to run."""
    modules = files(".js") - {"main.js", "theme.js"}
    program = "".join(f'import "{(page / name).as_uri()}";' for name in sorted(modules))
    main = (PAGE / "main.js").read_text(encoding="utf-8")
    for names, path in re.findall(r'^import (.+) from "(.+)";', main, re.MULTILINE):
        program += f'import {names} from "{(page / path).as_uri()}";'
    done = in_node("--input-type=module", "-e", program)
    assert done.returncode == 0, done.stderr
