"""`tpo doctor`: check whether a policy and a reward are fit for TPO, or a reward alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ...core.context import Context
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
from ..doctor.policy_checks import answers, follows, samples
from ..doctor.prompts_check import check_prompts
from ..doctor.report import Report, pairs_table
from ..doctor.reward_checks import Probed, check_reward
from ..doctor.tasks import TASKS
from ..doctor.verdict import verdict, verdict_on_reward
from ..doctor.width_check import check_width

MAX_TOKENS = 1024  # of an update, unless --max-tokens is given


def check(tries: int, as_json: bool, settings: dict[str, object], *, reward_alone: bool) -> int:
    """Check, print the findings and a verdict; return 0 if all is fit, else 1."""
    context = make_context(None, **{"max_tokens": MAX_TOKENS, **settings})
    return run_interruptible(_check(tries, as_json, context, reward_alone))


def check_own_prompts(file: str, rows: int, as_json: bool, settings: dict[str, object]) -> int:
    """Try a few prompts of a file; return 0 unless TPO is not worth it on them, else 1."""
    return run_interruptible(check_prompts(file, rows, as_json, make_context(None, **settings)))


async def _check(tries: int, as_json: bool, context: Context, reward_alone: bool) -> int:
    reward = resolve_reward(context.reward, policy=context.policy)
    heldout = context.heldout and await reward_for_run(
        context.heldout, context.policy, heldout=True
    )
    console = Console(quiet=True) if as_json else console_for()
    report = Report(console)
    if not reward_alone:
        await _check_policy(tries, context, report)
    pairs = await score_pairs(reward, heldout or None, context, report, show=reward_alone)
    fit, sentence = verdict(report.findings)
    if reward_alone:
        fit, sentence = verdict_on_reward(report.findings, [pair.right for pair in pairs])
    console.print(Text(sentence, "bold"), soft_wrap=not console.is_terminal)
    if as_json:
        print(json.dumps(report.as_json(fit, sentence, pairs), ensure_ascii=False))
    return 0 if fit else 1


async def score_pairs(
    reward: Reward | PlannedReward,
    heldout: PlannedReward | None,
    context: Context,
    report: Report,
    *,
    show: bool,
) -> Sequence[Probed]:
    """Check a reward with pairs of answers, and with the policy's own; return the pairs."""
    console = report.console
    console.print(Text(f"reward {reward.name}", "bold"))
    with console.status("scoring pairs"):
        found, pairs = await check_reward(reward, Job([], [], settings=context))
    if show and pairs:
        console.print(pairs_table(pairs), soft_wrap=not console.is_terminal)
    report.add(found)
    if pairs and report.tried:
        with console.status("scoring first answers"):
            report.add(await check_width(reward, report.tried, heldout))
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
