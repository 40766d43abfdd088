"""What `tpo doctor` prints: each finding as it comes, the pairs as a table, all as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...core.json_types import JsonObject
from ...core.number_format import reward as shown
from ...rewards.base import Score
from ..console import table
from .forecast import Forecast
from .pairs import Probed, vetoed
from .tried import Tried
from .verdict import Finding

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

    def as_json(self, fit: bool | None, sentence: str, pairs: Iterable[Probed]) -> JsonObject:
        """Return what `--json` prints: the verdict, the findings, and the pairs behind them.

        `fit` is `None` if nothing is known.
        """
        findings = [asdict(finding) for finding in self.findings]
        return {
            "fit": fit,
            "verdict": sentence,
            "findings": findings,
            "pairs": [pair_as_json(one) for one in pairs],
            "moves": [one.as_json() for one in self.tried],
            "forecast": self.forecast and self.forecast.as_json(),
        }


def pair_as_json(one: Probed) -> JsonObject:
    """Return what `--json` prints of a pair."""
    return {
        "kind": one.kind.name,
        "worse_is": one.pair.worse_is,
        "right": one.right,
        "better": one.better["reward"],
        "worse": one.worse["reward"],
    }


def score_text(score: Score) -> str:
    """Return what the table says of a score."""
    return "vetoed" if vetoed(score) else shown(score["reward"])


def pairs_table(pairs: Sequence[Probed]) -> Table:
    """Return how the reward scores each pair, and whether that is the right order."""
    made = table("", "better", "worse", "pair", "the worse one is", right=("better", "worse"))
    for one in pairs:
        mark, style = ("=", "") if one.right is None else MARKS["ok" if one.right else "bad"]
        made.add_row(
            Text(mark, style),
            score_text(one.better),
            score_text(one.worse),
            one.kind.name,
            one.pair.worse_is,
        )
    return made
