"""One request to a policy: what is asked, and what comes back.

A request may ask for several texts at once (`n`). Such a request is never streamed,
because the choices would be merged into one text, and its usage is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from langchain_core.messages import BaseMessage

from ..core.errors import PolicyError
from ..core.failure import FailureKind
from ..core.json_types import JsonObject
from ..core.replies.reply import Reply
from ..core.usage import Cost, cost
from .budget import Budget
from .failures.caused_by import caused_by
from .failures.faults import failure_of_request
from .failures.provider_error import sentence_of
from .policy import Policy


@dataclass(frozen=True)
class Request:
    """What to ask of a policy.

    Attributes:
        policy: Whom to ask.
        messages: The prompt.
        n: Texts wanted.
        parameters: Sampling parameters by their usual names; `None` leaves the model's own.
        by_default: Which of them nobody has set: the model's own token limit wins over these.
        limit_setting: The setting that `max_tokens` comes from, for errors.
        schema: JSON schema of the reply, or `None` for free text.
        refused: Parameters the server is known to refuse; they are left out.
        timeout: Seconds one attempt may take.
        retries: Further attempts after a fault that may pass.
        budget: What it may still cost, together with all others of its step.
        keep_reasoning: Whether reasoning that is marked in a text stays there.
        live: Whether to stream the text, or the texts where that can be done (`streamed`).
        label: Names the request in traces.
        metadata: What else traces say of it; see docs/tracing.md.
    """

    policy: Policy
    messages: Sequence[BaseMessage]
    n: int = 1
    parameters: JsonObject = field(default_factory=dict)
    by_default: frozenset[str] = frozenset()
    limit_setting: str = "max_tokens"
    schema: JsonObject | None = None
    refused: frozenset[str] = frozenset()
    timeout: float = 120.0
    retries: int = 2
    budget: Budget = field(default_factory=Budget, repr=False, compare=False)
    keep_reasoning: bool = False
    live: bool = False
    label: str = "request"
    metadata: JsonObject = field(default_factory=dict)

    @property
    def json_by_body(self) -> bool:
        """Whether a schema, if there is one, travels in the body, so that `n` may too."""
        return not self.schema or "extra_body" in type(self.policy.model).model_fields


@dataclass(frozen=True)
class Response:
    """What a request brought: its texts, its price, what the server refuses."""

    replies: list[Reply]
    cost: Cost
    refused: frozenset[str] = frozenset()


class OnText(Protocol):
    """Takes the pieces of a text as they come; of several texts, each with its index."""

    def __call__(self, text: str, index: int = 0, /) -> None:
        """Take a piece."""


class RequestError(PolicyError):
    """A request failed for good.

    Attributes:
        cost: What it cost all the same.
        failure: The kind of failure.
    """

    def __init__(
        self, message: str, paid: Cost | None = None, failure: FailureKind = "failed"
    ) -> None:
        super().__init__(message)
        self.cost = cost() if paid is None else paid
        self.failure: FailureKind = failure

    @classmethod
    def of(cls, request: Request, error: BaseException, paid: Cost, seconds: float) -> Self:
        """Return the error of a request whose last attempt, given so long, ended with another."""
        late = isinstance(error, TimeoutError) and not str(error)
        why = f"no answer within {round(seconds, 2):g} s" if late else sentence_of(error)
        failed = cls(f"{request.policy.name}: {why}", paid, failure_of_request(error))
        return caused_by(failed, error)
