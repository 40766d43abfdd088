"""`tpo doctor`: are this policy and this reward fit for TPO? Or: what does this reward do?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...core.context import Context
from ...core.settings import make_context
from ...models.policy import resolve_policy
from .. import words
from ..console import console_for, table
from ..examine.finding import Finding
from ..examine.policy import answers, follows, samples
from ..examine.reward import Examined, Probed, examine_reward
from ..reward import reward_of
from ..signals import run_interruptible

LONGEST = 1024  # tokens of an update, unless --max-tokens says otherwise
MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}
FIT = "TPO will work with this policy and this reward."
DOUBTFUL = "TPO will run; mind what is marked with !."
WEAK = (
    "TPO will run, but this policy is too weak for it: its updates do not do what critiques ask, "
    "so best-of-N (--depth 0) is all you would get. Take a stronger model: --policy openai:NAME."
)
SOUND = "This reward is fit for TPO, as far as these pairs can tell."
USABLE = "This reward will do; mind what is marked with !."
UNSOUND = "This reward is not fit for TPO; see what is marked with ✗."
UNFIT = "TPO will not work like this; see what is marked with ✗."


def examine(tries: int, as_json: bool, knobs: dict[str, Any], *, reward_alone: bool) -> int:
    """Check, print the findings and a verdict; return 0 if all is fit, else 1."""
    context = make_context(None, **{"max_tokens": LONGEST, **knobs})
    return run_interruptible(_examine(tries, as_json, context, reward_alone))


async def _examine(tries: int, as_json: bool, context: Context, reward_alone: bool) -> int:
    reward = reward_of(context)
    console = Console(quiet=True) if as_json else console_for()
    findings: list[Finding] = []

    def add(more: Iterable[Finding]) -> None:
        for finding in more:
            findings.append(finding)
            _print_finding(console, finding)

    if not reward_alone:
        console.print(Text(f"policy {words.shown(context.policy)}", "bold"))
        with console.status("asking"):
            await _examine_policy(tries, context, add)
    console.print(Text(f"reward {reward.name}", "bold"))
    with console.status("scoring"):
        examined = await examine_reward(reward)
    if reward_alone and examined.pairs:
        console.print(_pairs_table(examined.pairs), soft_wrap=not console.is_terminal)
    add(examined.findings)
    fit, said = verdict_of_reward(findings, examined) if reward_alone else verdict(findings)
    console.print(Text(said, "bold"), soft_wrap=not console.is_terminal)
    if as_json:
        found = [asdict(finding) for finding in findings]
        report = {"fit": fit, "verdict": said, "findings": found}
        report["pairs"] = [_pair_data(one) for one in examined.pairs]
        print(json.dumps(report, indent=2, ensure_ascii=False))  # noqa: T201
    return 0 if fit else 1


async def _examine_policy(
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
    """Show what the reward says of each pair, and whether that is the right order."""
    made = table("", "better", "worse", "pair", "the worse one is", right=("better", "worse"))
    for one in pairs:
        mark, style = MARKS["ok" if one.right else "bad"]
        made.add_row(
            Text(mark, style),
            words.reward(one.better["reward"]),
            words.reward(one.worse["reward"]),
            one.kind.name,
            one.pair.worse_is,
        )
    return made


def _pair_data(one: Probed) -> dict[str, Any]:
    scores = {"better": one.better["reward"], "worse": one.worse["reward"]}
    return {"kind": one.kind.name, "worse_is": one.pair.worse_is, "right": one.right, **scores}


def _print_finding(console: Console, finding: Finding) -> None:
    line = Table.grid(padding=(0, 1))  # so that what is wrapped stays to the right of the mark
    mark, style = MARKS[finding.state]
    line.add_row(Text(mark, style), Text(f"{finding.name}: {finding.words}"))
    console.print(line, soft_wrap=not console.is_terminal)


def verdict_of_reward(findings: Sequence[Finding], examined: Examined) -> tuple[bool, str]:
    """Say whether a reward is fit, and how many of all pairs it puts in the right order."""
    states = {finding.state for finding in findings}
    fit = "bad" not in states
    said = UNSOUND if not fit else USABLE if "warning" in states else SOUND
    right, count = sum(one.right for one in examined.pairs), len(examined.pairs)
    accuracy = f"Accuracy: {right} of {count} pairs ({right / count:.0%}). " if count else ""
    return fit, accuracy + said


def verdict(findings: Sequence[Finding]) -> tuple[bool, str]:
    """Say whether TPO will work, and in words what to expect."""
    bad = [f.name for f in findings if f.state == "bad"]
    if not bad:
        doubtful = any(f.state == "warning" for f in findings)
        return True, DOUBTFUL if doubtful else FIT
    return False, WEAK if bad == ["follows critiques"] else UNFIT
