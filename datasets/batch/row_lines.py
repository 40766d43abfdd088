"""What is written of a row, from the states that its run has come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

from ...core.final_answer import answer_of
from ...core.json_types import JsonObject
from ...core.state import Round, State
from ...core.usage import Usage, add_costs
from ..records import (
    PaidRequest,
    RoundFigures,
    RowError,
    RowPool,
    RowResult,
    TurnPool,
    TurnResult,
)
from ..rows.json_form import json_form
from ..rows.row import Row


@dataclass(frozen=True)
class RowLines:
    """The lines of a row.

    Attributes:
        row: The row.
        states: The state at the end of each of its turns; of a failed one, as far as it came.
        paid: Its requests.
        error: Why it has no answer, if so: the last turn has failed.
    """

    row: Row
    states: Sequence[State]
    paid: Sequence[PaidRequest]
    error: RowError | None

    def result(self, seconds: float) -> RowResult:
        """Return its line of `results.jsonl`."""
        last, usage = turn_result(self.states[-1]), self.usage
        done = self.error is None
        # Of a row that goes on after a kill, the steps before it know how long they took.
        seconds = max(seconds, usage["total"]["seconds"] if usage else 0.0)
        result = RowResult(
            id=self.row.id,
            input=json_form(self.row.input),
            messages=self.messages,
            answer=last["answer"] if done else None,
            reward=last["reward"] if done else None,
            heldout=last["heldout"] if done else None,
            stop_reason=last["stop_reason"] if done else None,
            rounds=last["rounds"],
            usage=usage,
            seconds=round(seconds, 3),
            error=self.error,
            thread_id=self.row.id,
        )
        return self.with_own(result)

    def with_own(self, result: RowResult) -> RowResult:
        """Return the line with what only some rows have."""
        if self.row.settings:
            result["settings"] = self.row.settings
        if self.row.further:
            ended = self.states[:-1] if self.error else self.states
            result["turns"] = [turn_result(state) for state in ended]
        return result

    def pool(self) -> RowPool:
        """Return its line of `pools.jsonl`."""
        searches = [
            TurnPool(
                candidates=state.get("candidates") or [],
                rounds=state.get("rounds") or [],
                requests=[one for one in self.paid if one.get("turn", 1) == turn],
            )
            for turn, state in enumerate(self.states, 1)
        ]
        pool = RowPool(id=self.row.id, **searches[-1])  # type: ignore[typeddict-item]
        if self.row.further:
            pool["earlier"] = searches[:-1]
        return pool

    @property
    def messages(self) -> list[JsonObject]:
        """What was asked: the conversation that the last question ends."""
        messages = list(self.row.messages)
        for state, question in zip(self.states[:-1], self.row.further, strict=False):
            messages += [{"role": "assistant", "content": state["answer"]}, question]
        return messages

    @property
    def usage(self) -> Usage | None:
        """What all turns have cost."""
        return reduce(in_all, [state.get("usage") for state in self.states])


def in_all(one: Usage | None, other: Usage | None) -> Usage | None:
    """Return what two turns have cost together; of a turn that failed at once nothing is known."""
    if one is None or other is None:
        return one or other
    phases = dict(one["phases"])
    for phase, paid in other["phases"].items():
        phases[phase] = add_costs(phases[phase], paid) if phase in phases else paid
    total = add_costs(one["total"], other["total"])
    return Usage(turn=other["turn"], total=total, phases=phases)


def turn_result(state: State) -> TurnResult:
    """Return what became of one question."""
    return TurnResult(
        answer=state.get("answer") or "",
        reward=state.get("reward"),
        heldout=heldout_of(state),
        stop_reason=state.get("stop_reason"),
        rounds=[figures_of(one) for one in state.get("rounds") or []],
        usage=state.get("usage"),
    )


def heldout_of(state: State) -> float | None:
    """Return what the held-out reward gave the answer, if there is one."""
    answer = answer_of(state, state.get("stop_reason"))
    found = [
        one["heldout"]
        for one in state.get("rounds") or []
        if answer and one["chosen"] == answer["id"] and one["heldout"] is not None
    ]
    return found[-1] if found else None


def figures_of(one: Round) -> RoundFigures:
    """Return the figures of a round."""
    return cast("RoundFigures", {name: one[name] for name in RoundFigures.__annotations__})  # type: ignore[literal-required]
