"""What a judge says of each arm's answer beside the other's, in both orders."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ...core.context import Context
from ...core.conversation import to_messages
from ...core.errors import TPOError
from ...core.given_messages import as_meant
from ...core.json_types import JsonObject
from ...core.usage import Cost, add_costs, brief, cost
from ...models.policy import PolicyLike
from ...rewards.judging.pairwise import PairwiseJudge
from ...rewards.judging.reasons import parted
from ...rewards.planned_reward import Job
from ..batch.json_lines import GrowingFile, kept_lines
from .after_scores import AT_ONCE, text_mark
from .against import Verdicts
from .matching import Matched
from .win_rates import TIE, agreed

JUDGED = "judged.jsonl"
FORWARD, BACK = [0, 1], [1, 0]
Pairing = tuple[str, str, str]
"""Id of the row, and what differs between the arm's texts and the other's."""


def pairwise_judge(given: PolicyLike | PairwiseJudge | None) -> PairwiseJudge | None:
    """Return the judge that was given as one, or as its model; `pairwise:` may stand before it."""
    if isinstance(given, str):
        return PairwiseJudge(given.removeprefix(f"{PairwiseJudge.kind}:"))
    return given if given is None or isinstance(given, PairwiseJudge) else PairwiseJudge(given)


@dataclass
class Judged:
    """The verdicts of one judge, each asked for once.

    Attributes:
        judge: The judge.
        path: The file that keeps the verdicts.
        settings: Timeout, retries and seed of its requests.
        known: What it said before.
        paid: What its verdicts have cost, in earlier calls too; no arm is charged for it.
    """

    judge: PairwiseJudge
    path: Path
    settings: Context
    known: dict[Pairing, float] = field(default_factory=dict)
    paid: Cost = field(default_factory=cost)

    def __post_init__(self) -> None:
        """Read what is known."""
        for line in kept_lines(self.path):
            if line["judge"] == self.judge.name:
                self.paid = add_costs(self.paid, cost(**line["cost"]))
                if line["verdict"] is not None:
                    self.known[line["id"], line["ours"], line["theirs"]] = line["verdict"]

    async def verdicts(self, matched: Matched, base: str) -> Verdicts:
        """Return who wins on each row by this judge, each arm against one of them.

        A pair whose verdict failed is left out; the same call asks again.

        Raises:
            StoreError: the verdicts cannot be kept.
        """
        others = [arm.name for arm in matched.arms if arm.name != base]
        pairs = [(arm, id) for arm in others for id in matched.ids]
        gate = asyncio.Semaphore(AT_ONCE)
        with closing(GrowingFile(self.path)) as file:
            said = await asyncio.gather(
                *(self.compare_row(matched, arm, base, id, file, gate) for arm, id in pairs)
            )
        found = {pair: won for pair, won in zip(pairs, said, strict=True) if won is not None}
        return {self.judge.name: found}

    async def compare_row(
        self, matched: Matched, arm: str, base: str, id: str, file: GrowingFile,
        gate: asyncio.Semaphore,
    ) -> float | None:  # fmt: skip
        """Return who wins on one row, or `None`; equal texts are a tie without a call."""
        texts = [matched.points[name][id].candidate["text"] for name in (arm, base)]
        if texts[0] == texts[1]:
            return TIE
        ours, theirs = map(text_mark, texts)
        if (id, ours, theirs) in self.known:
            return self.known[id, ours, theirs]
        line = {"judge": self.judge.name, "id": id, "ours": ours, "theirs": theirs}
        async with gate:
            said = await self.both_orders(matched.arms[0].results[id]["messages"], texts)
        won: float | None = said["verdict"]
        self.paid = add_costs(self.paid, cost(**said["cost"]))
        if won is not None:
            self.known[id, ours, theirs] = won
        file.add({**line, **said})
        return won

    async def both_orders(self, messages: Sequence[JsonObject], texts: Sequence[str]) -> JsonObject:
        """Ask in both orders; return the verdict, or why there is none."""
        job = Job(as_meant(to_messages(messages)), texts, settings=self.settings)
        paid, said = cost(), list[float]()
        try:
            for order in (FORWARD, BACK):
                done = await self.judge.call(job, order)
                paid = add_costs(paid, cost(**done["cost"]))
                said.append(parted(done["result"])[0])
        except TPOError as error:
            paid = add_costs(paid, getattr(error, "cost", cost()))
            return {"verdict": None, "error": str(error), "cost": brief(paid)}
        return {"verdict": agreed(said[0], 1.0 - said[1]), "error": None, "cost": brief(paid)}
