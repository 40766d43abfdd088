"""`tpo doctor`: check whether a policy and a reward are fit for TPO, or a reward alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...core.context import Context
from ...core.json_types import JsonObject
from ...core.login import without_login
from ...core.make_context import make_context
from ...core.number_format import reward as shown
from ...models.policy import Policy, resolve_policy
from ...rewards.planned_reward import Job
from ...rewards.resolve import resolve_reward
from ..console import console_for, table
from ..ctrl_c import run_interruptible
from ..doctor.forecast import Forecast
from ..doctor.forecast_findings import forecast_findings
from ..doctor.move_checks import try_moves
from ..doctor.move_findings import move_findings
from ..doctor.policy_checks import answers, follows, samples
from ..doctor.reward_checks import Probed, check_reward
from ..doctor.tasks import TASKS
from ..doctor.tried import Tried
from ..doctor.verdict import Finding, verdict, verdict_on_reward

MAX_TOKENS = 1024  # of an update, unless --max-tokens is given
MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}


@dataclass
class Report:
    """What was found.

    Attributes:
        console: Shows each finding as it comes.
        findings: Those that came.
        tried: What the moves of a search did on each task.
        forecast: Which mode is expected to win, if that can be said.
    """

    console: Console
    findings: list[Finding] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    forecast: Forecast | None = None

    def add(self, more: Iterable[Finding]) -> None:
        """Show findings, and keep them."""
        for finding in more:
            self.findings.append(finding)
            line = Table.grid(padding=(0, 1))  # keeps wrapped lines to the right of the mark
            mark, style = MARKS[finding.state]
            line.add_row(Text(mark, style), Text(f"{finding.name}: {finding.words}"))
            self.console.print(line, soft_wrap=not self.console.is_terminal)

    def as_json(self, fit: bool, sentence: str, pairs: Iterable[Probed]) -> JsonObject:
        """Return what `--json` prints: the verdict, the findings, and the pairs behind them."""
        rows: list[JsonObject] = [
            {
                "kind": one.kind.name,
                "worse_is": one.pair.worse_is,
                "right": one.right,
                "better": one.better["reward"],
                "worse": one.worse["reward"],
            }
            for one in pairs
        ]
        findings = [asdict(finding) for finding in self.findings]
        return {
            "fit": fit,
            "verdict": sentence,
            "findings": findings,
            "pairs": rows,
            "moves": [one.as_json() for one in self.tried],
            "forecast": self.forecast and self.forecast.as_json(),
        }


def check(tries: int, as_json: bool, settings: dict[str, object], *, reward_alone: bool) -> int:
    """Check, print the findings and a verdict; return 0 if all is fit, else 1."""
    context = make_context(None, **{"max_tokens": MAX_TOKENS, **settings})
    return run_interruptible(_check(tries, as_json, context, reward_alone))


async def _check(tries: int, as_json: bool, context: Context, reward_alone: bool) -> int:
    reward = resolve_reward(context.reward, policy=context.policy)
    console = Console(quiet=True) if as_json else console_for()
    report = Report(console)
    if not reward_alone:
        await _check_policy(tries, context, report)
    console.print(Text(f"reward {reward.name}", "bold"))
    with console.status("scoring pairs"):
        found, pairs = await check_reward(reward, Job([], [], settings=context))
    if reward_alone and pairs:
        console.print(_pairs_table(pairs), soft_wrap=not console.is_terminal)
    report.add(found)
    fit, sentence = verdict(report.findings)
    if reward_alone:
        fit, sentence = verdict_on_reward(report.findings, [pair.right for pair in pairs])
    console.print(Text(sentence, "bold"), soft_wrap=not console.is_terminal)
    if as_json:
        print(json.dumps(report.as_json(fit, sentence, pairs), indent=2, ensure_ascii=False))
    return 0 if fit else 1


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


def _pairs_table(pairs: Sequence[Probed]) -> Table:
    """Return how the reward scores each pair, and whether that is the right order."""
    made = table("", "better", "worse", "pair", "the worse one is", right=("better", "worse"))
    for one in pairs:
        mark, style = MARKS["ok" if one.right else "bad"]
        made.add_row(
            Text(mark, style),
            shown(one.better["reward"]),
            shown(one.worse["reward"]),
            one.kind.name,
            one.pair.worse_is,
        )
    return made
