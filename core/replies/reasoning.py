"""Reasoning in a text: how it is found, and cut off the answer.

Every search here goes over a text once: replies may hold thousands of marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .reasoning_marks import HEADER, MARKUPS, Markup

# What stands around the answer of models that mark that too.
_BEFORE = re.compile(
    rf"\s*(?:{HEADER}final[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>"
    r"|<\|(?:START_RESPONSE|START_TEXT|begin_of_solution)\|>"
    r"|<\|begin\|>\s*assistant\s*<\|content\|>)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"<\|(?:END_RESPONSE|END_TEXT|end_of_solution|return|end)\|>\s*\Z", re.IGNORECASE
)


def _any(markups: Sequence[Markup], *, before: str = "") -> re.Pattern[str]:
    """Return what finds an opening; its last group is named after the place of the markup."""
    named = (f"(?P<m{place}>{markup.opening})" for place, markup in enumerate(markups))
    return re.compile(rf"{before}(?:{'|'.join(named)})", re.IGNORECASE)


_MARKS = [markup for markup in MARKUPS if not markup.words]
_OPENING, _MARK = _any(MARKUPS, before=r"\s*"), _any(_MARKS)
_WORDS = _any([markup for markup in MARKUPS if markup.words])
_ALONE = re.compile("|".join(m.closing for m in _MARKS if m.alone), re.IGNORECASE)
_HALF = re.compile(rf"(?:{'|'.join(sorted({m.half for m in MARKUPS if m.half}))})\Z", re.IGNORECASE)
_HALF_AFTER = re.compile(r"<(?:\|[a-z_]*\|?>?\s*)?\Z", re.IGNORECASE)
_QUOTES = frozenset("`'\"\u201c\u2018«")


def split_reasoning(text: str) -> tuple[str, str]:
    """Cut leading reasoning off a reply.

    A block that never closes is all reasoning. A closing mark without an opening one (the
    template opened it) ends the reasoning too, unless it stands inside a sentence, in quotes
    or in a block of code: then the answer speaks of it.

    Returns:
        The rest and the reasoning, both stripped.

    Example:
        >>> split_reasoning("<think>2+2</think> 4")
        ('4', '2+2')
    """
    thoughts, place = list[str](), 0
    if orphan := _orphan(text):
        thoughts.append(text[: orphan.start()].strip())
        place = orphan.end()
    while opening := _OPENING.match(text, place):
        markup = MARKUPS[int(str(opening.lastgroup)[1:])]
        closing = _closing(text, opening.end(), markup)
        if closing is None and markup.words:
            break
        end = closing.start() if closing else len(text)
        thoughts.append(text[opening.end() : end].strip())
        place = closing.end() if closing else len(text)
    before = _BEFORE.match(text, place)
    if not place and not before:
        return text.strip(), ""
    rest = text[before.end() if before else place :]
    return _AFTER.sub("", rest).strip(), "\n\n".join(thoughts)


def outside_reasoning(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the first match of a pattern that does not stand inside a block of reasoning."""
    found, place = pattern.search(text), 0
    while found and (opening := _MARK.search(text, place, found.start())):
        closing = _closing(text, opening.end(), _MARKS[int(str(opening.lastgroup)[1:])])
        if closing is None:
            return None
        place = closing.end()
        if place > found.start():
            found = pattern.search(text, place)
    return found


def sure_part(text: str) -> str:
    """Return what is certain of an answer that is still being written; reasoning was cut off.

    Its head may turn out to be the opening mark of reasoning, its tail a mark of the end.
    """
    if _HALF.match(text) or _WORDS.match(text):
        return ""
    return _HALF_AFTER.sub("", text)


def _orphan(text: str) -> re.Match[str] | None:
    """Return the closing mark whose opening one was in the prompt."""
    for closing in _standing(text, 0, _ALONE):
        return None if _MARK.search(text, 0, closing.start()) else closing
    return None


def _closing(text: str, place: int, markup: Markup) -> re.Match[str] | None:
    """Return the mark that closes a block; one inside a sentence only if there is no other."""
    for closing in _standing(text, place, markup.closes):
        return closing
    marks = markup.closes.finditer(text, place)
    return next((mark for mark in marks if not _quoted(text, mark)), None)


def _standing(text: str, place: int, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the marks that are marks, and not something that a sentence or code speaks of."""
    fences, seen = 0, place
    for mark in pattern.finditer(text, place):
        fences += text.count("```", seen, mark.start())
        seen = mark.start()
        if fences % 2 == 0 and not _quoted(text, mark) and not in_a_sentence(text, mark):
            yield mark


def _quoted(text: str, mark: re.Match[str]) -> bool:
    return text[mark.start() - 1 : mark.start()] in _QUOTES


def in_a_sentence(text: str, mark: re.Match[str]) -> bool:
    """Return whether a mark stands within a line of words, as in: the tag </think> ends it."""
    before, after = text[mark.start() - 1 : mark.start()], text[mark.end() : mark.end() + 2]
    if before in {"", "\n"} or after[:1] in {"", "\n", "\r"}:
        return False
    if after[0] in ",.;:!?)]}":
        return True
    return before in " \t(" and (after[0].islower() or (after[0] == " " and after[1:].islower()))
