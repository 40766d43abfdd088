"""Human pick: a person sees the ranked candidates and confirms or changes the choice."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field

from ..core.context import Context
from ..core.errors import InputError
from ..core.pool import by_id, scored
from ..core.state import State
from .parts import Node, Parts


class Pick(BaseModel):
    """A person's answer to the pause; everything left empty keeps the reward's choice."""

    model_config = ConfigDict(extra="forbid")

    chosen: str | None = Field(
        default=None, description="Id of the candidate to improve on, or to return."
    )
    rejected: str | None = Field(
        default=None, description="Id of the candidate to contrast it with."
    )
    stop: bool = Field(
        default=False,
        description="End the run here, with the chosen candidate.",
    )


def choose_node(*, parts: Parts) -> Node:  # noqa: ARG001  every factory takes the parts
    """Return the node that pauses for a person; resume it with a `Pick`."""

    async def choose(state: State, runtime: Runtime[Context]) -> dict[str, Any]:  # noqa: ARG001
        now = state["rounds"][-1]
        shown = sorted(scored(state["candidates"]), key=lambda c: -(c["reward"] or 0.0))
        answer = interrupt(
            {
                "kind": "tpo.pick",
                "round": now["round"],
                "chosen": now["chosen"],
                "rejected": now["rejected"],
                "candidates": [
                    {key: c[key] for key in ("id", "round", "text", "reward")} for c in shown
                ],
            },
            response_schema=Pick,
        )
        pick = answer if isinstance(answer, Pick) else Pick.model_validate(answer or {})
        record: dict[str, Any] = {"turn": state["turn"], "round": now["round"]}
        for role, id in (("chosen", pick.chosen), ("rejected", pick.rejected)):  # noqa: A001
            if id is None:
                continue
            if by_id(scored(state["candidates"]), id) is None:
                valid = ", ".join(c["id"] for c in shown)
                raise InputError(f"there is no scored candidate {id!r}; choose one of {valid}")
            record[role] = id
            record["picked_by"] = "human"
        return {"rounds": [record], "halt": "human" if pick.stop else None}

    return choose
