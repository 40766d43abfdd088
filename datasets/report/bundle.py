"""The style and the script of a report, each as one text, from plain files."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from ...core.look.folder import LOOK

ASSETS = Path(__file__).parent / "assets"
STYLES = (LOOK / "style/base.css", *(ASSETS / f"{n}.css" for n in ("report", "plots", "queries")))
# In this order; a file may use those before it.
SCRIPTS = (
    LOOK / "word_diff.js",
    *(ASSETS / f"{n}.js" for n in ("figures", "element", "rows", "answers", "queries", "main")),
)
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=\w)", re.MULTILINE)


def bundled_style() -> str:
    """Return the style sheets, one after another."""
    return "\n".join(path.read_text(encoding="utf-8") for path in STYLES)


def bundled_script() -> str:
    """Return the modules as one: their names are different, so imports and exports can go."""
    script = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    return _EXPORT.sub("", _IMPORT.sub("", script))


def content_hash(text: str) -> str:
    """Return what a content security policy calls this very text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def icon_address() -> str:
    """Return the icon as an address that holds it."""
    icon = base64.b64encode((LOOK / "icon.svg").read_bytes()).decode()
    return f"data:image/svg+xml;base64,{icon}"
