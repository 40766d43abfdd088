"""Where the shared files are: the page serves them as its own, and a report holds them."""

from __future__ import annotations

from pathlib import Path

LOOK = Path(__file__).parent
