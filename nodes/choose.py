"""Human pick: a person sees the ranked candidates and confirms or changes the choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, create_model

from ..core.context import Context
from ..core.events import Emitter
from ..core.pool import by_id, opposite, to_choose_from
from ..core.state import Candidate, Round, State
from .paid.run_models import Node, Update


class Pick(BaseModel):
    """A person's answer to the pause; everything left empty keeps the reward's choice."""

    model_config = ConfigDict(extra="forbid")

    chosen: str | None = Field(
        default=None, description="Id of the candidate to improve on, or to return."
    )
    rejected: str | None = Field(
        default=None, description="Id of the candidate to contrast it with."
    )
    loss: str | None = Field(
        default=None, description="Why chosen beats rejected, instead of the critic's words."
    )
    gradient: str | None = Field(
        default=None, description="What to change in chosen, instead of the critic's words."
    )
    stop: bool = Field(default=False, description="End the run here, with the chosen candidate.")


def pick_among(ids: Sequence[str]) -> type[Pick]:
    """Return a `Pick` that takes these candidates only.

    A wrong id is refused like any value of the wrong form, before it is kept: the run stays
    paused and can be answered again. Forms show the ids as a list.
    """
    # Literals of the same values are equal in any order, and unions of equal ones are cached:
    # without a mark of its own the form could have the order of an earlier one.
    known: Any = Annotated[Literal[tuple(ids)], tuple(ids)]
    roles: dict[str, Any] = {
        role: (known | None, Field(default=None, description=Pick.model_fields[role].description))
        for role in ("chosen", "rejected")
    }
    made: type[Pick] = create_model("Pick", __base__=Pick, **roles)
    return made


def choose_node() -> Node:
    """Return the node that pauses for a person; resume it with a `Pick`."""

    async def choose(state: State, runtime: Runtime[Context]) -> Update:
        now = state["rounds"][-1]
        shown = to_choose_from(state["candidates"], now)
        pick = interrupt(
            {
                "kind": "tpo.pick",
                "round": now["round"],
                "chosen": now["chosen"],
                "rejected": now["rejected"],
                "candidates": [
                    {key: c[key] for key in ("id", "round", "text", "reward")} for c in shown
                ],
            },
            response_schema=pick_among([c["id"] for c in shown]),
        )
        record: Update = {"turn": state["turn"], "round": now["round"]}
        if pick.chosen or pick.rejected:
            record |= _picked(state["candidates"], pick, now)
            emit = Emitter(runtime.stream_writer, state["usage"], now["round"])
            emit("round", {"selected": {**now, **record}})
        given = {"loss": pick.loss, "gradient": pick.gradient}
        texts = {step: text.strip() for step, text in given.items() if text and text.strip()}
        if texts or now.get("by_hand"):  # their nodes emit these and ask no critic
            record |= {**texts, "by_hand": list(texts)}
        return {"rounds": [record], "halt": "human" if pick.stop else None}

    return choose


def _picked(pool: Sequence[Candidate], pick: Pick, now: Round) -> Update:
    """Return what a pick changes; an answer is never held against itself or its copy."""
    chosen = by_id(pool, pick.chosen or now["chosen"])
    rejected = by_id(pool, pick.rejected or now["rejected"])
    if chosen and rejected and chosen["text"] == rejected["text"]:
        rejected = opposite(pool, chosen)
    ids = {"chosen": chosen and chosen["id"], "rejected": rejected and rejected["id"]}
    record: Update = {**ids, "picked_by": "human"}
    if chosen and "policy" in now and "policy" in chosen:
        record["policy"] = chosen["policy"]
    if chosen:
        record |= {"reward": chosen["reward"], "best_length": len(chosen["text"])}
        if chosen["id"] != now["chosen"]:
            record["heldout"] = None  # that was measured on another answer
    return record
