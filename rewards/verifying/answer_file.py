"""What a command is given: an answer as a file, in a folder of its own, and little else."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ...core.replies.reply import well_formed

PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
FILE = re.compile(r"\{file(\.\w+)?\}")
_BEGIN = re.compile(r"^ {0,3}```[^\n`]*\n", re.MULTILINE)
_END = re.compile(r"^ {0,3}```[ \t]*$", re.MULTILINE)
_PROSE = (".txt", ".md")


def folder_with(answer: str, arguments: Sequence[str]) -> str:
    """Make a folder with the files that arguments name, and return its path.

    Args:
        answer: The text; of a file with the ending of code only the first fenced block is kept, if
            there is one.
        arguments: Those of the command.
    """
    folder = Path(tempfile.mkdtemp(prefix="tpo-answer-")).resolve()
    text = well_formed(answer)
    for place in (found for argument in arguments for found in FILE.finditer(argument)):
        path = folder / file_name(place)
        kept = text if path.name.endswith(_PROSE) else code_in(text)
        path.write_text(kept, encoding="utf-8", newline="")
    return str(folder)


def code_in(text: str) -> str:
    r"""Return the first fenced block of a text, or the text if there is none.

    Its end is looked for once: a model that has lost its way writes ten thousand fences.

    Example:
        >>> code_in("Here:\n```py\nprint(1)\n```\nDone.")
        'print(1)\n'
    """
    begin = _BEGIN.search(text)
    end = begin and _END.search(text, begin.end())
    return text[begin.end() : end.start()] if begin and end else text


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
