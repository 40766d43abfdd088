"""What to type to look into a reward that failed."""

from __future__ import annotations

import shlex

from .login import without_login
from .reference_mark import without_reference


def doctor_reward(spec: str | None, name: str) -> str:
    """Return the command that looks into a reward, without a login and a reference answer.

    Args:
        spec: The setting that may have named it.
        name: What it is called; with a setting of another kind it was given as an object, and
            the command cannot be told.

    Example:
        >>> doctor_reward("judge:", "judge:openai:gpt-5-mini")
        'tpo doctor --reward judge:openai:gpt-5-mini'
        >>> doctor_reward("heuristic", "my_function")
        ''
    """
    kind, _, rest = (spec or "").strip().removeprefix("cached:").partition(":")
    if not spec or not kind or not name.startswith(kind):
        return ""
    shown = without_reference(without_login(spec if rest else name))
    return f"tpo doctor --reward {shlex.quote(shown)}"


def to_look_into(spec: str | None, name: str) -> str:
    """Return the same as the end of a sentence; "" if the command cannot be told."""
    look = doctor_reward(spec, name)
    return f". To look into it: {look}" if look else ""
