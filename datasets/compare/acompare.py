"""Ways to answer the same rows, run and compared: `acompare`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ...core.context import Context
from ...core.dollars import with_dollars
from ...core.make_context import chosen_context
from ...models.policy import PolicyLike
from ...nodes.paid.run_models import GivenModels
from ...rewards.judging.pairwise import PairwiseJudge
from ...rewards.resolve import RewardLike
from ..batch.plan import BatchPlan
from ..rows.row_file import Rows, rows_of
from .after_scores import SCORES, AfterScores, titles_of
from .arm_folder import Arm
from .arm_plan import DEFAULT_ARMS, Arms, arm_plans, parted_models
from .arms_at_work import ArmsAtWork, Watching, unwatched
from .comparing import Terms, arms_matched, base_of, comparison_of
from .comparison import Comparison, Equal
from .judged import JUDGED, Judged, pairwise_judge
from .written import write_comparison


@dataclass(frozen=True)
class Comparing:
    """What a comparison is to do.

    Attributes:
        arms: The settings of each arm.
        common: What they have in common.
        terms: How they are compared.
        heldout: Rewards that score the compared answers, and steer nothing.
        judge: What compares answers in pairs, if anything does.
        watching: Who watches the batches.
    """

    arms: Arms
    common: BatchPlan
    terms: Terms = field(default_factory=Terms)
    heldout: Sequence[RewardLike] = ()
    judge: PolicyLike | PairwiseJudge | None = None
    watching: Watching = unwatched

    async def run(self, rows: Rows, folder: Path) -> Comparison:
        """Run what is missing in a folder, compare, and write what was found.

        Raises:
            InputError: a row cannot be answered, or the folder was begun with something else.
            TPOError: see `tpo.core.errors`.
        """
        titles_of(self.heldout)
        pairwise_judge(self.judge)
        plans = arm_plans(self.arms, self.common)
        compared = replace(rows, compared=True)
        work = ArmsAtWork(compared, self.common, plans, folder, self.terms.equal, self.watching)
        found = await self.compare(await work.run(), folder)
        write_comparison(found, folder)
        return found

    async def compare(self, arms: Sequence[Arm], folder: Path) -> Comparison:
        """Compare arms that have run; the answers left after equal cost are scored and judged."""
        matched = arms_matched(arms, self.terms)
        base = self.terms.against or base_of(arms)
        if self.heldout:
            after = AfterScores(self.common, folder / SCORES)
            matched = await after.score(matched, self.heldout)
        if (judge := pairwise_judge(self.judge)) is None:
            return comparison_of(matched, base, self.terms)
        judged = Judged(judge, folder / JUDGED, self.common.context)
        verdicts = await judged.verdicts(matched, base)
        found = comparison_of(matched, base, self.terms, verdicts)
        found["metadata"]["judge"] = {"name": judged.judge.name, "usage": with_dollars(judged.paid)}
        return found


async def acompare(  # noqa: PLR0913  keywords only, each of them optional
    rows: str | Path | Iterable[object],
    *,
    arms: Arms | None = None,
    folder: str | Path | None = None,
    equal: Equal = "tokens",
    like: str = "",
    against: str = "",
    heldout: Sequence[RewardLike] | RewardLike = (),
    judge: PolicyLike | PairwiseJudge | None = None,
    verify_field: str = "",
    checkpoints: str = "",
    context: Context | Mapping[str, object] | None = None,
    **settings: object,
) -> Comparison:
    """Answer the same rows in several ways, and say which is better at what price.

    The first samples are drawn once for each row and given to all arms; each arm is charged for
    them in full. Then every arm is cut, row by row, to the same spend.

    Args:
        rows: As for `abatch`.
        arms: The settings of each arm by its name; each may also name `policy`, `reward`,
            `critic`, `fallback` and `prompts`. Default: best-of-N, TPO and the adaptive search.
            Best-of-N without a width is as wide as the searches spend.
        folder: Where everything is written as it ends; the same call again goes on there.
        equal: What the arms get the same of on each row: `tokens`, `texts`, `requests`, `dollars`,
            or `nothing`.
        like: The arm whose spend every arm gets; "": on each row the arm that spent least.
        against: The arm that the others are held against; "": best-of-N, else the first.
        heldout: Rewards that score the compared answers without steering: as specs, functions or
            objects.
        judge: A model, its spec or a `PairwiseJudge`: it compares each arm's answer with that of
            best-of-N, in both orders.
        verify_field: The column that verifiers are given, as for `abatch`.
        checkpoints: The address of a PostgreSQL database for the rows under way, as for `abatch`.
        context: What all arms have in common, as an object or a mapping.
        **settings: Or one by one, and these win: `policy`, `reward`, `depth`, `width`, ...

    Returns:
        The record: `sentences` says what it means.

    Raises:
        InputError: a row cannot be answered; the message names its line, and nothing was paid.
        TPOError: see `tpo.core.errors`.

    Example:
        >>> found = await acompare("prompts.jsonl", folder="out", width=5)  # doctest: +SKIP
        >>> print(found["sentences"][0])  # doctest: +SKIP
    """
    common = replace(common_plan(settings, context, verify_field), checkpoints=checkpoints)
    rewards, terms = rewards_given(heldout), Terms(equal, like, against)
    work = Comparing(arms or DEFAULT_ARMS, common, terms, rewards, judge)
    with closing(rows_of(rows)) as read, TemporaryDirectory() as passing:
        return await work.run(read, Path(folder or passing))


def common_plan(
    settings: Mapping[str, object], context: Context | Mapping[str, object] | None, verify: str
) -> BatchPlan:
    """Return what all arms have in common."""
    models, others = parted_models(settings)
    return BatchPlan(GivenModels(**models), chosen_context(context, others), verify)


def rewards_given(heldout: Sequence[RewardLike] | RewardLike) -> Sequence[RewardLike]:
    """Return several rewards, or the one that was given."""
    several = isinstance(heldout, Sequence) and not isinstance(heldout, str)
    return heldout if several else [heldout]  # type: ignore[return-value,list-item]
