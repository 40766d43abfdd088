"""Which drafts are worth a search: decided before anything is paid for it."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from langchain_core.messages import AIMessage, HumanMessage

from ...core.errors import ConfigError
from ...core.user_code.contain import contained
from ...core.user_code.own_thread import in_own_thread
from .model_reply import AgentRequest

When = Callable[[AgentRequest, AIMessage], bool | Awaitable[bool]]


@dataclass(frozen=True)
class Conditions:
    """All of them must hold.

    Attributes:
        when: Asked with the request and the draft; sync ones are called in a thread.
        min_chars: Fewest characters of the draft.
        fraction: Share of the answers to search for, 0 to 1.
        seed: Which answers are in the fraction.

    Raises:
        ConfigError: a value that cannot be right.
    """

    when: When | None = None
    min_chars: int = 0
    fraction: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.when is not None and not callable(self.when):
            raise ConfigError(
                f"when={self.when!r} is not a function: give one that takes (request, draft) "
                "and returns whether to optimise the draft"
            )
        if self.min_chars < 0:
            raise ConfigError(f"min_chars={self.min_chars}: give 0 or more characters")
        if not 0 <= self.fraction <= 1:
            raise ConfigError(f"fraction={self.fraction}: give a share from 0 to 1")

    async def why_not(self, request: AgentRequest, draft: AIMessage) -> str:
        """Return the condition that does not hold, or ""."""
        if len(draft.text) < self.min_chars:
            return f"min_chars: the draft has {len(draft.text)} of {self.min_chars} characters"
        info = request.runtime.execution_info
        thread = info.thread_id if info else None
        questions = [m.text for m in request.messages if isinstance(m, HumanMessage)]
        # By thread and question, so that the same ones are drawn each time.
        lot = f"{self.seed}/{thread or ''}/{len(questions)}/{questions[-1:]}"
        if zlib.crc32(lot.encode("utf-8", "replace")) / 2**32 >= self.fraction:
            return f"fraction: not among the {self.fraction:g} of answers that are optimised"
        if self.when is None:
            return ""
        wanted = await in_own_thread(self.when, self.when, request, draft)
        if inspect.isawaitable(wanted):
            wanted = await contained(wanted)
        return "" if wanted else "when: the predicate said no"
