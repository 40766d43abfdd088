"""What the requests of a step have brought: candidates, failures, costs, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ...core import usage
from ...core.events import Emitter
from ...core.failure import FailureKind
from ...core.replies.reply import Reply
from ...core.state import Candidate
from ...core.usage import Cost, add_costs
from ...models.failures.caused_by import to_tell
from ...models.request import RequestError
from .saved_request import Brought, UnusableError


@dataclass
class Received:
    """What the requests of a step have brought so far (local to one node call).

    Attributes:
        record: Makes a reply the candidate at a place.
        emit: Sends events.
        refused: Request parameters that the server is known to refuse.
        records: What the node writes: drafts, failures, and outlines of what its requests
            brought; the texts of these are in the pool already.
        cost: The sum over the requests.
        error: The failure of a request, if one failed; if any, one for too many requests.
    """

    record: Callable[[int, Reply], Candidate]
    emit: Emitter
    refused: frozenset[str]
    records: list[Mapping[str, object]] = field(default_factory=list)
    cost: Cost = field(default_factory=usage.cost)
    error: RequestError | None = None

    def fail(self, places: Sequence[int], failure: FailureKind, error: str) -> None:
        """Record why there is no text for these places."""
        for index in places:
            record = self.record(index, Reply("", error=error, failure=failure))
            self.records.append(record)
            self.emit("candidate", {"candidate": record})

    def take(
        self, group: Sequence[int], known: frozenset[str], result: Brought | BaseException
    ) -> list[int]:
        """Add what the request for some places brought, or its error; return what is missing.

        `known` is what was known to be refused when it was sent.
        """
        if isinstance(result, RequestError):
            self.cost = add_costs(self.cost, result.cost)
            self.error = to_tell(self.error, result)
            if isinstance(result, UnusableError):
                self.records += result.candidates
            else:
                why = str(result) if result.failure == "budget" else f"failed: {result}"
                self.fail(group, result.failure, why)
            return []
        if isinstance(result, BaseException):
            raise result
        self.cost = add_costs(self.cost, usage.cost(**result["cost"]))
        self.records += result["candidates"]
        learnt = frozenset(result["refused"])
        came = {c["index"] for c in result["candidates"]}
        if len(group) == 1 and not came and learnt <= known:
            self.fail(group, "missing", "missing: the server returned no text at all")
            return []
        self.refused |= learnt
        return [index for index in group if index not in came]
