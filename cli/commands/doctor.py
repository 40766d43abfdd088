"""`tpo doctor`: check whether a policy and a reward are fit for TPO, or a reward alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...core.context import Context
from ...core.figures import reward as shown
from ...core.json_types import JsonObject
from ...core.login import without_login
from ...core.settings import make_context
from ...models.policy import resolve_policy
from ...rewards.resolve import resolve_reward
from ..console import console_for, table
from ..ctrl_c import run_interruptible
from ..doctor.policy_checks import answers, follows, samples
from ..doctor.reward_checks import Probed, check_reward
from ..doctor.verdict import Finding, verdict, verdict_on_reward

MAX_TOKENS = 1024  # of an update, unless --max-tokens is given
MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}


def check(tries: int, as_json: bool, settings: dict[str, object], *, reward_alone: bool) -> int:
    """Check, print the findings and a verdict; return 0 if all is fit, else 1."""
    context = make_context(None, **{"max_tokens": MAX_TOKENS, **settings})
    return run_interruptible(_check(tries, as_json, context, reward_alone))


async def _check(tries: int, as_json: bool, context: Context, reward_alone: bool) -> int:
    reward = resolve_reward(context.reward, policy=context.policy)
    console = Console(quiet=True) if as_json else console_for()
    findings: list[Finding] = []

    def add(more: Iterable[Finding]) -> None:
        for finding in more:
            findings.append(finding)
            _print_finding(console, finding)

    if not reward_alone:
        console.print(Text(f"policy {without_login(context.policy)}", "bold"))
        with console.status("asking the policy"):
            await _check_policy(tries, context, add)
    console.print(Text(f"reward {reward.name}", "bold"))
    with console.status("scoring pairs"):
        found, pairs = await check_reward(reward)
    if reward_alone and pairs:
        console.print(_pairs_table(pairs), soft_wrap=not console.is_terminal)
    add(found)
    right = [pair.right for pair in pairs]
    fit, sentence = verdict_on_reward(findings, right) if reward_alone else verdict(findings)
    console.print(Text(sentence, "bold"), soft_wrap=not console.is_terminal)
    if as_json:
        report: JsonObject = {"fit": fit, "verdict": sentence}
        report["findings"] = [asdict(finding) for finding in findings]
        report["pairs"] = [_pair_data(one) for one in pairs]
        print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0 if fit else 1


async def _check_policy(
    tries: int, context: Context, add: Callable[[Iterable[Finding]], None]
) -> None:
    policy = await resolve_policy(context.policy)
    reached = await answers(policy, context)
    add([reached])
    if reached.state == "ok":
        add([await samples(policy, context)])
        add(await follows(policy, context, tries))
    if context.critic:
        critic = await resolve_policy(context.critic)
        add([await answers(critic, context, "critic reachable")])


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


def _pair_data(one: Probed) -> JsonObject:
    scores = {"better": one.better["reward"], "worse": one.worse["reward"]}
    return {"kind": one.kind.name, "worse_is": one.pair.worse_is, "right": one.right, **scores}


def _print_finding(console: Console, finding: Finding) -> None:
    line = Table.grid(padding=(0, 1))  # keeps wrapped lines to the right of the mark
    mark, style = MARKS[finding.state]
    line.add_row(Text(mark, style), Text(f"{finding.name}: {finding.words}"))
    console.print(line, soft_wrap=not console.is_terminal)
