"""What the screen knows of a run: a value, for a new run or from a saved state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from langgraph.checkpoint.base import CheckpointTuple
from langgraph.types import StateSnapshot

from ...core.context import Context
from ...core.json_types import JsonObject
from ...core.pool import best
from ...core.several_policies import named_policies
from ...core.state import Candidate, Round, merge_candidates, merge_rounds
from ...core.stopping import spent
from ...core.usage import Cost, Phase, cost
from ...graphs.is_over import is_over
from ...models.several_policies import policies_of
from ...rewards.resolve import resolve_reward
from ..saved.status import query_of, values_of

FIRST: tuple[Phase, ...] = ("sample", "rank")
LATER: tuple[Phase, ...] = ("loss", "gradient", "update", "rank")


@dataclass(frozen=True)
class View:
    """A run as it is shown.

    Attributes:
        notices: What the person must know, in sentences.
        phase: What is being done, or `None` before the first request and after the last.
        cycle: The round on the screen. Unlike the events' `round` it begins with the loss.
        since: Working seconds at which the phase began.
        spent: Seconds of the phases of this cycle that are over.
        pool: Candidates by id.
        partial: Live text of unfinished candidates, by id.
        in_flight: Requests under way.
        loss: The loss of this cycle, as far as it is written; `gradient` the same.
        plan: How the newest planned round is divided, and why; or "".
        trouble: Requests that failed for good.
        paid: What the finished requests cost.
    """

    query: str = ""
    mode: str = "tpo"
    depth: int = 0
    width: int = 0
    policy: str = ""
    reward: str = ""
    notices: tuple[str, ...] = ()
    phase: Phase | None = None
    cycle: int = 0
    elapsed: float = 0.0
    since: float = 0.0
    spent: Mapping[str, float] = field(default_factory=dict)
    pool: Mapping[str, Candidate] = field(default_factory=dict)
    rounds: Mapping[int, Round] = field(default_factory=dict)
    partial: Mapping[str, str] = field(default_factory=dict)
    in_flight: frozenset[str] = frozenset()
    loss: str = ""
    gradient: str = ""
    plan: str = ""
    trouble: tuple[str, ...] = ()
    paid: Cost = field(default_factory=cost)
    stopped: bool = False

    @property
    def leader(self) -> Candidate | None:
        """The best candidate so far."""
        return best(list(self.pool.values()))

    @property
    def newest_round(self) -> int:
        """The newest round that has candidates, or will have them next."""
        newest = max((c["round"] for c in self.pool.values()), default=0)
        return max(newest, self.cycle) if self.phase in {"sample", "update"} else newest

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of this cycle."""
        return LATER if self.cycle else FIRST


def new_view(context: Context, query: str) -> View:
    """Return the view of a run that has not started."""
    judge = policies_of(None, None, context)[0]
    reward = resolve_reward(context.reward, policy=judge)
    return View(
        query=query,
        mode=context.mode,
        depth=context.rounds,
        width=context.width,
        policy=named_policies(context),
        reward=reward.name,
        notices=(reward.notice,) if reward.notice else (),
    )


def saved_view(context: Context, state: StateSnapshot, saved: CheckpointTuple | None) -> View:
    """Return the view of a saved run.

    Args:
        context: The settings it continues with.
        state: Its state.
        saved: Its checkpoint. Its pending writes hold what a step that was cut off had
            finished: those requests are not sent again, so no event will show them.
    """
    values, view = values_of(state), new_view(context, query_of(state))
    pending = list(_records(saved))
    known = {c["id"] for c in values.get("candidates") or []}
    known |= {r["id"] for r in pending if r.keys() >= {"id", "round"}}
    pool = merge_candidates(
        values.get("candidates"), [[r for r in pending if r.get("id") in known]]
    )
    rounds = merge_rounds(values.get("rounds"), [[r for r in pending if "id" not in r]])
    paid = spent(values)
    upcoming = next((task.name for task in state.tasks), "")
    ahead = upcoming in {"loss", "gradient", "update"}
    critique = rounds[-1] if rounds and upcoming in {"gradient", "update"} else None
    steps = LATER if critique else ()
    done = steps[: steps.index(upcoming)] if upcoming in steps else ()
    return View(
        **{
            **vars(view),
            "phase": upcoming if upcoming in get_args(Phase) else None,
            "cycle": values.get("round", 0) + ahead,
            "elapsed": paid["seconds"],
            "since": paid["seconds"],
            "pool": {c["id"]: c for c in pool},
            "rounds": {r["round"]: r for r in rounds},
            "spent": dict.fromkeys(done, 0.0),
            "loss": (critique and critique["loss"]) or "",
            "gradient": (critique and critique["gradient"]) or "",
            "plan": rounds[-1].get("plan", {}).get("why", "") if rounds else "",
            "paid": paid,
            "stopped": is_over(state),
        }
    )


def _records(saved: CheckpointTuple | None) -> Iterable[JsonObject]:
    """Yield the records of candidates and rounds among a checkpoint's pending writes."""
    for _, _, value in (saved.pending_writes if saved else None) or []:
        for record in value if isinstance(value, list) else []:
            if isinstance(record, dict) and "turn" in record and record.keys() & {"id", "round"}:
                yield record
