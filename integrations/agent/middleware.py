"""TPO for the agents of `langchain.agents.create_agent`: the final answer, optimised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    ExtendedModelResponse,
    ModelRequest,
    ModelResponse,
)
from langchain.agents.middleware.types import PrivateStateAttr
from langgraph.stream import CustomTransformer
from langgraph.types import Command

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.settings import make_context
from ...core.usage import Cost
from ...graphs.background import result_of
from ...models.policy import PolicyLike
from ...prompts.prompt_set import PromptSet
from ...rewards.resolve import RewardLike
from ..inner_run.in_node import run_nested
from ..inner_run.run_trace import Detail
from .allowance import Allowance, add_spent
from .conditions import Conditions, When
from .reply import replaced, restore
from .search import Search
from .turn import Call, build_turn

# What a caller of a served agent must not choose: hosts to be asked, files to be read.
FIXED = frozenset({"policy", "critic", "reward", "heldout", "fallback_reward", "prompts"})


class TPOState(AgentState[Any]):
    """The agent's state, with what the thread's searches have cost so far."""

    tpo_spent: NotRequired[Annotated[Cost, PrivateStateAttr, add_spent]]


class TPOMiddleware(AgentMiddleware[TPOState, Any, Any]):
    """Optimises the agent's final answer; every other turn passes through untouched.

    The model's own reply is the draft: it is paid once and competes as the first of the N
    candidates, so the answer is never worse by your reward. Further ones come from the agent's
    model without its tools. They and the reward see the conversation: system prompt, messages,
    tool results. Nobody sees the draft before it has won: streams carry the answer as
    one message, and the search as `tpo.*` events on the `custom` stream.

    Whatever goes wrong in a search, the draft is the answer. `response_metadata["tpo"]` of
    the message tells: `outcome` (`improved`, `kept`, `skipped`, `failed`), `reason`, rewards,
    rounds, `stop_reason`, `usage`. A call may change settings with the agent's context:
    `context={"tpo": {"depth": 1}}`, or switch the search off: `context={"tpo": False}`.

    Give it any place in the list. Those before it see the optimised answer only; those after
    it work on the draft. As the last it sees the very request that the model sees.

    Args:
        reward: What ranks: a function `(query, answer) -> float`, a reward object, or a spec.
        policy: Another model for the further candidates; default: the agent's.
        critic: Another model for loss and gradient; default: the policy.
        heldout: A reward that watches without steering.
        fallback: What ranks when the reward failed (see `on_reward_failure`).
        prompts: Other prompts.
        when: Asked `(request, draft)` whether to search; sync or async.
        min_chars: Search only for drafts of at least so many characters.
        fraction: Search only for this share of answers, 0 to 1, drawn by `seed`, thread and
            question.
        conversation_requests: Most model requests that the searches of one thread may make
            together; 0 is no limit. Drafts do not count.
        conversation_tokens: The same for input and output tokens.
        conversation_seconds: The same for seconds of work.
        trace: `full` keeps the texts of the pool and of the critiques in the message, too.
        **knobs: Any setting of `Context`: depth, width, seed, budget_seconds, ...

    Raises:
        ConfigError: a setting that cannot be right.
        SpecError: an unknown reward.
        PromptError: a prompt that lacks a placeholder.

    Example:
        >>> def concise(query: str, answer: str) -> float:
        ...     return -len(answer)
        >>> middleware = TPOMiddleware(concise, depth=1, min_chars=200)
        >>> agent = create_agent(  # doctest: +SKIP
        ...     "openai:gpt-5-mini", tools=[search], middleware=[middleware])
    """

    state_schema = TPOState
    transformers = (CustomTransformer,)  # else the newer thread protocol is silent on our events

    def __init__(  # noqa: PLR0913  keywords only, each of them optional
        self,
        reward: RewardLike,
        *,
        policy: PolicyLike | None = None,
        critic: PolicyLike | None = None,
        heldout: RewardLike | None = None,
        fallback: RewardLike | None = None,
        prompts: PromptSet | Mapping[str, str] | str | None = None,
        when: When | None = None,
        min_chars: int = 0,
        fraction: float = 1.0,
        conversation_requests: int = 0,
        conversation_tokens: int = 0,
        conversation_seconds: float = 0.0,
        trace: Detail = "brief",
        **knobs: Any,
    ) -> None:
        super().__init__()
        self.tools = []
        self._context = make_context(None, **knobs)
        parts = {"critic": critic, "heldout": heldout, "fallback": fallback, "prompts": prompts}
        self._turn = build_turn(
            Conditions(when, min_chars, fraction, self._context.seed or 0),
            Allowance(conversation_requests, conversation_tokens, conversation_seconds),
            Search(reward, policy, parts, trace),
        )

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> Any:
        """Let the model reply; where that is the final answer, search for a better one."""
        return await self._answer(self._call(request, lambda: handler(request)))

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> Any:
        """Do the same in a sync agent; the search runs on a background loop."""
        call = self._call(request, lambda: asyncio.to_thread(handler, request))
        return result_of(self._answer(call, in_sync_node=True))

    def _call(
        self, request: ModelRequest[Any], ask: Callable[[], Awaitable[ModelResponse[Any]]]
    ) -> Call:
        spent: Any = request.state.get("tpo_spent")
        return Call(request, ask, self._settings(request), add_spent(None, spent))

    def _settings(self, request: ModelRequest[Any]) -> Context | None:
        """Return the settings of this call; `None` where it wants no search.

        Raises:
            ConfigError: the agent's context holds something else; nothing was paid for.
        """
        given = request.runtime.context
        key = given.get("tpo") if isinstance(given, Mapping) else getattr(given, "tpo", None)
        if key is None or key is True:
            return self._context
        if key is False:
            return None
        if not isinstance(key, Mapping):
            raise ConfigError(
                f"context['tpo'] is {type(key).__name__}: give settings such as "
                "{'depth': 1}, or False for no search"
            )
        if fixed := sorted(FIXED & key.keys()):
            raise ConfigError(
                f"{', '.join(fixed)} cannot be set for a call: it is chosen where "
                "TPOMiddleware is made, so that callers of a served agent cannot"
            )
        return make_context(self._context, **key)

    async def _answer(self, call: Call, *, in_sync_node: bool = False) -> Any:
        """Run the turn; what an earlier life of the node saved of it is not run again.

        A call that failed in an earlier life was tried anew by a middleware around this one,
        in a turn of its own; so was a reply that could not be saved. Theirs is the next.
        """
        write = call.request.runtime.stream_writer
        while True:
            turn = await run_nested(
                self._turn, {"final": False}, call, write, in_sync_node=in_sync_node
            )
            if call.error:
                raise call.error
            if reply := call.reply or (turn.get("reply") and restore(turn["reply"])):
                break
        if found := turn.get("found"):
            answer = replaced(reply, found["text"], found["trace"])
            return ExtendedModelResponse(answer, Command(update={"tpo_spent": found["spent"]}))
        if why := turn.get("skipped"):
            return replaced(reply, None, {"outcome": "skipped", "reason": why})
        return reply
