"""One call: a prompt in, an aligned answer out, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from ..core.context import Context
from ..core.conversation import read_drafts
from ..core.errors import ConfigError, TPOError
from ..core.events import AnyEvent
from ..core.given_messages import Prompt, messages_of
from ..core.json_types import JsonObject
from ..core.make_context import chosen_context
from ..core.state import InputState, State
from ..models.policy import PolicyLike
from ..nodes.paid.durable import require_history
from ..nodes.paid.run_models import GivenModels
from ..prompts.prompt_set import PromptSet
from ..rewards.resolve import RewardLike
from .aligned import Aligned, aligned_of
from .background import PATIENCE, result_of
from .loop import MAX_STEPS, TPOApp, build_graph
from .on_event import OnEvent, in_thread, tell
from .thread import alone_on, next_input, state_so_far

LEAST_PATIENCE = 10.0  # seconds: a short time limit is for the requests, not for busy machines


async def aalign(  # noqa: PLR0913  keywords only, each of them optional
    prompt: Prompt,
    *,
    policy: PolicyLike | None = None,
    policies: Sequence[PolicyLike] | None = None,
    reward: RewardLike | None = None,
    critic: PolicyLike | None = None,
    heldout: RewardLike | None = None,
    fallback: RewardLike | None = None,
    prompts: PromptSet | Mapping[str, str] | str | None = None,
    drafts: Sequence[str] = (),
    on_event: OnEvent | None = None,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    thread_id: str | None = None,
    context: Context | Mapping[str, object] | None = None,
    **settings: object,
) -> Aligned:
    """Answer a prompt with test-time preference optimization.

    Args:
        prompt: The query, or chat messages with system prompt and history.
        policy: A chat model or a spec; default: the local model.
        policies: Several in its place: they divide the first samples, and the one whose answer is
            the best of these writes all that follows.
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
        thread_id: Names the run in the checkpointer. A finished thread gets a new turn. An
            unfinished one goes on if its prompt is given again, without paying twice; another
            prompt is refused, unless it removes that query (`RemoveMessage`). One run at a
            time: a second one of this process is refused.
        context: The settings, as an object or a mapping.
        **settings: Or one by one, and these win: any setting of `Context`: depth, width, seed,
            budget_requests, ...

    Returns:
        The answer, its reward, the pool, the rounds, why it stopped, what it cost, what it
        gained over the first samples, and its provenance. `json.dumps` takes `tpo.as_json(result)`.

    Raises:
        TPOError: see `tpo.core.errors`; its `partial` holds what was paid for so far.

    Example:
        >>> result = await aalign("Why is the sky blue?", depth=1)  # doctest: +SKIP
        >>> result["answer"], result["stop_reason"]  # doctest: +SKIP
    """
    chosen = chosen_context(context, settings)
    if chosen.human_pick:
        raise ConfigError(
            "human_pick pauses the run for an answer, and one call has no place for it: compile "
            "build_tpo(...) with a checkpointer and resume it with Command(resume=...)"
        )
    messages = messages_of(prompt, keep_removals=bool(checkpointer and thread_id))
    first: InputState = {"messages": messages, "drafts": read_drafts(drafts)}
    models = (policy, reward, critic, heldout, fallback, prompts)
    given = GivenModels(*models, policies=policies).checked()
    saver = checkpointer or InMemorySaver()
    require_history(saver)
    app: TPOApp = build_graph(given).compile(checkpointer=saver, name="tpo")
    place = {"thread_id": thread_id or str(uuid4())}
    config: RunnableConfig = {"configurable": place, "recursion_limit": MAX_STEPS}
    chosen = chosen.model_copy(update={"live": chosen.live and on_event is not None})
    with alone_on(saver, place["thread_id"]):
        start = await next_input(app, config, first)
        try:
            # Closed at once: else a run goes on whose `on_event` has failed.
            # Saved before the next step begins: what a step paid for outlives a kill.
            stream = app.astream(
                start, config, context=chosen, stream_mode="custom", version="v2", durability="sync"
            )
            async with aclosing(cast("AsyncGenerator[JsonObject]", stream)) as parts:
                async for part in parts:
                    if on_event is not None:
                        await tell(on_event, cast("AnyEvent", part["data"]), chosen.timeout)
        except TPOError as error:
            error.partial = {**await state_so_far(app, config), **(error.partial or {})}
            raise
        state = cast("State", (await app.aget_state(config)).values)
    return aligned_of(state, given, chosen)


def align(prompt: Prompt, **settings: Any) -> Aligned:
    """Do the same from sync code, inside or outside a running event loop.

    Takes what `aalign` takes. `on_event` is called in a thread of its own.

    Example:
        >>> result = align("Why is the sky blue?", policy="embedded:")  # doctest: +SKIP
    """
    seconds = settings.get("timeout", getattr(settings.get("context"), "timeout", None))
    patience = seconds if isinstance(seconds, int | float) else PATIENCE
    with in_thread(settings.pop("on_event", None)) as on_event:
        return result_of(
            aalign(prompt, **settings, on_event=on_event), max(LEAST_PATIENCE, patience)
        )
