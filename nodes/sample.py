"""Step 1, sample: the first N candidates for the query."""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.conversation import Conversation, read_conversation, read_drafts
from ..core.errors import TOO_MANY, ConfigError, NoCandidateError
from ..core.events import Emitter
from ..core.nothing_ranked import time_is_over
from ..core.planning.alike import alike_notice
from ..core.planning.pairs import unused
from ..core.state import State
from ..core.usage import Usage, add_costs, add_usage, cost, usage_of
from ..models.budget import budget_left
from ..models.failures.caused_by import caused_by
from ..models.prices.of_run import unpriced_notice
from ..models.several_policies import doctor_policy, names_of
from ..rewards.planned_reward import Job
from ..rewards.readiness import beside, ready_to_score
from .paid.candidates import Received, Wanted, ask_for_candidates
from .paid.run_models import GivenModels, Node, RunModels, Update


def sample_node(*, given: GivenModels) -> Node:
    """Return the node that checks the input and asks for round 0."""

    async def sample(state: State, runtime: Runtime[Context]) -> Update:
        conversation = read_conversation(state.get("messages"))
        drafts = read_drafts(state.get("drafts"))
        turn = state.get("turn", 0) + 1
        emit = Emitter(runtime.stream_writer, None, 0)
        run = await given.for_run(runtime)  # all of it, so that bad settings cost nothing
        wanted = _wanted(run, emit, conversation, drafts, turn)
        _check_budget(wanted, run.reward.name)
        _announce(run, conversation, emit)
        rewards = (run.reward, run.heldout, run.fallback)
        nothing = Job(conversation.messages, [], (), wanted.budget, run.context)
        paid = await ready_to_score(nothing, rewards, emit.notice, turn)
        asking = ask_for_candidates(wanted, frozenset())
        got = await beside(asking, run.reward, emit.notice, run.context.timeout)
        got.cost = add_costs(paid, got.cost)
        if run.context.budget_tokens and got.cost.get("estimated_tokens"):
            says = "reports no usage: budget_tokens counts an estimate by length"
            emit.notice(f"{names_of(run.policies)} {says}")
        usage = usage_of(turn, "sample", got.cost, emit.seconds)
        if all(record.get("error") for record in got.records):
            raise _no_candidate(wanted, got, add_usage(None, usage))
        return {
            "turn": turn,
            "round": 0,
            "candidates": got.records,
            "early": wanted.arrivals.early,
            "usage": usage,
            "refused": sorted(got.refused),
            "critic_refused": [],
            "degraded": False,
            "halt": None,
            "answer": "",
            "reward": None,
            "stop_reason": None,
        }

    return sample


def _check_budget(wanted: Wanted, reward: str) -> None:
    """Refuse a budget of requests that does not pay for one answer and its score."""
    least = 1 + wanted.arrivals.to_score(1)
    if not wanted.drafts and wanted.budget.requests < least:
        raise ConfigError(
            f"budget_requests={wanted.context.budget_requests} does not pay for one answer and its"
            f" score by {reward!r}: give {least} or more"
        )


def _no_candidate(wanted: Wanted, got: Received, usage: Usage) -> NoCandidateError:
    """Return the error of a run without a usable answer."""
    policy = names_of(wanted.run.policies)
    reason = next((r["error"] for r in got.records), "no request was left to be made")
    advice = f"Check that it is reachable and its key is right: {doctor_policy(policy)}"
    if got.error and got.error.status == TOO_MANY:
        advice = "Its server takes no more requests for now: try again later"
    if not wanted.budget.seconds:
        advice = time_is_over(wanted.context)
    error = NoCandidateError(f"policy {policy!r} gave no usable answer ({reason}). {advice}")
    error.partial = {"candidates": got.records, "usage": usage}
    return caused_by(error, got.error)


def _announce(run: RunModels, conversation: Conversation, emit: Emitter) -> None:
    """Say what the run begins with, and what the person should know about it."""
    context, reward = run.context, run.reward
    emit(
        "run_started",
        {
            "query": conversation.query,
            "mode": context.mode,
            "depth": context.rounds,
            "width": context.width,
            "policy": names_of(run.policies),
            "critic": run.critic.name,
            "reward": reward.name,
        },
    )
    if others := conversation.other_parts:
        why = "only first samples see it; rewards, critiques and rewrites go by the words"
        emit.notice(f"beside text there is {', '.join(others)}: {why}")
    about = (unpriced_notice(context, *run.policies, run.critic), unused(context))
    for notice in filter(None, (reward.notice, *about, alike_notice(context))):
        emit.notice(notice)


def _wanted(
    run: RunModels, emit: Emitter, conversation: Conversation, drafts: list[str], turn: int
) -> Wanted:
    return Wanted(
        run=run,
        emit=emit,
        phase="sample",
        turn=turn,
        round=0,
        gate=asyncio.Semaphore(run.context.max_concurrency),
        budget=budget_left(run.context, cost()),
        messages=conversation.messages,
        drafts=drafts,
    )
