"""Compare mathematical expressions in a process of its own (run by `mathematics`).

An answer may hold an expression that no computer finishes (a tower of powers). A thread
cannot be stopped, a process can. It reads one JSON object from stdin, `{"expected": ...,
"answers": [...]}`, and prints a line per answer: `[1.0]`, `[0.0, what was read in it]`, or why
there is no verdict. Nothing that it prints holds the expected expression.
"""

import json
import logging
import os
import re
import sys
from decimal import Decimal
from importlib import import_module

UNREADABLE = (
    "the expected expression cannot be read: give a number or an expression, plain as in 1+x^2 or "
    "as LaTeX between $ signs; words are for verify:exact"
)
# What math-verify misreads or stops at in plain text, and how the same is read.
_SCIENTIFIC = re.compile(r"(?<![\w.])-?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}(?![\w.]*\w)")
_MIXED = re.compile(
    r"(?<![\d./])(?:(?<=is )|(?<![A-Za-z] ))(\d{1,9}) (\d{1,2})/(\d{1,9})(?!\d|[./]\d)"
)
_SAME = (
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\^-(\w+)"), r"^{-\1}"),
    (re.compile(r"\bsqrt\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"(?<![\\A-Za-z])(sin|cos|tan|log|ln|exp|pi)(?![A-Za-z])"), r"\\\1"),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), ""),
    (re.compile(r"(?<![\w^{.])(\d+)\("), r"\1*("),
)
_LATEX = re.compile(r"\\(?:text|mbox|mathrm|begin|end)\{[^}]*\}|\\[A-Za-z]+")
_WORDS = re.compile(
    r"[A-Za-z]{4,}|[A-Za-z]{2,}(?=\s+\w)|(?<=\w\s)[A-Za-z]{2,}|\A\s*[A-Za-z]{3}\s*\Z"
)
_MARKED = re.compile(r"\$|\\boxed|\\\(|\\\[")
# A ratio, an item of a list, sentences, several equations, an exclamation, a letter beside it.
_NOT_ONE = re.compile(r"[\n:?]|\A[-*] |\A\(?\w[.)] |=[^=]*,[^=]*=|\d!\Z|\s\(\w\)\Z")
_MORE_THAN_NUMBERS = re.compile(r"[A-Za-z\\^()\[\]{}|!]|, ")
_ANSWER = re.compile(r"(?i)\banswer(?: is)?[:*]*\s+")
LONGEST = 500  # characters of an expression without marks


def read(text: str) -> list[object]:
    """Return what is read of an expression, and its text; nothing if it cannot be read."""
    from math_verify import parse

    found = parse(text, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
    # Some LaTeX is kept as text: sets, angles.
    latex = "\\" in text and text.count("{") == text.count("}")
    return list(found) if latex or any(not isinstance(one, str) for one in found) else []


def read_expected(text: str) -> list[object]:
    """Return what is read of the expected expression: all of it, or the number beside words."""
    text = with_digits(text.replace("\\$", ""))
    return read_whole(text) or read(text)


def read_answer(text: str) -> list[object]:
    """Return what is read of an answer: all of it if it is one expression, else the last one."""
    text = with_digits(text)
    bare = text.strip()
    if not _MARKED.search(bare):
        line = bare.rpartition("\n")[2]
        for said in _ANSWER.finditer(line):
            bare = line[said.end() :]
    bare = bare.removesuffix(".")
    one = _MORE_THAN_NUMBERS.search(bare) and not _NOT_ONE.search(bare)
    balanced = bare.count("(") == bare.count(")")
    return (read_whole(bare) if one and balanced and len(bare) <= LONGEST else []) or read(text)


def read_whole(text: str) -> list[object]:
    """Return what is read of a text that is one expression; nothing if it has words or marks."""
    if _MARKED.search(text) or _WORDS.search(_LATEX.sub(" ", plain := same(text.strip()))):
        return []
    return read(f"${plain}$")


def same(text: str) -> str:
    """Return a plain expression with all that would be misread written in another way."""
    for pattern, written in _SAME:
        text = pattern.sub(written, text)
    return text


def with_digits(text: str) -> str:
    """Return a text with 1.5e3 as 1500, where e would be Euler's number, and 1 1/2 as 3/2."""
    text = _SCIENTIFIC.sub(lambda found: f"{Decimal(found[0]):f}", text)
    return _MIXED.sub(lambda m: f"{int(m[1]) * int(m[3]) + int(m[2])}/{m[3]}", text)


def printed_for(expected: str, answer: str) -> object:
    """Return the verdict on an answer, as it is printed."""
    from math_verify import verify

    try:
        gold = read_expected(expected)
        if not gold:
            return UNREADABLE
        found = read_answer(answer)
        if verify(gold, found, timeout_seconds=None):  # pyright: ignore[reportArgumentType]
            return [1.0]
        return [0.0, str(found[-1]) if found else ""]
    except Exception as error:  # noqa: BLE001  its text may hold what is expected
        return f"the expressions cannot be compared ({type(error).__name__})"


def main() -> None:
    """Read the task, print the verdicts one by one."""
    import_module("math_verify")  # if it cannot be imported, that is said

    logging.disable()  # it warns that its own time limits are off; ours is the parent
    task = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a warning may hold what is expected
    for answer in task["answers"]:
        sys.stdout.write(json.dumps(printed_for(task["expected"], answer)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
