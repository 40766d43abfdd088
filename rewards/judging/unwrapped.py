"""What models put around a verdict that is otherwise exactly as asked: a fence, a tag, a label.

Only around the whole reply. A verdict with words before or after it may be one that the judge
quotes, and stays unread.
"""

from __future__ import annotations

import json
import re

MOST_LAYERS = 4
_MARKS = r"[*_\s]*"
_LABELS = "rating|score|verdict|answer|choice|winner|better|order|ranking|result|output"
_LAYERS = [
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        r"```[\w-]*[ \t]*\n?(?P<inner>(?:(?!```).)*)```",
        r"<(?P<tag>[a-z_]+)>(?P<inner>(?:(?!</?(?P=tag)>).)*)</(?P=tag)>",
        r"\[\[(?P<inner>[^\[\]]*)\]\]",
        r"\$?\\boxed\{(?P<inner>[^{}]*)\}\$?",
        rf"{_MARKS}(?:(?:my|the|final|overall)\s+)*(?:{_LABELS}){_MARKS}[:=]{_MARKS}(?P<inner>.*)",
    )
]


def unwrapped(text: str) -> str:
    r"""Return a reply without what stands around the whole of it.

    Example:
        >>> unwrapped("```json\n7\n```"), unwrapped("**Rating:** 7"), unwrapped("[[B]]")
        ('7', '7', 'B')
    """
    inner = text.strip()
    for _ in range(MOST_LAYERS):
        found = next(filter(None, (layer.fullmatch(inner) for layer in _LAYERS)), None)
        if not found:
            break
        inner = found["inner"].strip()
    return inner


def entry(text: str, key: str) -> object:
    """Return what the JSON object of a reply holds under a key; `None` if it is not just that.

    The object may stand alone in another object or in a list, and may hold more; a key that
    stands there twice does not count.
    """
    try:
        parsed: object = json.loads(unwrapped(text), object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
    for _ in range(MOST_LAYERS):
        inner: object = parsed
        if isinstance(parsed, dict):
            if key in parsed:
                return parsed[key]
            inner = next(iter(parsed.values())) if len(parsed) == 1 else None
        elif isinstance(parsed, list):
            inner = parsed[0] if len(parsed) == 1 else None
        parsed = inner
    return None


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object of some keys and values.

    Raises:
        ValueError: a key stands there twice.
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands there twice")
    return made
