"""Step 1, sample: the first N candidates for the query."""

from __future__ import annotations

import asyncio
from typing import Any

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import Conversation, read_conversation, read_drafts
from ..core.errors import NoCandidateError
from ..core.events import Emitter
from ..core.reply import Reply, split_reasoning
from ..core.state import State
from ..core.usage import add_usage
from ..models.policy import Policy
from ..models.request import Request
from ..rewards.plan import self_check
from .paid.candidates import Draw
from .paid.draw import Outcome, draw_candidates
from .paid.durable import usage_of
from .paid.run_models import GivenModels, Node, RunModels


def sample_node(*, given: GivenModels) -> Node:
    """Return the node that checks the input and draws round 0."""

    async def sample(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        conversation = read_conversation(state.get("messages"))
        drafts = read_drafts(state.get("drafts"))
        turn = state.get("turn", 0) + 1
        emit = Emitter(runtime.stream_writer, None, 0)
        run = await given.for_run(runtime)  # all of it, so that bad settings cost nothing
        await _begin(run, conversation, emit)
        context, policy = run.context, run.policy
        draw = _draw(context, emit, policy, conversation, drafts, turn)
        most = context.budget_requests or None
        out = await draw_candidates(draw, frozenset(), most)
        usage = usage_of(turn, "sample", out.cost, emit.seconds)
        if all(record.get("error") for record in out.records):
            error = _nothing_came(policy, out)
            error.partial = {"candidates": out.records, "usage": add_usage(None, usage)}
            raise error
        return {
            "turn": turn,
            "round": 0,
            "candidates": out.records,
            "usage": usage,
            "refused": sorted(out.refused),
            "critic_refused": [],
            "degraded": False,
            "halt": None,
            "answer": "",
            "reward": None,
            "stop_reason": None,
        }

    return sample


async def _begin(run: RunModels, conversation: Conversation, emit: Emitter) -> None:
    """Say what the run begins with, and what the person should know about it."""
    context, reward = run.context, run.reward
    emit(
        "run_started",
        {
            "query": conversation.query,
            "mode": context.mode,
            "depth": context.rounds,
            "width": context.width,
            "policy": run.policy.name,
            "critic": run.critic.name,
            "reward": reward.name,
        },
    )
    if others := conversation.other_parts:
        said = "only first samples see it; rewards, critiques and rewrites go by the words"
        emit("notice", {"message": f"beside text there is {', '.join(others)}: {said}"})
    if reward.notice:
        emit("notice", {"message": reward.notice})
    if warning := await self_check(reward):
        emit("notice", {"message": warning})


def _draw(
    context: Context,
    emit: Emitter,
    policy: Policy,
    conversation: Conversation,
    drafts: list[str],
    turn: int,
) -> Draw:
    def request(refused: frozenset[str]) -> Request:
        return Request(
            policy,
            conversation.messages,
            parameters={
                "temperature": context.temperature,
                "top_p": context.top_p,
                "max_tokens": context.max_tokens,
                # Not for updates: there it could cut off what is around the answer.
                "stop": list(context.stop_sequences) or None,
            },
            refused=refused,
            timeout=min(context.timeout, context.budget_seconds or context.timeout),
            live=context.live,
        )

    return Draw(
        context=context,
        emit=emit,
        request=request,
        read=_read,
        partial=lambda text: split_reasoning(text)[0],
        phase="sample",
        turn=turn,
        round=0,
        parent_round=None,
        gate=asyncio.Semaphore(context.max_concurrency),
        drafts=drafts,
    )


def _read(reply: Reply) -> tuple[str, str | None]:
    return reply.text, reply.error


def _nothing_came(policy: Policy, out: Outcome) -> NoCandidateError:
    why = next((record["error"] for record in out.records), "no request was left to be made")
    return NoCandidateError(
        f"policy {policy.name!r} gave no usable answer ({why}). "
        "Check that it is reachable and its key is right: tpo doctor"
    )
