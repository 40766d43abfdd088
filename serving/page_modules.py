"""Several JavaScript modules as one, without a build.

Each becomes a function that returns what it exports. The few forms of `import` and `export` that
the page uses are the only ones that are understood. `import("./path")` fetches a module later: it
stays a file of its own, which may import nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath

_IMPORT = re.compile(r'^import\s*\{([^{}]*)\}\s*from\s*"(\.[^"]+)";[ \t]*\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|class|function\*?) ?([\w$]+))", re.MULTILINE)
_EXPORTS = re.compile(r"\bexport\s*\{([^{}]*)\};?\s*\Z")
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_LATER = re.compile(r'(?<=\bimport\()"(\.[^"]+)"(?=\))')


def joined_modules(
    start: str, folders: Sequence[Path], address: Callable[[str], str] = "./{}".format
) -> str:
    """Return a module and all that it imports as one module.

    Args:
        start: Its path.
        folders: Where the files are.
        address: Returns where the module of a path is fetched from, if that is done later.

    Raises:
        ValueError: modules import each other in a circle, or in a form that is not understood.
    """
    sources, waiting = dict[str, str](), [start]
    needs = dict[str, list[str]]()
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = with_addresses(name, read_source(name, folders), address)
            needs[name] = [path_at(name, path) for _, path in _IMPORT.findall(sources[name])]
            waiting += needs[name]
    order = [*TopologicalSorter(needs).static_order()]
    numbers = {name: f"module{place}" for place, name in enumerate(order)}
    return "\n".join(as_function(name, sources[name], numbers, name == start) for name in order)


def with_addresses(name: str, source: str, address: Callable[[str], str]) -> str:
    """Return a module with the addresses of those that it fetches later."""
    return _LATER.sub(lambda found: f'"{address(path_at(name, found[1]))}"', source)


def as_function(name: str, source: str, numbers: Mapping[str, str], last: bool) -> str:
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


def read_source(name: str, folders: Sequence[Path]) -> str:
    """Return a file of the page from the first folder that has it."""
    found = next((path for folder in folders if (path := folder / name).is_file()), None)
    return (found or folders[0] / name).read_text(encoding="utf-8")
