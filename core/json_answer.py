"""An answer that is JSON: found in a text, fenced or not. No regular expression: texts are long."""

from __future__ import annotations

from .strict_json import parse_json

FENCE = "```"


def is_json(text: str) -> bool:
    """Return whether a text is JSON with nothing around it."""
    try:
        parse_json(text)
    except ValueError:
        return False
    return True


def json_in(text: str) -> str:
    r"""Return the JSON in a text: all of it, or its first fenced block; else the text as it is.

    Example:
        >>> json_in('Here it is:\n```json\n{"n": 1}\n```')
        '{"n": 1}'
    """
    whole = text.strip()
    if FENCE not in whole or is_json(whole):
        return whole
    inside = fenced(whole)
    return inside if inside and (is_json(inside) or whole.startswith(FENCE)) else whole


def fenced(text: str) -> str:
    """Return what stands in the first fenced block of a text; to the end if it is not closed."""
    begin = text.find("\n", text.find(FENCE))
    end = text.rfind("\n" + FENCE)
    return text[begin + 1 : end if end > begin else None].strip() if begin >= 0 else ""


def begun_json(text: str) -> str:
    r"""Return what can be shown of a text that is still being written; it only grows.

    Example:
        >>> begun_json('```json\n{"n": ')
        '{"n":'
    """
    begun = text.lstrip()
    if not FENCE.startswith(begun[:3]):
        return begun
    _, _, inside = begun.partition("\n")
    return inside.split("\n`", 1)[0].strip()
