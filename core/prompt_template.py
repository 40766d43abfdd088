"""One prompt: a text with placeholders, checked when built and filled safely.

A placeholder is `{name}`. Filling is a single pass, so braces inside a value mean
nothing. Values are quoted: our own delimiters inside them lose their angle bracket,
so no text can close its block early or pass for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .errors import PromptError
from .replies.reasoning_marks import REASONING_TAGS

DELIMITERS = (
    "improved_answer",
    "conversation",
    "query",
    "chosen_answer",
    "rejected_answer",
    "chosen_feedback",
    "rejected_feedback",
    "earlier_feedback",
    "earlier_advice",
    "loss",
    "gradient",
    "instructions",
    "answer",
    "answer_a",
    "answer_b",
    "rubric",
    *REASONING_TAGS,  # a model that repeats one must not seem to think
)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_OURS = re.compile(rf"<(\s*/?\s*(?:{'|'.join(DELIMITERS)})\b)", re.IGNORECASE)
_QUOTED = re.compile(rf"‹(\s*/?\s*(?:{'|'.join(DELIMITERS)})\b)", re.IGNORECASE)
# About what common tokenizers cut: a short word piece with its leading space, up to
# three digits, a short run of blanks, or any other single sign.
_TOKEN = re.compile(r" ?[A-Za-z]{1,6}|\d{1,3}|\s{1,16}|[^A-Za-z\d\s]")


@dataclass(frozen=True)
class Prompt:
    """A template, and the placeholders it must and may have.

    Args:
        text: The template.
        required: Placeholders that must occur.
        optional: Placeholders that may occur.

    Raises:
        PromptError: one is missing, or one is unknown; both are named.

    Example:
        >>> Prompt("Say {word}.", required=("word",)).fill({"word": "{hi}"})
        'Say {hi}.'
    """

    text: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = frozenset(_PLACEHOLDER.findall(self.text))
        object.__setattr__(self, "_names", found)
        allowed = (*self.required, *self.optional)
        if missing := [name for name in self.required if name not in found]:
            raise PromptError(f"the prompt lacks {_named(missing)}; it may use {_named(allowed)}")
        if unknown := sorted(found.difference(allowed)):
            raise PromptError(
                f"nothing fills {_named(unknown)} in the prompt; it may use {_named(allowed)}"
            )

    def replace(self, text: str) -> Prompt:
        """Return the same prompt with another text, checked against the same placeholders."""
        return Prompt(text, self.required, self.optional)

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with every placeholder replaced by its value, as it is."""
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.text)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names) or "no placeholder"


def quote(text: str) -> str:
    """Blunt our delimiters inside a text: `</query>` becomes `‹/query>`."""
    return _OURS.sub(r"‹\1", text)


def unquote(text: str) -> str:
    """Undo `quote` in a text the model wrote after reading a quoted one."""
    return _QUOTED.sub(r"<\1", text)


def count_tokens(text: str) -> int:
    """Estimate the tokens of a text without a tokenizer (within a quarter for prose)."""
    return sum(1 for _ in _TOKEN.finditer(text))


def clip(text: str, tokens: int) -> str:
    """Keep the head and the tail of a text that is longer than `tokens`.

    Args:
        text: Any text.
        tokens: The maximum of estimated tokens to keep, at least 2.

    Returns:
        The text itself when it fits; else two thirds from its head, one third from its
        tail, and between them a line that says how much was left out.
    """
    if len(text) <= tokens:  # a token is at least one character
        return text
    ends = [match.end() for match in _TOKEN.finditer(text)]
    left_out = len(ends) - tokens
    if left_out <= 0:
        return text
    tail = tokens // 3
    head = text[: ends[tokens - tail - 1]]
    rest = text[ends[len(ends) - tail - 1] :]
    return f"{head}\n[… about {left_out} tokens left out …]\n{rest}"
