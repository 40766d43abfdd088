"""One call: a prompt in, an aligned answer out, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast
from uuid import uuid4

from langchain_core.messages import AnyMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from ..core.conversation import read_conversation, read_drafts, to_messages
from ..core.errors import ConfigError, TPOError
from ..core.events import AnyEvent
from ..core.json_types import JsonObject
from ..core.make_context import make_context
from ..core.remove_messages import has_removals, refuse_removals, refuse_unknown_removals
from ..core.state import Candidate, InputState, Round, StopReason
from ..core.usage import Usage
from ..models.policy import PolicyLike
from ..nodes.paid.run_models import GivenModels
from ..prompts.prompt_set import PromptSet
from ..rewards.resolve import RewardLike
from .background import PATIENCE, result_of
from .loop import MAX_STEPS, TPOApp, build_graph
from .on_event import OnEvent, in_thread, tell

LEAST_PATIENCE = 10.0  # seconds: a short time limit is for the requests, not for busy machines
Prompt = str | Sequence[BaseMessage | dict[str, str] | tuple[str, str]]


class Aligned(TypedDict):
    """What a run returns."""

    answer: str
    reward: float
    messages: list[AnyMessage]
    candidates: list[Candidate]
    rounds: list[Round]
    stop_reason: StopReason
    usage: Usage


async def aalign(  # noqa: PLR0913  keywords only, each of them optional
    prompt: Prompt,
    *,
    policy: PolicyLike | None = None,
    reward: RewardLike | None = None,
    critic: PolicyLike | None = None,
    heldout: RewardLike | None = None,
    fallback: RewardLike | None = None,
    prompts: PromptSet | Mapping[str, str] | str | None = None,
    drafts: Sequence[str] = (),
    on_event: OnEvent | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    thread_id: str | None = None,
    **settings: object,
) -> Aligned:
    """Answer a prompt with test-time preference optimization.

    Args:
        prompt: The query, or chat messages with system prompt and history.
        policy: A chat model or a spec; default: the local model.
        reward: A function `(query, answer) -> float`, a reward object, or a spec.
        critic: Another model for loss and gradient.
        heldout: A reward that watches the chosen answers without steering.
        fallback: What ranks when the reward failed (see `on_reward_failure`).
        prompts: Other prompts.
        drafts: Answers that exist already; they compete as the first candidates of round 0,
            and that many fewer are sampled.
        on_event: Called with every event as it happens (docs/events.md); sync or async. It is
            called on the event loop, so it must not block; `align` gives it a thread.
        checkpointer: Where the run is saved; default: in memory, for this call.
        thread_id: Names the run in the checkpointer; a finished thread gets a new turn.
        **settings: Any setting of `Context`: depth, width, seed, budget_requests, ...

    Returns:
        The answer, its reward, the pool, the rounds, why it stopped and what it cost.

    Raises:
        TPOError: see `tpo.core.errors`; its `partial` holds what was paid for so far.

    Example:
        >>> result = await aalign("Why is the sky blue?", depth=1)  # doctest: +SKIP
        >>> result["answer"], result["stop_reason"]  # doctest: +SKIP
    """
    context = make_context(None, **settings)
    if context.human_pick:
        raise ConfigError(
            "human_pick pauses the run for an answer, and one call has no place for it: compile "
            "build_tpo(...) with a checkpointer and resume it with Command(resume=...)"
        )
    messages = to_messages(prompt)
    read_conversation(messages)
    first: InputState = {"messages": messages, "drafts": read_drafts(drafts)}
    given = GivenModels(policy, reward, critic, heldout, fallback, prompts)
    app: TPOApp = build_graph(given.checked()).compile(
        checkpointer=checkpointer or InMemorySaver(), name="tpo"
    )
    place = {"thread_id": thread_id or str(uuid4())}
    config: RunnableConfig = {"configurable": place, "recursion_limit": MAX_STEPS}
    await _check_removals(messages, app, config if checkpointer and thread_id else None)
    if on_event is None:
        context = context.model_copy(update={"live": False})
    try:
        # Closed at once: else a run goes on whose `on_event` has failed.
        stream = app.astream(first, config, context=context, stream_mode="custom", version="v2")
        async with aclosing(cast("AsyncGenerator[JsonObject]", stream)) as parts:
            async for part in parts:
                if on_event is not None:
                    event = cast("AnyEvent", part["data"])
                    await tell(on_event, event, context.timeout)
    except TPOError as error:
        error.partial = {**(await app.aget_state(config)).values, **(error.partial or {})}
        raise
    state = (await app.aget_state(config)).values
    return cast("Aligned", {key: state[key] for key in Aligned.__annotations__})


async def _check_removals(
    messages: Sequence[BaseMessage],
    app: TPOApp,
    thread: RunnableConfig | None,
) -> None:
    """Refuse to remove messages that are not in the thread, before anything is saved."""
    if thread is None:
        refuse_removals(messages)
    elif has_removals(messages):
        past = (await app.aget_state(thread)).values.get("messages") or []
        refuse_unknown_removals(messages, [message.id for message in past])


def align(prompt: Prompt, **settings: Any) -> Aligned:
    """Do the same from sync code, inside or outside a running event loop.

    Takes what `aalign` takes. `on_event` is called in a thread of its own.

    Example:
        >>> result = align("Why is the sky blue?", policy="embedded:")  # doctest: +SKIP
    """
    seconds = settings.get("timeout")
    patience = seconds if isinstance(seconds, int | float) else PATIENCE
    with in_thread(settings.pop("on_event", None)) as on_event:
        return result_of(
            aalign(prompt, **settings, on_event=on_event), max(LEAST_PATIENCE, patience)
        )
