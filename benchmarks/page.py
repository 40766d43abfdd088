"""What the page costs: bytes, and the time until a person sees something.

    python -P benchmarks/page.py [dev|serve]

A policy on 127.0.0.1 that answers at once, real Chromium, an empty cache each time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from tpo.core.look.folder import LOOK
from tpo.serving.page_files import FOLDER
from tpo.serving.page_joined import join_page

FAKES = Path(__file__).resolve().parents[1] / "tests" / "fakes"
TIMES = 5


def size() -> str:
    """Say how many bytes a browser fetches at once and later, as they are and compressed."""
    whole = join_page([FOLDER, LOOK])
    index = whole.index.decode()
    said = []
    for when, wanted in (("at once", True), ("later", False)):
        names = [name for name in whole.files if (name in index) == wanted]
        plain = sum(len(whole.files[name]) for name in names)
        packed = sum(len(whole.packed[name]) for name in names)
        said.append(
            f"{when}: {len(names)} files, {plain / 1000:.1f} kB; compressed {packed / 1000:.1f} kB"
        )
    return "\n".join(said)


def times(browser: object, url: str) -> tuple[float, float]:
    """Return the seconds from the address to the form, and from the button to the first card."""
    page = browser.new_context().new_page()  # type: ignore[attr-defined]
    began = time.perf_counter()
    page.goto(f"{url}/app/")
    page.wait_for_selector("#set-depth")
    ready = time.perf_counter() - began
    page.fill("#query", "Why is the sky blue?")
    began = time.perf_counter()
    page.click(".question-form .primary")
    page.wait_for_selector(".card .text:not(:empty)")
    first = time.perf_counter() - began
    page.context.close()
    return ready, first


def main() -> None:
    sys.path.insert(0, str(FAKES))
    from browser import FLAGS, chromium
    from essayist import Essayist
    from page_site import SITES
    from playwright.sync_api import sync_playwright

    print(size())
    kind = sys.argv[1] if len(sys.argv) > 1 else "dev"
    with tempfile.TemporaryDirectory() as folder, Essayist(pace=0.0) as policy:
        model = {"TPO_POLICY": f"openai:e@{policy.base_url}", "TPO_POLICY_API_KEY": "none"}
        with SITES[kind](Path(folder), **model) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            measured = [times(browser, site.url) for _ in range(TIMES)]
            browser.close()
    for name, seconds in zip(("form", "first card"), zip(*measured, strict=True), strict=True):
        print(
            f"{kind}, {name}: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s"
        )


if __name__ == "__main__":
    main()
