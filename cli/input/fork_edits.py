"""What `tpo fork` can edit, and what each edit writes to the state."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.pool import summarise, with_reward
from ...core.state import Candidate, State, merge_candidates
from ..saved.status import find_candidate
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
    def steers(self) -> bool:
        """Whether a person writes what the next answers go by, and nothing is rewritten."""
        return (self.loss is not None or self.gradient is not None) and not self.edit

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
    return find_candidate(values, given.partition("=")[0], " at that point")


def changes_for(values: State, edits: Edits) -> dict[str, object]:
    """Return what to write to the state; the reducers merge it into the records."""
    turn, now = values["turn"], values["round"]
    rewritten = [_rewritten(values, given) for given in edits.edit]
    dropped = [{"turn": turn, "id": _candidate(values, one)["id"], **BY_HAND} for one in edits.drop]
    if edits.edit:
        return {"candidates": [*rewritten, *dropped]}
    last = values["rounds"][-1]
    texts = {"loss": edits.loss, "gradient": edits.gradient}
    given = {name: text_or_file(text) for name, text in texts.items() if text is not None}
    by_hand = sorted({*last.get("by_hand", []), *given})  # a person wrote them
    alone: JsonObject = {"further": []} if last.get("further") else {}  # a person's words alone
    written: JsonObject = {**given, "by_hand": by_hand, **alone} if given else {}
    record: JsonObject = {"turn": turn, "round": now, **written}
    if edits.drop:  # the round is ranked without them
        pool = merge_candidates(values["candidates"], [dropped])
        if not with_reward(pool):
            raise InputError("this would leave no scored answer in the pool")
        ranked = summarise(pool, turn, now, last["ranked_by"])
        same = {"heldout": last["heldout"]} if ranked["chosen"] == last["chosen"] else {}
        record = {**ranked, "loss": last["loss"], "gradient": last["gradient"], **same, **written}
    return {"candidates": dropped, "rounds": [record]}


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
