"""The page's modules as one file and its style sheets as another: two requests, not sixty.

They are joined when they are asked for, from the files as they are: there is no build. Each module
becomes a function that returns what it exports. The few forms of `import` and `export` that the
page uses are the only ones that are understood.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath

START = "main.js"
_IMPORT = re.compile(r'^import\s*\{([^{}]*)\}\s*from\s*"(\.[^"]+)";[ \t]*\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|class|function\*?) ?([\w$]+))", re.MULTILINE)
_EXPORTS = re.compile(r"\bexport\s*\{([^{}]*)\};?\s*\Z")
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_LINKS = re.compile(r'[ \t]*<link rel="(?:modulepreload|stylesheet)" href="([^"]+)" />\n')
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Joined:
    """The page in few files.

    Attributes:
        index: The HTML that names the others.
        files: The others by name, each with its content; a name is never used for another content.
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
    index = _read("index.html", folders)
    sheets = [name for name in _LINKS.findall(index) if name.endswith(".css")]
    script = with_own_name(joined_modules(START, folders), ".js")
    style = with_own_name("\n".join(_read(name, folders) for name in sheets), ".css")
    files = dict([script, style])
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


def joined_modules(start: str, folders: Sequence[Path]) -> str:
    """Return a module and all that it imports as one module.

    Args:
        start: Its path.
        folders: Where the files are.

    Raises:
        ValueError: modules import each other in a circle, or in a form that is not understood.
    """
    sources, waiting = dict[str, str](), [start]
    needs = dict[str, list[str]]()
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = _read(name, folders)
            needs[name] = [path_at(name, path) for _, path in _IMPORT.findall(sources[name])]
            waiting += needs[name]
    order = [*TopologicalSorter(needs).static_order()]
    numbers = {name: f"module{place}" for place, name in enumerate(order)}
    return "\n".join(_wrapped(name, sources[name], numbers, name == start) for name in order)


def _wrapped(name: str, source: str, numbers: Mapping[str, str], last: bool) -> str:
    """Return a module as a function that is called at once; the last one returns nothing."""
    taken = [
        f"const {{ {', '.join(_renamed(names, ' as ', ': '))} }} = {numbers[path_at(name, path)]};"
        for names, path in _IMPORT.findall(source)
    ]
    body, given = _IMPORT.sub("", source), _EXPORT.findall(source)
    if listed := _EXPORTS.search(body):
        pairs = (pair.rpartition(" as ") for pair in _renamed(listed[1], " as ", " as "))
        given += [f"{new}: {old}" if old else new for old, _, new in pairs]
        body = body[: listed.start()]
    body = _EXPORT.sub("", body)
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: not a form of import or export that is joined: {left[0]}")
    inside = "\n".join([f"// {name}", *taken, body.strip()])
    if last:
        return f"{{\n{inside}\n}}\n"
    return f"const {numbers[name]} = (() => {{\n{inside}\nreturn {{ {', '.join(given)} }};\n}})();"


def _renamed(names: str, word: str, then: str) -> Iterator[str]:
    return (one.strip().replace(word, then) for one in names.split(",") if one.strip())


def path_at(name: str, path: str) -> str:
    """Return the path of what a module imports.

    Example:
        >>> path_at("components/answer.js", "../gain.js")
        'gain.js'
    """
    parts = list[str]()
    for part in (PurePosixPath(name).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _read(name: str, folders: Sequence[Path]) -> str:
    found = next((path for folder in folders if (path := folder / name).is_file()), None)
    return (found or folders[0] / name).read_text(encoding="utf-8")
