"""Several policies in one run: who fills which places, and what each is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .context import Context
from .login import without_login


def named_policies(context: Context) -> str:
    """Return the policies that settings name, in one text without logins.

    Example:
        >>> named_policies(Context(policies=("openai:a", "openai:b")))
        'openai:a, openai:b'
    """
    return without_login(", ".join(context.policies or [context.policy]))


def shares(width: int, policies: int, drafts: int = 0) -> list[range]:
    """Return the places of a round that each policy fills, as evenly as possible.

    Args:
        width: Candidates of the round, from 1.
        policies: How many policies there are, from 1.
        drafts: How many places at the beginning are filled already, possibly more than `width`.
            They are in the first policy's range; what is left is divided.

    Returns:
        A range for each policy, in order; the first ones get what cannot be divided, and the
        last ones nothing if there are too few places.

    Example:
        >>> shares(5, 2), shares(5, 2, drafts=1)
        ([range(0, 3), range(3, 5)], [range(0, 3), range(3, 5)])
    """
    free = max(0, width - drafts)
    each, more = divmod(free, policies)
    ends = [drafts + each * n + min(n, more) for n in range(1, policies + 1)]
    return [range(start, end) for start, end in pairwise([0, *ends])]


def told_apart(names: Sequence[str]) -> list[str]:
    """Return names of which no two are the same.

    Example:
        >>> told_apart(["gpt-5", "qwen", "gpt-5"])
        ['gpt-5', 'qwen', 'gpt-5#2']
    """
    return [
        f"{name}#{names[: place + 1].count(name)}" if name in names[:place] else name
        for place, name in enumerate(names)
    ]


def without_number(name: str) -> str:
    """Return what a policy was called before `told_apart`.

    Example:
        >>> without_number("gpt-5#2"), without_number("gpt-5")
        ('gpt-5', 'gpt-5')
    """
    return re.sub(r"#\d+$", "", name)
