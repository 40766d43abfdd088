"""The browser that the page is tested with. `python browser.py` sees to it that there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

# The same engine without the browser around it: a page of 200 frames took 1.1 s of the processor,
# and not 2.6; a whole run on the page, its server included, 8.4 s and not 9.4.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
# No window, no GPU, no word to anybody outside; and no page lives long enough for its optimised
# code to pay: without it the page's tests take a tenth less of the processor.
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--no-opt",
]
MISSING = (
    "No Chromium was found for the tests of the page: install it (Debian: apt-get install "
    "chromium), or name one in the variable CHROMIUM."
)


def chromium() -> str | None:
    """Return the browser's program: the one that $CHROMIUM names, or one that is installed."""
    given = os.environ.get("CHROMIUM")
    found = [given] if given else [*map(shutil.which, NAMES), *PLACES]
    return next((path for path in found if path and Path(path).exists()), None)


class OneBrowser:
    """The browser of this process: started when first asked for, and again if it has died.

    Tests share it, each with a context of its own. Beside a living one no asyncio test can run, so
    it ends before the first test that does without it (`tests/conftest.py`).
    """

    def __init__(self) -> None:
        self._open, self._browser = ExitStack(), None

    def get(self) -> Any:
        """Return the browser."""
        if self._browser and not self._browser.is_connected():
            self.end()
        self._browser = self._browser or self._open.enter_context(opened_browser())
        return self._browser

    def end(self) -> None:
        """End it, if there is one."""
        self._browser = None
        self._open.close()


BROWSER = OneBrowser()


@contextmanager
def opened_browser() -> Iterator[Any]:
    """Start a browser."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None:
        raise AssertionError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def reach_by_tab(page: Any, selector: str, at_most: int) -> None:
    """Press Tab until what a selector names has the focus, and see that this is shown.

    Args:
        page: The open page.
        selector: What is to be reached.
        at_most: How often.
    """
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(outline) != "none", f"focus is not to be seen at {selector}"
            return
    raise AssertionError(f"{selector} is not to be reached")


def install() -> None:
    """Install Debian's, where that is ours to do; without it any other browser will do."""
    if shutil.which("apt-get") and os.getuid() == 0:
        print("Installing Debian's chromium for the tests of the page (once)...", file=sys.stderr)
        if chromium():
            apt_get("install", SHELL)
        elif apt_get("update") and not apt_get("install", SHELL):
            apt_get("install", "chromium")
    if not chromium():
        raise SystemExit(MISSING)


def apt_get(*words: str) -> bool:
    """Run apt-get quietly; return whether it went well."""
    command = ["apt-get", "-qq", "-y", "--no-install-recommends", *words]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = subprocess.DEVNULL
    done = subprocess.run(command, env=environment, check=False, stdout=quiet, stderr=quiet)
    return done.returncode == 0


if __name__ == "__main__" and not os.environ.get("CHROMIUM") and not shutil.which(SHELL):
    install()
