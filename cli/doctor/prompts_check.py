"""`tpo doctor --prompts FILE`: is TPO worth its price on your own prompts?"""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from itertools import islice

from rich.console import Console
from rich.text import Text

from ...core.context import Context
from ...core.dollars import money
from ...core.login import without_login
from ...core.number_format import count, signed
from ...datasets.batch.plan import BatchPlan
from ...datasets.batch.running import Running
from ...datasets.compare.arms_at_work import Told
from ...datasets.compare.comparison import Difference
from ...datasets.compare.try_out import BASE, SEARCH, TriedOut, try_out
from ...datasets.rows.row_file import rows_of
from ...nodes.paid.run_models import GivenModels
from ..console import console_for, say
from ..find_models import check_settings
from ..output_mode import OutputMode
from ..screen.batch_watchers import watcher_of
from .report import Report
from .verdict import Finding

FLAT = 1e-9  # rewards this close are one and the same


async def check_prompts(file: str, rows: int, as_json: bool, context: Context) -> int:
    """Try a few prompts, print what they show; return 0 unless TPO is not worth it, else 1."""
    output = OutputMode(json=as_json)
    with closing(rows_of(file)) as read:
        few = [row.input for row in islice(read, rows)]
    await check_settings(context, output)
    console = Console(quiet=True) if as_json else console_for()
    console.print(Text(f"{count(len(few), 'prompt')}, answered by best-of-N and by TPO", "bold"))

    @asynccontextmanager
    async def watching(name: str, running: Running) -> AsyncIterator[Told]:
        if not as_json:
            say(f"{name}:")
        async with watcher_of(running, quiet=as_json, json=as_json) as watcher:
            yield watcher.ended

    tried = await try_out(few, BatchPlan(GivenModels(), context), watching)
    show_prompts(tried, next_line(tried, file, context), console, as_json=as_json)
    return 1 if is_flat(tried) or is_lost(tried.gain) else 0


def show_prompts(tried: TriedOut, line: str, console: Console, *, as_json: bool) -> None:
    """Print what a few prompts show, the verdict, and the command to run next."""
    report = Report(console)
    report.add(prompt_findings(tried))
    sentence = prompt_verdict(tried)
    console.print(Text(sentence, "bold"), soft_wrap=not console.is_terminal)
    console.print(Text(f"next: {line}"), soft_wrap=not console.is_terminal)
    if as_json:
        findings = [asdict(one) for one in report.findings]
        told = {"verdict": sentence, "next": line, "findings": findings, "gain": tried.gain}
        print(json.dumps({**told, "comparison": tried.found}, ensure_ascii=False))


def prompt_findings(tried: TriedOut) -> list[Finding]:
    """Return what a few prompts show, each with its figure."""
    spread = f"a prompt's first answers score {tried.spread:.3g} apart (standard deviation)"
    headroom = f"the best of them scores {tried.headroom:.3g} above a single one, on average"
    price = "price unknown" if tried.cost_usd is None else money(tried.cost_usd)
    return [
        Finding("reward spread", "bad" if is_flat(tried) else "ok", spread),
        Finding("headroom", "warning" if tried.headroom < FLAT else "ok", headroom),
        Finding("gain", "ok" if is_won(tried.gain) else "warning", gain_words(tried.gain)),
        Finding("an answer of TPO", "warning" if tried.cost_usd is None else "ok", price),
    ]


def gain_words(gain: Difference | None) -> str:
    """Return what TPO gains over best-of-N for the same tokens, with its interval."""
    if gain is None:
        return "this reward compares the answers of one run, so it cannot compare two runs"
    ends = f"{signed(gain['low'])} to {signed(gain['high'])}"
    return f"at equal tokens {signed(gain['mean'])} over best-of-N ({ends})"


def is_flat(tried: TriedOut) -> bool:
    """Return whether the reward gives all answers to a prompt the same."""
    return tried.spread < FLAT


def is_won(gain: Difference | None) -> bool:
    """Return whether the gain is there beyond chance."""
    return gain is not None and gain["low"] > 0


def is_lost(gain: Difference | None) -> bool:
    """Return whether best-of-N is better beyond chance."""
    return gain is not None and gain["high"] < 0


def prompt_verdict(tried: TriedOut) -> str:
    """Return yes or no, or what it takes to tell."""
    gain = tried.gain
    if is_flat(tried):
        return "No: the reward gives all answers to a prompt the same: there is nothing to learn."
    if is_won(gain):
        return "Yes: TPO beats best-of-N that costs as much, on these prompts and by this reward."
    if is_lost(gain):
        return "No: best-of-N that costs as much is better on these prompts."
    if gain is None:
        return "It cannot be told with this reward: name a --reward that scores one answer alone."
    more = gain["rows_to_decide"]
    rest = f"about {count(more, 'more prompt')} would likely tell" if more else "they are alike"
    return f"Not on this evidence: on {count(gain['rows'], 'prompt')} no difference shows; {rest}."


def next_line(tried: TriedOut, file: str, context: Context) -> str:
    """Return the command to run next: all prompts if it is clear, else a comparison of more."""
    models = ["-p", without_login(context.policy), "-r", without_login(context.reward)]
    if is_won(tried.gain) or is_lost(tried.gain):
        mode = SEARCH if is_won(tried.gain) else BASE
        settings = next(a["settings"] for a in tried.found["arms"] if a["name"] == mode)
        width = ["-w", str(settings["width"])] if "width" in settings else []
        return shlex.join(["tpo", "batch", file, "-o", "out", "-m", mode, *width, *models])
    return shlex.join(["tpo", "compare", file, "-o", "out", *models])
