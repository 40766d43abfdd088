"""The rows that can be compared: every arm answered them, asked the same, scored by the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...rewards.judging.groupwise import GroupwiseJudge
from ...rewards.judging.pairwise import PairwiseJudge
from .arm_folder import Arm
from .comparison import Equal
from .reached import Reached, Trails, reached, stands_at, trails_of
from .row_order import by_number

RELATIVE = {GroupwiseJudge.kind, PairwiseJudge.kind}
FEWEST = 2


@dataclass(frozen=True)
class Matched:
    """Rows that can be compared, and what each arm had reached on them for the same spend.

    Attributes:
        arms: The arms.
        ids: The rows, in their order.
        trails: Where each arm stood on each row.
        points: What each arm had reached, by its name and the row's id.
        left_out: Why the other rows are not compared.
        one_scale: Whether the arms' rewards are on one scale.
    """

    arms: Sequence[Arm]
    ids: Sequence[str]
    trails: Trails
    points: Mapping[str, Mapping[str, Reached]]
    left_out: Mapping[str, str]
    one_scale: bool

    @property
    def queries(self) -> list[str]:
        """What each row asks; the same text is the same query."""
        return [asked(self.arms[0], id) for id in self.ids]

    def cut_to_first(self, arm: str) -> int:
        """Return on how many rows nothing but first samples is left of an arm's rounds."""
        stands = [(self.points[arm][id], self.trails[arm][id][-1]) for id in self.ids]
        return sum(point.round == 0 and last.round > 0 for point, last in stands)

    def column(self, arm: str) -> list[Reached]:
        """Return what an arm had reached, in the order of the rows."""
        return [self.points[arm][id] for id in self.ids]


def matched(arms: Sequence[Arm], equal: Equal, like: str = "") -> Matched:
    """Match the rows of arms, and cut each to the same spend.

    Args:
        arms: Two or more.
        equal: What they get the same of.
        like: The arm whose spend is the limit; default: on each row the arm that spent least.

    Raises:
        InputError: fewer than two rows are left.
    """
    left_out = unmatched(arms)
    ids = sorted((id for id in arms[0].results if id not in left_out), key=by_number)
    trails = trails_of(arms, ids)
    points: dict[str, dict[str, Reached]] = {arm.name: {} for arm in arms}
    for id in ids:
        found = stands_at(trails, id, equal, like)
        for arm in arms:
            if (stand := found[arm.name]) is None:
                left_out[id] = f"what {arm.name} spent in {equal} is not known"
            else:
                points[arm.name][id] = reached(arm, id, trails[arm.name][id], stand)
    one_scale = scored_by_one(arms, points, left_out)
    kept = [id for id in ids if id not in left_out]
    require_rows(kept, left_out)
    return Matched(arms, kept, trails, points, left_out, one_scale)


def unmatched(arms: Sequence[Arm]) -> dict[str, str]:
    """Return the rows that an arm did not answer, or was asked something else, with the reason."""
    found: dict[str, str] = {}
    for id in dict.fromkeys(id for arm in arms for id in arm.results):
        for arm in arms:
            if why := arm.lacks(id):
                found.setdefault(id, f"{arm.name} {why}")
        if id not in found and len({asked(arm, id) for arm in arms}) > 1:
            found[id] = "the arms were asked different things"
    return found


def asked(arm: Arm, id: str) -> str:
    """Return the conversation of a row as text."""
    return json.dumps(arm.results[id]["messages"], sort_keys=True, ensure_ascii=False)


def scored_by_one(
    arms: Sequence[Arm], points: Mapping[str, Mapping[str, Reached]], left_out: dict[str, str]
) -> bool:
    """Return whether one reward scored all arms; rows that a fallback scored are left out.

    The name may differ from row to row: that of a verifier has a mark of what the row expects. A
    judge that compares the answers of a pool has a scale of its own in each pool.
    """
    rows = [id for id in points[arms[0].name] if all(id in points[arm.name] for arm in arms)]
    names = {id: [points[arm.name][id].rewarded_by for arm in arms] for id in rows}
    mixed = [id for id in rows if len(set(names[id])) > 1]
    if 2 * len(mixed) > len(rows):
        return False
    for id in mixed:
        left_out.setdefault(id, f"the arms were ranked by {', '.join(names[id])}")
    kinds = {name.partition(":")[0] for named in names.values() for name in named}
    return not kinds & RELATIVE


def require_rows(kept: Sequence[str], left_out: Mapping[str, str]) -> None:
    """Refuse to compare hardly anything.

    Raises:
        InputError: fewer than two rows are left; it names the most frequent reason.
    """
    if len(kept) >= FEWEST:
        return
    reasons = Counter(left_out.values()).most_common(1)
    why = f", most because {reasons[0][0]}" if reasons else ""
    raise InputError(
        f"there is too little to compare: {len(kept)} rows are left; {len(left_out)} are not{why}"
    )


def own_settings(arms: Sequence[Arm], arm: Arm) -> JsonObject:
    """Return the settings of an arm that another one has otherwise."""
    names = dict.fromkeys(name for one in arms for name in one.settings)
    values = {name: [json.dumps(one.settings.get(name)) for one in arms] for name in names}
    differ = [name for name, given in values.items() if len(set(given)) > 1]
    return {name: arm.settings.get(name) for name in differ}
