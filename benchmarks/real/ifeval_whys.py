"""What a checker of IFEval saw in an answer that fails it, in words.

The checkers say yes or no. A person who writes such a check would say what it counted, and so
does this. Nothing here names more than the prompt itself demands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Given = Mapping[str, Any]
Why = Callable[[str, Given], str]
FENCE = re.compile(r"^```\w*|```$")


def found(pattern: str, answer: str) -> int:
    """Return how often a pattern is in an answer."""
    return len(re.findall(pattern, answer, flags=re.MULTILINE | re.IGNORECASE))


def forbidden(answer: str, given: Given) -> str:
    there = [word for word in given["forbidden_words"] if found(rf"\b{word}\b", answer)]
    return f"it has {', '.join(map(repr, there))}"


def missing(answer: str, given: Given) -> str:
    return f"missing: {', '.join(repr(w) for w in given['keywords'] if not found(w, answer))}"


def capitals(answer: str, given: Given) -> str:
    wrong = [word for word in re.findall(r"\w+", answer) if word != word.lower()]
    return f"{len(wrong)} words have capital letters, such as {wrong[0]!r}" if wrong else ""


def small_letters(answer: str, given: Given) -> str:
    wrong = [word for word in re.findall(r"\w+", answer) if word != word.upper()]
    return f"{len(wrong)} words have small letters, such as {wrong[0]!r}" if wrong else ""


def not_json(answer: str, given: Given) -> str:
    try:
        json.loads(FENCE.sub("", answer.strip()).strip())
    except ValueError as error:
        return f"reading it as JSON fails: {error}"
    return ""


def bullets(answer: str, given: Given) -> str:
    stars, dashes = found(r"^\s*\*[^*].*$", answer), found(r"^\s*-.*$", answer)
    return f"it has {stars + dashes} bullet points"


def counted(pattern: str, what: str) -> Why:
    """Return what says how often a pattern is in the answer."""
    return lambda answer, given: f"it has {found(pattern, answer)} {what}"


def appears(word: str) -> Why:
    """Return what says how often the word of a check is in the answer."""
    return lambda answer, given: f"it appears {found(given[word].strip(), answer)} times"


def paragraphs(answer: str, given: Given) -> str:
    parts = [part for part in re.split(r"\s?\*\*\*\s?", answer) if part.strip()]
    return f"it has {len(parts)} paragraphs separated by ***"


def responses(answer: str, given: Given) -> str:
    parts = [part for part in answer.split("******") if part.strip()]
    return f"it has {len(parts)} responses separated by ******"


def ends(answer: str, given: Given) -> str:
    return f"it begins with {answer.strip()[:20]!r} and ends with {answer.strip()[-40:]!r}"


WHYS: dict[str, Why] = {
    "punctuation:no_comma": counted(",", "commas"),
    "length_constraints:number_words": counted(r"\w+", "words"),
    "keywords:forbidden_words": forbidden,
    "keywords:existence": missing,
    "keywords:frequency": appears("keyword"),
    "keywords:letter_frequency": appears("letter"),
    "change_case:english_lowercase": capitals,
    "change_case:english_capital": small_letters,
    "detectable_content:number_placeholders": counted(r"\[.*?\]", "in square brackets"),
    "detectable_format:number_highlighted_sections": counted(r"\*[^\n*]+\*", "*so marked*"),
    "detectable_format:number_bullet_lists": bullets,
    "detectable_format:json_format": not_json,
    "length_constraints:number_paragraphs": paragraphs,
    "combination:two_responses": responses,
    "combination:repeat_prompt": lambda a, g: f"it begins with {a.strip()[:60]!r}",
    "startend:end_checker": lambda a, g: f"it ends with {a.strip()[-60:]!r}",
    "startend:quotation": ends,
}


def why(name: str, answer: str, given: Given) -> str:
    """Return what a failed check saw, or an empty text if there is nothing to add.

    Args:
        name: The check, as IFEval names it.
        answer: The answer that failed it.
        given: The check's arguments.
    """
    says = WHYS.get(name)
    return says(answer, given) if says else ""
