"""Whether the settings of a run make its first samples the same text."""

from __future__ import annotations

from ..context import Context


def alike_notice(context: Context) -> str:
    """Return what the person should know if nothing is drawn at random; else "".

    Example:
        >>> alike_notice(Context())
        ''
    """
    if context.temperature != 0 or context.width == 1:
        return ""
    return (
        f"temperature 0 makes the {context.width} samples of a round alike, so there is little to "
        "choose from: leave it out, or set a higher one"
    )
