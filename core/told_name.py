"""What of a spec is told to models, and to clients of a server.

A reference answer, the arguments of a command, addresses of servers and the folders of files are
not for them. This file alone knows how these look; `login.py` knows what nobody is shown.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePath

_CACHED = "cached:"
_COMMAND = re.compile(rf"(?:{_CACHED})*verify:command:(.*)", re.DOTALL)
_CHECK = re.compile(rf"(?:{_CACHED})*(verify:(?:exact|math|json))[:#].*", re.DOTALL)
_MARK = re.compile(r"(verify:(?:exact|math))#[0-9a-f]{8}")
_ADDRESS = re.compile(r"""@([^\s,|'"?#]+)|:(https?://[^\s,|'"?#]+)""")
_PATH = re.compile(r"""(?<![\w/@.~])(?:[~.][\w.-]*)?/[^\s,:|'"?#&]+""")
_AT = "(its address)"


def told_name(name: str) -> str:
    """Return what a reward or a model is called where its reference, server and files are secret.

    Example:
        >>> told_name("verify:command:grep -q 42 {file}"), told_name("verify:exact:42")
        ('command grep', 'verify:exact')
        >>> told_name("sglang:http://gpu:30000?tokenizer=/home/me/tok")
        'sglang?tokenizer=tok'
    """
    if line := _COMMAND.fullmatch(name):
        try:
            return f"command {PurePath(shlex.split(line[1])[0]).name}"
        except (ValueError, IndexError):  # a login was taken out of it, quotes and all
            return "command"
    if check := _CHECK.fullmatch(name):
        return check[1]
    return _PATH.sub(lambda path: PurePath(path[0]).name, _ADDRESS.sub("", name))


def told_text(text: str, specs: Iterable[str]) -> str:
    """Return a sentence about what some specs stand for, with the parts hidden that they hold.

    Example:
        >>> told_text("no route to http://gpu:80/v1/chat", ["openai:m@http://gpu:80/v1"])
        'no route to (its address)/chat'
    """
    found: dict[str, str] = {}
    for spec in specs:
        found |= hidden_in(spec)
    for part in sorted(found, key=len, reverse=True):
        text = text.replace(part, found[part])
    return _MARK.sub(r"\1", text)


@lru_cache(maxsize=64)
def hidden_in(spec: str) -> dict[str, str]:
    """Return what a spec makes secret in a text, and what stands in its place."""
    found: dict[str, str] = {}
    if (check := _CHECK.fullmatch(spec)) or _COMMAND.fullmatch(spec):
        found |= dict.fromkeys(spellings(spec), told_name(spec))
    if check and check[1] != "verify:json":  # a reference names nothing here
        return found
    for one in _ADDRESS.finditer(spec):
        found[one[0]] = ""
        if "://" in one[0]:
            address = one[1] or one[2]
            found |= dict.fromkeys((address, address.partition("//")[2].partition("/")[0]), _AT)
    for path in _PATH.findall(_ADDRESS.sub("", spec)):
        found[path] = PurePath(path).name
    return found


def spellings(spec: str) -> list[str]:
    """Return how sentences may spell a spec: as it was given, split and joined, within quotes."""
    given = spec[spec.index("verify:") :]
    spelt = [spec, given]
    if line := _COMMAND.fullmatch(given):
        try:
            parts = shlex.split(line[1])
        except ValueError:
            parts = []
        lines = [line[1], *([" ".join(parts), shlex.join(parts)] if parts else [])]
        spelt += [f"{start}command:{one}" for one in lines for start in ("verify:", "")]
    return [shown for one in spelt for shown in (one, repr(one)[1:-1])]
