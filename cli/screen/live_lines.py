"""The lines of the live screen: a view as text that fits the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from ...core.dollars import price_phrase
from ...core.number_format import at_least, count, reward, seconds, signed
from ...core.phrases import search_phrase
from ...core.pool import best, of_round, reward_of
from ..console import harmless, short
from ..report.near_copies import copies_lines
from ..report.sparklines import reward_sparklines
from .candidate_rows import candidate_lines
from .run_view import View

CRITIQUE_LINES = 4
FRAME = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class LiveView:
    """A view at a moment, as a rich renderable."""

    def __init__(self, view: View, now: float) -> None:
        self.view = view
        self.now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines, cut to the terminal's width and height."""
        width, height = options.max_width, options.max_height or console.height
        view = self.view
        head = [
            *heading(view, console, width),
            Text(""),
            phase_line(view, self.now),
            *reward_lines(view),
        ]
        tail = [*critique_lines(view, console, width), Text(""), *cost_lines(view, width, self.now)]
        room = max(3, height - len(head) - len(tail) - 2)
        lines = [*head, Text(""), *candidate_lines(view, width, room), *tail]
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        yield Group(*lines[: height - 1])


def heading(view: View, console: Console, width: int) -> list[Text]:
    """Return the search, the notices, and the query."""
    about = Text(search_phrase(view.mode, view.depth, view.width), "bold")
    about.append("  policy ", "dim").append(view.policy)
    about.append("  reward ", "dim").append(view.reward)
    notices = [line for n in view.notices for line in Text(n, "yellow").wrap(console, width)]
    return [about, *notices, Text.assemble(("> ", "dim"), short(view.query, 500))]


def phase_line(view: View, now: float) -> Text:
    """Return the phases of this cycle: those done with their seconds, the current one, the rest."""
    line = Text(f"round {view.cycle} of {view.depth}  " if view.depth else "")
    for phase in view.phases:
        if phase == view.phase:
            frame = FRAME[int(now * 10) % len(FRAME)]
            line.append(f"{frame} {phase} {seconds(max(0.0, now - view.since))}", "bold cyan")
        elif phase in view.spent:
            took = seconds(view.spent[phase]) if view.spent[phase] else ""
            line.append(f"✓ {phase} {took}".rstrip(), "green")
        else:
            line.append(f"· {phase}", "dim")
        line.append("  ")
    return line


def cost_lines(view: View, width: int, now: float) -> list[Text]:
    """Return the cost so far, the last failure, and how to pause."""
    paid = view.paid
    least = at_least(paid)
    tokens = f"{least}{paid['input_tokens']:,} tokens in, {least}{paid['output_tokens']:,} out"
    known = [
        seconds(now),
        count(paid["requests"], "request"),
        tokens,
        price_phrase(paid, unknown=""),
    ]
    spent = ", ".join(filter(None, known))
    failed = [Text(f"✗ {view.trouble[-1]}", "red")] if view.trouble else []
    last = Text(f"{spent}. Ctrl-C pauses; nothing is lost.", "dim")
    # Room for the ^C a terminal writes: if it wrapped, one line would not be cleared.
    last.truncate(max(1, width - 4), overflow="ellipsis")
    return [*failed, last]


def reward_lines(view: View) -> list[Text]:
    """Return the rewards of the rounds, and the best candidate."""
    if not view.rounds:
        return []
    line = reward_sparklines([view.rounds[key] for key in sorted(view.rounds)])
    if leader := view.leader:
        title = "held by " if len(view.rounds) > 1 else "best so far "  # the line's own
        line.append(title, "dim").append(f"{leader['id']} {reward(leader['reward'])}")
        line.append(gained(view), "green")
    plan = [Text.assemble(("plan ", "dim"), view.plan)] if view.plan else []
    copies = copies_lines([view.rounds[max(view.rounds)]], list(view.pool.values()))
    return [line, *copies, *plan, *written_line(view)]


def written_line(view: View) -> list[Text]:
    """Return what was written to check the answers for, by name."""
    written = view.rounds[max(view.rounds)].get("criteria", {})
    names = "; ".join(one["name"] for criteria in written.values() for one in criteria)
    return [Text.assemble(("checked for ", "dim"), harmless(names))] if names else []


def gained(view: View) -> str:
    """Return how far the leader is above the best first sample, or ""."""
    first, leader = best(of_round(list(view.pool.values()), 0)), view.leader
    if not first or not leader or first["id"] == leader["id"]:
        return ""
    more = reward_of(leader) - reward_of(first)
    return f" ({signed(more)} over the best first sample)"


def critique_lines(view: View, console: Console, width: int) -> Iterator[Text]:
    """Yield the last lines of loss and gradient."""
    for name, text in (("loss", view.loss), ("gradient", view.gradient)):
        if not text.strip():
            continue
        yield Text("")
        lines = Text(harmless(text.strip())).wrap(console, max(20, width - 10))
        for index, line in enumerate(lines[-CRITIQUE_LINES:]):
            yield Text.assemble((f"{name if index == 0 else '':<10}", "dim"), line)
