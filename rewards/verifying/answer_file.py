"""What a command is given: an answer as a file, in a folder of its own, and little else."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...core.replies.reply import well_formed

PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
FILE = re.compile(r"\{file(\.\w+)?\}")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_PROSE = (".txt", ".md")
_LANGUAGES = (  # what a block is marked with, where that is not the ending of its files
    {"py", "python", "python3", "pycon"},
    {"js", "javascript", "jsx", "node", "mjs"},
    {"ts", "typescript", "tsx"},
    {"sh", "bash", "shell", "zsh"},
    {"cpp", "c++", "cc", "cxx"},
    {"cs", "csharp", "c#"},
    {"go", "golang"},
    {"hs", "haskell"},
    {"jl", "julia"},
    {"kt", "kotlin"},
    {"pl", "perl"},
    {"rb", "ruby"},
    {"rs", "rust"},
    {"tex", "latex"},
    {"yml", "yaml"},
)


def folder_with(answer: str, arguments: Sequence[str]) -> str:
    """Make a folder with the files that arguments name, and return its path.

    Args:
        answer: The text; of a file with the ending of code only a fenced block is kept, if there
            is one: see `code_in`.
        arguments: Those of the command.
    """
    folder = Path(tempfile.mkdtemp(prefix="tpo-answer-")).resolve()
    text = well_formed(answer)
    for place in (found for argument in arguments for found in FILE.finditer(argument)):
        path = folder / file_name(place)
        kept = text if path.name.endswith(_PROSE) else code_in(text, path.suffix)
        path.write_text(kept, encoding="utf-8", newline="")
    return str(folder)


def code_in(text: str, ending: str = "") -> str:
    r"""Return the fenced block of a text that fits a file, or the text if there is no block.

    The first that is marked with the file's language; else the first without a mark; else the
    first.

    Args:
        text: The text.
        ending: That of the file, with its dot.

    Example:
        >>> code_in("Here:\n```sh\npip install x\n```\n```py\nprint(1)\n```\nDone.", ".py")
        'print(1)\n'
    """
    blocks = list(blocks_in(text))
    language = ending.removeprefix(".").lower()
    same = next((names for names in _LANGUAGES if language in names), {language})
    fit = [code for mark, code in blocks if mark and mark in same]
    bare = [code for mark, code in blocks if not mark]
    return [*fit, *bare, *(code for _, code in blocks), text][0]


def blocks_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield the language that each fenced block is marked with, and what is in it.

    The text is gone through once: a model that has lost its way writes ten thousand fences.
    """
    fence, mark, start = "", "", 0
    for line in _FENCE.finditer(text):
        said = line[2].strip()
        if fence:
            if not said and line[1].startswith(fence):  # no shorter than what it closes
                yield mark, text[start : line.start()]
                fence = ""
        elif line[1][0] == "~" or "`" not in said:
            first = re.split(r"[\s,:}]", said.lstrip("{. ").lower(), maxsplit=1)[0]
            fence, mark, start = line[1], first, line.end() + 1


def placed(arguments: Sequence[str], folder: str) -> list[str]:
    """Return arguments with the paths of the files in a folder.

    Example:
        >>> placed(["-q", "{file.py}"], "/somewhere")
        ['-q', '/somewhere/answer.py']
    """
    return [FILE.sub(lambda place: f"{folder}/{file_name(place)}", one) for one in arguments]


def file_name(place: re.Match[str]) -> str:
    """Return what the file is called that stands for `{file}`, or for one with an ending."""
    return f"answer{place[1] or '.txt'}"


def environment(folder: str, more: Sequence[str] = ()) -> dict[str, str]:
    """Return all that a command is given of the environment: no keys, unless they are named."""
    names = (*PASSED_ON, *more)
    known = {name: os.environ[name] for name in names if name in os.environ}
    return {"HOME": folder, "TMPDIR": folder, "NO_COLOR": "1", **known}


def remove(folder: str) -> None:
    """Remove a folder with all that a command left in it."""
    shutil.rmtree(folder, ignore_errors=True)
