"""The page's modules as one file and its style sheets as another: two requests, not sixty.

They are joined when they are asked for, from the files as they are: there is no build.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .page_modules import joined_modules, read_source

START = "main.js"
_LINKS = re.compile(r'[ \t]*<link rel="(?:modulepreload|stylesheet)" href="([^"]+)" />\n')
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Joined:
    """The page in few files.

    Attributes:
        index: The HTML that names the others.
        files: The others by name, each with its content; a name is never used for another content.
            Two are named in the HTML; the rest are fetched when they are needed.
        packed: The same, compressed with gzip.
    """

    index: bytes
    files: Mapping[str, bytes]
    packed: Mapping[str, bytes] = field(repr=False)


def stamp_of(folders: Sequence[Path]) -> Stamp:
    """Return what changes when a source does. A file that is just being replaced is passed over."""
    found = list[tuple[str, int, int]]()
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            about = path.stat()
        except OSError:  # gone since it was listed
            continue
        if path.suffix in {".html", ".css", ".js"}:
            found.append((str(path), about.st_mtime_ns, about.st_size))
    return tuple(sorted(found))


def join_page(folders: Sequence[Path]) -> Joined:
    """Return the page in few files.

    Args:
        folders: Where its files are; the first has `index.html`.

    Raises:
        OSError: a file is gone.
        ValueError: a module is written in a form that is not understood.
    """
    index = read_source("index.html", folders)
    sheets = [name for name in _LINKS.findall(index) if name.endswith(".css")]
    later = dict[str, bytes]()

    def address(name: str) -> str:
        own, content = with_own_name(read_source(name, folders), ".js")
        later[own] = content
        return f"./{own}"

    script = with_own_name(joined_modules(START, folders, address), ".js")
    style = with_own_name("\n".join(read_source(name, folders) for name in sheets), ".css")
    files = dict([script, style]) | later
    links = f'    <link rel="stylesheet" href="{style[0]}" />\n'
    place = index.index('    <link rel="stylesheet"')
    bare = _LINKS.sub("", index[:place] + "\0" + index[place:])
    html = bare.replace("\0", links).replace(f'src="{START}"', f'src="{script[0]}"')
    packed = {name: gzip.compress(text, 9, mtime=0) for name, text in files.items()}
    return Joined(html.encode(), files, packed)


def with_own_name(text: str, suffix: str) -> tuple[str, bytes]:
    """Return a content with a name that is its own."""
    content = text.encode()
    return f"joined-{hashlib.sha256(content).hexdigest()[:16]}{suffix}", content
