"""TPO for the agents of `langchain.agents.create_agent`: the final answer, optimised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from typing import Annotated, Any, NotRequired, Self, cast

from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    ExtendedModelResponse,
)
from langchain.agents.middleware.types import PrivateStateAttr
from langgraph.stream import CustomTransformer
from langgraph.types import Command

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.make_context import chosen_context, make_context
from ...core.usage import Cost
from ...core.user_code.own_thread import in_own_thread
from ...graphs.background import result_of
from ...models.policy import PolicyLike
from ...nodes.paid.run_models import GivenModels
from ...prompts.prompt_set import PromptSet
from ...rewards.resolve import RewardLike
from ..inner_run.run_summary import Detail
from ..inner_run.silent_graph import run_silently
from .allowance import Allowance, add_spent
from .conditions import Conditions, When
from .model_reply import AgentAnswer, AgentReply, AgentRequest, replaced, restore_reply
from .search import Search
from .turn_graph import Attempt, SavedTurn, build_turn

# What the caller of a served agent may not choose: hosts that are asked, files that are read.
FIXED = frozenset(
    {"policy", "policies", "critic", "reward", "heldout", "fallback_reward", "prompts"}
)


class TPOState(AgentState[Any]):
    """The agent's state, with what the thread's searches have cost so far."""

    tpo_spent: NotRequired[Annotated[Cost, PrivateStateAttr, add_spent]]


class TPOMiddleware(AgentMiddleware[TPOState, Any, Any]):
    """Optimises the agent's final answer; every other reply passes through unchanged.

    The model's own reply is the draft. It is paid for once and competes as the first of the N
    candidates, so by your reward the answer is never worse. The other candidates come from the
    agent's model without its tools. They and the reward see the conversation: system prompt,
    messages, tool results. The draft is not shown before it has won: streams carry the answer
    as one message, and the search as `tpo.*` events on the `custom` stream.

    If anything goes wrong in a search, the draft is the answer. `response_metadata["tpo"]` of
    the message holds `outcome` (`improved`, `kept`, `skipped`, `failed`), `reason`, rewards,
    rounds, `stop_reason` and `usage`. A call may change settings with the agent's context,
    `context={"tpo": {"depth": 1}}`, or switch the search off, `context={"tpo": False}`.

    It may stand anywhere in the list of middleware. Those before it see only the optimised
    answer; those after it work on the draft. As the last one it sees the same request as the
    model: what others set on the request (`model_settings`) then goes with every request of the
    search too.

    Args:
        reward: What ranks: a function `(query, answer) -> float`, a reward object, or a spec.
        policy: Another model for the other candidates; default: the agent's.
        policies: Several, that divide these; the one whose answer is the best goes on.
        critic: Another model for loss and gradient; default: the policy.
        heldout: A reward that watches without steering.
        fallback: What ranks when the reward failed (see `on_reward_failure`).
        prompts: Other prompts.
        when: Asked `(request, draft)` whether to search; sync or async.
        min_chars: Search only if the draft has at least this many characters.
        fraction: Search only for this share of answers, 0 to 1. Which ones depends on `seed`,
            thread and question.
        conversation_requests: How many model requests all searches of a thread may make; 0 for
            no limit. Drafts do not count.
        conversation_tokens: The same for input and output tokens.
        conversation_seconds: The same for seconds of work.
        trace: `full` also keeps the texts of the pool and of the critiques in the message.
        context: The settings, as an object or a mapping.
        **settings: Or one by one, and these win: any setting of `Context`: depth, width, seed, ...

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
    transformers = (CustomTransformer,)  # without it the newer thread protocol drops our events

    def __init__(  # noqa: PLR0913  keywords only, each of them optional
        self,
        reward: RewardLike,
        *,
        policy: PolicyLike | None = None,
        policies: Sequence[PolicyLike] | None = None,
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
        context: Context | Mapping[str, object] | None = None,
        **settings: object,
    ) -> None:
        super().__init__()
        self.tools = []
        self._context = chosen_context(context, settings)
        given = GivenModels(policy, reward, critic, heldout, fallback, prompts, policies=policies)
        self._parts = (
            Conditions(when, min_chars, fraction, self._context.seed or 0),
            Allowance(conversation_requests, conversation_tokens, conversation_seconds),
            Search(given, trace),
        )
        self._turn = build_turn(*self._parts)

    def __getstate__(self) -> dict[str, object]:
        """Leave out the graph, which cannot be pickled and is made again."""
        return {name: value for name, value in vars(self).items() if name != "_turn"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Make the graph again."""
        vars(self).update(state)
        self._turn = build_turn(*self._parts)

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy with the same models, which cannot be copied so deep."""
        return copy(self)

    async def awrap_model_call(
        self,
        request: AgentRequest,
        handler: Callable[[AgentRequest], Awaitable[AgentReply]],
    ) -> AgentAnswer:
        """Let the model reply; if that is the final answer, search for a better one."""
        return await self._answer(self._call(request, lambda: handler(request)))

    def wrap_model_call(
        self,
        request: AgentRequest,
        handler: Callable[[AgentRequest], AgentReply],
    ) -> AgentAnswer:
        """Do the same in a sync agent; the search runs on a background loop."""
        call = self._call(request, lambda: in_own_thread(self, handler, request))
        return result_of(self._answer(call, in_sync_node=True))

    def _call(self, request: AgentRequest, ask: Callable[[], Awaitable[AgentReply]]) -> Attempt:
        state = cast("TPOState", request.state)
        spent = add_spent(None, state.get("tpo_spent"))
        return Attempt(request, ask, self._settings(request), spent)

    def _settings(self, request: AgentRequest) -> Context | None:
        """Return the settings of this call; `None` if it wants no search.

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

    async def _answer(self, call: Attempt, *, in_sync_node: bool = False) -> AgentAnswer:
        """Run the turn, or go on from what an earlier attempt of the node has saved of it.

        A saved turn may hold no reply: the model failed, and a middleware around this one
        called it again; or the reply could not be saved. What followed is the next turn.
        """
        write, first = call.request.runtime.stream_writer, SavedTurn(final=False)
        while True:
            turn = await run_silently(self._turn, first, call, write, in_sync_node=in_sync_node)
            if call.error:
                raise call.error
            saved = turn.get("reply")
            if reply := call.reply or (restore_reply(saved) if saved else None):
                break
        if found := turn.get("found"):
            finish = found.get("finish")
            answer = replaced(reply, found["text"], found["trace"], finish)
            return ExtendedModelResponse(answer, Command(update={"tpo_spent": found["spent"]}))
        if why := turn.get("skipped"):
            return replaced(reply, None, {"outcome": "skipped", "reason": why})
        return reply
