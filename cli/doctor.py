"""`tpo doctor`: are this policy and this reward fit for TPO?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..core.context import Context
from ..core.settings import make_context
from ..models.policy import resolve_policy
from . import words
from .examine_policy import answers, follows, samples
from .examine_reward import examine_reward
from .finding import Finding
from .parts import reward_of
from .report import console_for
from .signals import run_interruptible

LONGEST = 1024  # tokens of an update, unless --max-tokens says otherwise
MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "bad": ("✗", "red")}
FIT = "TPO will work with this policy and this reward."
DOUBTFUL = "TPO will run; mind what is marked with !."
WEAK = (
    "TPO will run, but this policy is too weak for it: its updates do not do what critiques ask, "
    "so best-of-N (--depth 0) is all you would get. Take a stronger model: --policy openai:NAME."
)
UNFIT = "TPO will not work like this; see what is marked with ✗."


def examine(tries: int, as_json: bool, knobs: dict[str, Any]) -> int:
    """Check, print the findings and a verdict; return 0 if both are fit, else 1."""
    context = make_context(None, **{"max_tokens": LONGEST, **knobs})
    return run_interruptible(_examine(tries, as_json, context))


async def _examine(tries: int, as_json: bool, context: Context) -> int:
    reward = reward_of(context)
    console = Console(quiet=True) if as_json else console_for()
    findings: list[Finding] = []

    def add(more: Iterable[Finding]) -> None:
        for finding in more:
            findings.append(finding)
            _print_finding(console, finding)

    console.print(Text(f"policy {words.shown(context.policy)}", "bold"))
    policy = await resolve_policy(context.policy)
    with console.status("asking"):
        add([await answers(policy, context)])
        if findings[0].state == "ok":
            add([await samples(policy, context)])
            add(await follows(policy, context, tries))
        if context.critic:
            critic = await resolve_policy(context.critic)
            add([await answers(critic, context, "critic reachable")])
        console.print(Text(f"reward {reward.name}", "bold"))
        add(await examine_reward(reward))
    fit, said = verdict(findings)
    console.print(Text(said, "bold"), soft_wrap=not console.is_terminal)
    if as_json:
        found = [asdict(finding) for finding in findings]
        report = {"fit": fit, "verdict": said, "findings": found}
        print(json.dumps(report, indent=2, ensure_ascii=False))  # noqa: T201
    return 0 if fit else 1


def _print_finding(console: Console, finding: Finding) -> None:
    line = Table.grid(padding=(0, 1))  # so that what is wrapped stays to the right of the mark
    mark, style = MARKS[finding.state]
    line.add_row(Text(mark, style), Text(f"{finding.name}: {finding.words}"))
    console.print(line, soft_wrap=not console.is_terminal)


def verdict(findings: Sequence[Finding]) -> tuple[bool, str]:
    """Say whether TPO will work, and in words what to expect."""
    bad = [f.name for f in findings if f.state == "bad"]
    if not bad:
        doubtful = any(f.state == "warning" for f in findings)
        return True, DOUBTFUL if doubtful else FIT
    return False, WEAK if bad == ["follows critiques"] else UNFIT
