"""The candidates of a round as rows: reward, length, a bar; or what is known before that."""

from __future__ import annotations

from rich.text import Text

from ...core.number_format import reward
from ...core.pool import reward_of, with_reward
from ...core.state import Candidate
from ..console import harmless, short
from ..report.sparklines import bar
from .run_view import View


def candidate_lines(view: View, width: int, room: int) -> list[Text]:
    """Return a row per candidate of the newest round, at most `room`."""
    newest = view.newest_round
    ids = [f"r{newest}c{index}" for index in range(view.width)]
    known = [c["id"] for c in view.pool.values() if c["round"] == newest]
    ids += [name for name in known if name not in ids]
    rows = [_row(view, name, width) for name in ids]
    if len(rows) <= room:
        return rows
    hidden = len(rows) - room + 1
    return [*rows[: room - 1], Text(f"… and {hidden} more", "dim")]


def _row(view: View, name: str, width: int) -> Text:
    candidate = view.pool.get(name)
    row = Text(f"{name:<7}")
    if candidate is None:
        written, room = view.partial.get(name), max(10, width - 18)
        if not written:
            return row.append(f"{'…':>6}", "dim")
        tail = harmless(" ".join(written[-4 * room :].split()))
        return row.append(f"{'…':>6}  {tail[-room:]}", "dim")
    if candidate["error"]:
        return row.append("      ✗ ", "red").append(short(candidate["error"], width))
    if candidate["reward"] is None:
        return row.append(f"{'…':>6}  ", "dim").append(
            short(candidate.get("text") or "", width), "dim"
        )
    return _scored_row(view, candidate, row, width)


def _scored_row(view: View, candidate: Candidate, row: Text, width: int) -> Text:
    rewards = [reward_of(c) for c in with_reward(list(view.pool.values()))]
    policy = short(candidate.get("policy", ""), 24)
    value, room = reward_of(candidate), max(8, width - 36 - len(policy))
    leads = view.leader is not None and candidate["id"] == view.leader["id"]
    row.append(f"{reward(value):>6}  ", "bold" if leads else "")
    row.append(f"{len(candidate.get('text') or ''):>7,} chars  ", "dim")
    row.append(bar(value, min(rewards), max(rewards), room), "green" if leads else "cyan")
    row.append(f" {policy}" if policy else "", "dim")
    return row.append(" best", "green") if leads else row
