"""`tpo doctor`: check whether a policy and a reward are fit for TPO, or a reward alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.login import without_login
from ...core.make_context import make_context
from ...models.policy import Policy, resolve_policy
from ...rewards.base import Reward
from ...rewards.planned_reward import Job, PlannedReward
from ...rewards.resolve import resolve_reward, reward_for_run
from ..console import console_for
from ..ctrl_c import run_interruptible
from ..doctor.forecast_findings import forecast_findings
from ..doctor.move_checks import try_moves
from ..doctor.move_findings import move_findings
from ..doctor.pairs import Probed
from ..doctor.policy_checks import answers, follows, samples
from ..doctor.prompts_check import check_prompts
from ..doctor.report import Report, pairs_table
from ..doctor.reward_checks import check_reward, readied
from ..doctor.tasks import TASKS
from ..doctor.verdict import verdict, verdict_on_reward
from ..doctor.width_check import check_width

MAX_TOKENS = 1024  # of an update, unless --max-tokens is given


def check(tries: int, as_json: bool, settings: dict[str, object], *, reward_alone: bool) -> int:
    """Check, print the findings and a verdict; return 1 if something is unfit, else 0."""
    context = make_context(None, **{"max_tokens": MAX_TOKENS, **settings})
    judge = context.policy if settings.get("policy") else ""
    return run_interruptible(_check(tries, as_json, context, reward_alone, judge))


def check_own_prompts(file: str, rows: int, as_json: bool, settings: dict[str, object]) -> int:
    """Try a few prompts of a file; return 0 unless TPO is not worth it on them, else 1."""
    return run_interruptible(check_prompts(file, rows, as_json, make_context(None, **settings)))


async def _check(
    tries: int, as_json: bool, context: Context, reward_alone: bool, judge: str
) -> int:
    console = Console(quiet=True) if as_json else console_for()
    report = Report(console)
    with console.status("making sure of the reward"):  # first, so that what is missing is said now
        rewards = await rewards_named(context, judge)
        ready = await asyncio.gather(*[readied(o, Job([], [], settings=context)) for o in rewards])
    if not reward_alone:
        await _check_policy(tries, context, report)
    pairs = await score_pairs(rewards, ready[0], report, show=reward_alone)
    fit: bool | None
    fit, sentence = verdict(report.findings)
    if reward_alone:
        fit, sentence = verdict_on_reward(report.findings, [pair.right for pair in pairs])
    console.print(Text(sentence, "bold"), soft_wrap=not console.is_terminal)
    if as_json:
        print(json.dumps(report.as_json(fit, sentence, pairs), ensure_ascii=False))
    return 1 if fit is False else 0


async def rewards_named(context: Context, judge: str) -> list[Reward | PlannedReward]:
    """Return the reward, and the held-out one if there is one.

    Args:
        context: The settings.
        judge: The policy, which judges where a judge names no model; "" if nobody has named it.

    Raises:
        ConfigError: one cannot be right, or lacks a model to judge with.
    """
    try:
        return await rewards_judged_by(context, judge)
    except ConfigError as error:
        await rewards_judged_by(context, context.policy)  # raises if it is not for want of a policy
        raise ConfigError(f"{str(error).rstrip('.')}; or name a policy: -p openai:NAME") from None


async def rewards_judged_by(context: Context, policy: str) -> list[Reward | PlannedReward]:
    """Return the rewards that settings name, as a policy judges with them."""
    rewards: list[Reward | PlannedReward] = [resolve_reward(context.reward, policy=policy)]
    if context.heldout:
        rewards.append(await reward_for_run(context.heldout, policy, heldout=True))
    return rewards


async def score_pairs(
    rewards: Sequence[Reward | PlannedReward],
    away: Exception | None,
    report: Report,
    *,
    show: bool,
) -> Sequence[Probed]:
    """Check a reward with pairs of answers, and with the policy's own; return the pairs.

    Args:
        rewards: The reward, then the held-out one if there is one.
        away: What keeps the reward from scoring, if anything does.
        report: Takes the findings.
        show: Whether the pairs are printed.
    """
    console, (reward, *heldout) = report.console, rewards
    console.print(Text(f"reward {reward.name}", "bold"))
    with console.status("scoring pairs"):
        found, pairs = await check_reward(reward, away)
    if show and pairs:
        console.print(pairs_table(pairs), soft_wrap=not console.is_terminal)
    report.add(found)
    if pairs and report.tried:
        with console.status("scoring first answers"):
            report.add(await check_width(reward, report.tried, *heldout))
    return pairs


async def _check_policy(tries: int, context: Context, report: Report) -> None:
    report.console.print(Text(f"policy {without_login(context.policy)}", "bold"))
    with report.console.status("asking the policy"):
        policy = await resolve_policy(context.policy)
        reached = await answers(policy, context)
        report.add([reached])
        if reached.state == "ok":
            report.add([await samples(policy, context)])
            report.add(await follows(policy, context, tries))
            await check_moves(policy, tries, context, report)
        if context.critic:
            critic = await resolve_policy(context.critic)
            report.add([await answers(critic, context, "critic reachable")])


async def check_moves(policy: Policy, tries: int, context: Context, report: Report) -> None:
    """Try the moves of a search, and add what they show; how much is asked for is said first."""
    asks = 3 * len(TASKS)
    words = f"{len(TASKS)} tasks, each answered, rewritten and advised: at most {asks} requests"
    report.console.print(Text(f"{words} for {asks * tries} short texts"))
    report.tried = await try_moves(policy, context, tries)
    report.add(move_findings(report.tried))
    found, report.forecast = forecast_findings(report.tried, without_login(context.policy))
    report.add(found)
