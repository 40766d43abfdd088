"""What the page costs: bytes, and the time until a person sees something.

    python -P benchmarks/page.py [dev|serve]

A policy on 127.0.0.1 that answers at once, real Chromium, an empty cache each time.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import tempfile
import time
from pathlib import Path

import tpo.serving
from tpo.core.look.folder import LOOK

FAKES = Path(__file__).resolve().parents[1] / "tests" / "fakes"
TIMES = 5


def size() -> str:
    """Say how many bytes a browser fetches, as they are and compressed."""
    page = Path(tpo.serving.__file__).parent / "page"
    kinds = {".html", ".css", ".js", ".svg"}
    files = [
        p.read_bytes() for f in (page, LOOK) for p in sorted(f.rglob("*")) if p.suffix in kinds
    ]
    whole, packed = sum(map(len, files)), sum(len(gzip.compress(f)) for f in files)
    return f"{len(files)} files, {whole / 1000:.1f} kB; compressed {packed / 1000:.1f} kB"


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
