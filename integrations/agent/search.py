"""The search for a better answer than the draft: one run of the loop, and its result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NotRequired, cast, get_args

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.errors import GraphBubbleUp, is_invalid_resume
from langgraph.types import StreamWriter
from typing_extensions import TypedDict

from ...core.context import Context
from ...core.errors import ConfigError, evidence
from ...core.events import Emitter
from ...core.json_types import JsonObject
from ...core.state import InputState, State
from ...core.usage import Cost, cost
from ...graphs.loop import MAX_STEPS, build_graph
from ...models.policy import check_policy
from ...nodes.paid.run_models import GivenModels
from ..inner_run.run_summary import Detail, trace_of
from .model_reply import AgentRequest, draft_text


class Found(TypedDict):
    """The result of a search: plain JSON."""

    text: str | None
    """The better answer; `None` if the draft stays."""
    finish: NotRequired[str | None]
    """Why it ended."""
    trace: JsonObject
    spent: Cost
    """What it cost."""


@dataclass(frozen=True)
class Search:
    """How to search.

    Attributes:
        given: Models, rewards and prompts; without a policy the agent's own model answers,
            without its tools.
        detail: How much the trace holds.

    Raises:
        TPOError: a policy, reward, prompt or detail that cannot be right.
    """

    given: GivenModels
    detail: Detail

    def __post_init__(self) -> None:
        if self.detail not in get_args(Detail):
            raise ConfigError(f"trace={self.detail!r}: give 'brief' or 'full'")
        for policy in (self.given.policy, *(self.given.policies or ()), self.given.critic):
            if policy is not None:
                check_policy(policy)
        self.given.checked()

    async def run(
        self, request: AgentRequest, draft: AIMessage, context: Context, write: StreamWriter
    ) -> Found:
        """Search. If anything goes wrong the draft stays, and the trace says why.

        Candidates and reward see what the model was asked, with tool results.

        Only cancellation and interrupts are raised.
        """
        # With what other middleware has set on the request, as the draft had it.
        own = request.model.bind(**request.model_settings)
        given = self.given
        if given.policy is None and not given.policies:
            given = replace(given, policy=own)
        app = build_graph(given, speak=False).compile(name="tpo")
        system = [request.system_message] if request.system_message else []
        asked: list[AnyMessage] = [*system, *request.messages]
        # A message without an id is copied, because the graph would give it one.
        messages = [m if m.id else m.model_copy() for m in asked]
        first: InputState = {"messages": messages, "drafts": [draft_text(draft, context)]}
        state: State = {"messages": []}
        try:
            async for part in app.astream(
                first,
                {"recursion_limit": MAX_STEPS},  # not the agent's, which is for its own steps
                context=context,
                stream_mode=["custom", "values"],
                version="v2",
            ):
                if part["type"] == "values":
                    state = part["data"]
                elif part["type"] == "custom":
                    write(_without_draft(part["data"]))
        except GraphBubbleUp:
            raise
        except Exception as error:  # rewards and providers raise anything
            if is_invalid_resume(error):  # a person may answer again
                raise
            partial = cast("State", {**state, **(getattr(error, "partial", None) or {})})
            return self._failed(error, partial, write)
        return self._found(state)

    def _found(self, state: State) -> Found:
        trace = trace_of(state, self.detail)
        winner = next(c for c in state["candidates"] if c["id"] == trace["answer"])
        kept = winner.get("drafted", False)
        trace = {"outcome": "kept" if kept else "improved", **trace}
        text, spent = None if kept else winner["text"], trace["usage"]
        return Found(text=text, finish=winner["finish_reason"], trace=trace, spent=spent)

    def _failed(self, error: Exception, state: State, write: StreamWriter) -> Found:
        usage = state.get("usage")
        spent = usage["total"] if usage else cost()
        why = evidence(error)
        emit = Emitter(write, usage, state.get("round", 0))
        emit("notice", {"message": f"the search failed, the draft is the answer: {why}"})
        trace = {"outcome": "failed", "reason": why, "usage": spent}
        return Found(text=None, trace=trace, spent=spent)


def _without_draft(event: JsonObject) -> JsonObject:
    """Return an event as it may be shown: without the text of the draft."""
    candidate = event.get("candidate")
    if isinstance(candidate, dict) and candidate.get("drafted"):
        return {**event, "candidate": {**candidate, "text": ""}}
    return event
