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

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
# No window, no GPU, and no word to anybody outside.
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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
    """Install Debian's, where that is ours to do."""
    if not shutil.which("apt-get") or os.getuid() != 0:
        raise SystemExit(MISSING)
    print("Installing Debian's chromium for the tests of the page (once)...", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", "-qq", *words], env=environment, check=True, stdout=subprocess.DEVNULL
        )


if __name__ == "__main__" and not chromium():
    install()
