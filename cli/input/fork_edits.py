"""What `tpo fork` can edit, and what each edit writes to the state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.pool import by_id, scored, summarise
from ...core.state import Candidate, Round, State, merge_candidates
from .query import text_or_file

BY_HAND = {"error": "dropped by hand", "failure": "dropped"}


@dataclass(frozen=True)
class Edits:
    """What to change, as it was typed."""

    round: int | None = None
    loss: str | None = None
    gradient: str | None = None
    drop: tuple[str, ...] = ()
    edit: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything to edit."""
        texts = (self.loss, self.gradient)
        return any(t is not None for t in texts) or bool(self.drop or self.edit)

    @property
    def makers(self) -> set[str]:
        """The nodes after one of which these edits can be made."""
        if self.edit:
            return {"sample", "update"}  # so that what is rewritten is ranked again
        if self.gradient is not None:
            return {"gradient"}
        return {"loss"} if self.loss is not None else {"rank"}


def round_of(values: State, edits: Edits) -> int:
    """Return the round of the answers to rewrite."""
    rounds = {_candidate(values, given)["round"] for given in edits.edit}
    if len(rounds) != 1:
        raise InputError(
            "rewritten answers must all be from the same round, which is then ranked again"
        )
    return rounds.pop()


def _candidate(values: State, given: str) -> Candidate:
    name, pool = given.partition("=")[0], values.get("candidates") or []
    found = by_id(pool, name)
    if found is None:
        ids = ", ".join(c["id"] for c in pool)
        raise InputError(f"there is no answer {name!r} at that point; choose one of {ids}")
    return found


def changes_for(values: State, edits: Edits) -> dict[str, object]:
    """Return what to write to the state; the reducers merge it into the records."""
    turn, now = values["turn"], values["round"]
    candidates = [_rewritten(values, given) for given in edits.edit]
    candidates += [
        {"turn": turn, "id": _candidate(values, given)["id"], **BY_HAND} for given in edits.drop
    ]
    if edits.edit:
        return {"candidates": candidates}
    last = values["rounds"][-1]
    texts = {"loss": edits.loss, "gradient": edits.gradient}
    given = {name: text_or_file(text) for name, text in texts.items() if text is not None}
    by_hand = sorted({*last.get("by_hand", []), *given})  # a person wrote them
    written = {**given, "by_hand": by_hand} if given else {}
    record: JsonObject = {"turn": turn, "round": now, **written}
    if edits.drop:
        record = {**_ranked_without(values, candidates, last), **written}
    return {"candidates": candidates, "rounds": [record]}


def _ranked_without(values: State, dropped: Sequence[JsonObject], last: Round) -> JsonObject:
    """Return the record of the round as it is ranked without some answers."""
    pool = merge_candidates(values["candidates"], [dropped])
    if not scored(pool):
        raise InputError("this would leave no scored answer in the pool")
    kept: JsonObject = {"loss": last["loss"], "gradient": last["gradient"]}
    ranked = summarise(pool, values["turn"], values["round"], last["ranked_by"])
    if ranked["chosen"] == last["chosen"]:
        kept["heldout"] = last["heldout"]
    return {**ranked, **kept}


def _rewritten(values: State, given: str) -> JsonObject:
    _, equals, text = given.partition("=")
    if not equals:
        raise InputError(
            f"--edit {given!r} has no text; write it like this: --edit r0c1=@answer.txt"
        )
    candidate = _candidate(values, given)
    sound = {"reward": None, "error": None, "failure": None}
    fresh = {"text": text_or_file(text), **sound, "finish_reason": "edited"}
    return {"turn": candidate["turn"], "id": candidate["id"], **fresh}
