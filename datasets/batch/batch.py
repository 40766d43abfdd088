"""A file of prompts in, an answer for each of them out: `abatch` and `batch`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

from ...core.context import Context
from ...core.make_context import chosen_context
from ...graphs.background import iterate
from ...models.policy import PolicyLike
from ...nodes.paid.run_models import GivenModels
from ...prompts.prompt_set import PromptSet
from ...rewards.resolve import RewardLike
from ..records import RowResult
from ..rows.row_file import rows_of
from .opened import open_batch
from .plan import BatchPlan, Totals


async def abatch(  # noqa: PLR0913  keywords only, each of them optional
    rows: str | Path | Iterable[object],
    *,
    policy: PolicyLike | None = None,
    reward: RewardLike | None = None,
    critic: PolicyLike | None = None,
    heldout: RewardLike | None = None,
    fallback: RewardLike | None = None,
    prompts: PromptSet | Mapping[str, str] | str | None = None,
    folder: str | Path | None = None,
    verify_field: str = "",
    totals: Totals | None = None,
    most_failed: float | None = None,
    retry_failed: bool = False,
    keep_runs: bool = False,
    context: Context | Mapping[str, object] | None = None,
    **settings: object,
) -> AsyncGenerator[RowResult]:
    """Answer many prompts, and yield each row as it ends.

    Args:
        rows: A file (JSON lines, a JSON list, CSV, TSV, Parquet; `-` is stdin), or the rows:
            mappings with their columns, or bare prompts. The prompt is in `messages`, `prompt`,
            `instruction`, `question`, `query`, `turns` or `input`, the id in `id`, `key`, `uid` or
            `question_id`.
        policy: A chat model or a spec; default: the local model.
        reward: A function `(query, answer) -> float`, a reward object, or a spec.
        critic: Another model for loss and gradient.
        heldout: A reward that watches the chosen answers without steering.
        fallback: What ranks when the reward failed (see `on_reward_failure`).
        prompts: Other prompts.
        folder: Where everything is written as it ends. The same call again goes on: rows that
            have ended are yielded first and cost nothing, those under way pay for nothing twice.
        verify_field: The column that holds what a verifier needs, such as the expected answer.
            `verify:exact` and `verify:math` compare with it; a function `(query, answer, row)` is
            given it in place of the whole row. No model sees it.
        totals: What all rows together may cost.
        most_failed: The share of rows that may fail before the batch ends early, from 0 to 1.
        retry_failed: Try the rows of the folder that have failed again.
        keep_runs: Keep the checkpoints of rows that have ended.
        context: The settings of every row, as an object or a mapping.
        **settings: Or one by one, and these win: depth, width, seed, ...

    Yields:
        A `RowResult` for each row; one that failed has an `error` and no answer.

    Raises:
        InputError: a row cannot be answered; the message names its line, and nothing was paid.
        TPOError: see `tpo.core.errors`.

    Example:
        >>> async for row in abatch("prompts.jsonl", folder="out"):  # doctest: +SKIP
        ...     print(row["id"], row["reward"])
    """
    given = GivenModels(policy, reward, critic, heldout, fallback, prompts)
    plan = BatchPlan(
        given=given,
        context=chosen_context(context, settings),
        verify_field=verify_field,
        totals=totals or Totals(),
        most_failed=most_failed,
        retry_failed=retry_failed,
        keep_runs=keep_runs,
    )
    with closing(rows_of(rows)) as found:
        checked, read = plan.checked(found)
        async with open_batch(read, checked, Path(folder) if folder else None) as running:
            for row in running.before():
                yield row
            async with aclosing(running.results()) as results:
                async for row in results:
                    yield row


def batch(rows: str | Path | Iterable[object], **settings: Any) -> list[RowResult]:
    """Do the same from sync code, and return the rows in the order of their ends.

    Takes what `abatch` takes. A list, because an iterator that nobody reads would run nothing.

    Example:
        >>> results = batch(["Why is the sky blue?"], depth=1)  # doctest: +SKIP
    """
    return list(iterate(abatch(rows, **settings)))
