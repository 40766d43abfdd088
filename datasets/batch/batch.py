"""A file of prompts in, an answer for each of them out: `abatch` and `batch`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

from ...core.context import Context
from ...core.make_context import chosen_context
from ...graphs.background import iterate
from ...nodes.paid.run_models import GivenModels
from ..records import RowResult
from ..rows.row_file import rows_of
from .opened import open_batch
from .plan import BatchPlan, Totals

MODELS = ("policy", "reward", "critic", "heldout", "fallback", "prompts", "policies")
OWN = ("verify_field", "most_failed", "retry_failed", "keep_runs", "checkpoints")


async def abatch(
    rows: str | Path | Iterable[object],
    *,
    folder: str | Path | None = None,
    totals: Totals | None = None,
    context: Context | Mapping[str, object] | None = None,
    **more: Any,
) -> AsyncGenerator[RowResult]:
    """Answer many prompts, and yield each row as it ends.

    Args:
        rows: A file (JSON lines, a JSON list, CSV, TSV, Parquet; `-` is stdin), or the rows:
            mappings with their columns, or bare prompts. The prompt is in `messages`, `prompt`,
            `instruction`, `question`, `query`, `turns` or `input`, the id in `id`, `key`, `uid` or
            `question_id`.
        folder: Where everything is written as it ends. The same call again goes on: rows that
            have ended are yielded first and cost nothing, those under way pay for nothing twice.
        totals: What all rows together may cost.
        context: The settings of every row, as an object or a mapping.
        **more: Any setting of `Context` one by one, and these win: depth, width, seed, ... Models
            and rewards as `align` takes them: `policy`, `reward`, `critic`, `heldout`, `fallback`,
            `prompts`; a reward may also be a function `(query, answer, row)`. And
            `verify_field`, the column that holds what a verifier needs: `verify:exact` and
            `verify:math` compare with it, a function with three arguments is given it in place of
            the whole row, and no model sees it;
            `most_failed`, the share of rows that may fail before the batch ends early;
            `retry_failed=True`, to try rows of the folder again that have failed;
            `keep_runs=True`, to keep the checkpoints of rows that have ended;
            `checkpoints="postgresql://..."`, a database for the rows under way, in place of a file
            in the folder.

    Yields:
        A `RowResult` for each row; one that failed has an `error` and no answer.

    Raises:
        InputError: a row cannot be answered; the message names its line, and nothing was paid.
        TPOError: see `tpo.core.errors`.

    Example:
        >>> async for row in abatch("prompts.jsonl", folder="out"):  # doctest: +SKIP
        ...     print(row["id"], row["reward"])
    """
    given = GivenModels(**{name: more.pop(name) for name in MODELS if name in more})
    own: dict[str, Any] = {name: more.pop(name) for name in OWN if name in more}
    plan = BatchPlan(given, chosen_context(context, more), totals=totals or Totals(), **own)
    with closing(rows_of(rows)) as found:
        checked, read = plan.checked(found)
        async with open_batch(read, checked, Path(folder) if folder else None) as running:
            for row in running.before():
                yield row
            async with aclosing(running.results()) as results:
                async for row in results:
                    yield row


def batch(rows: str | Path | Iterable[object], **settings: Any) -> list[RowResult]:
    """Do the same from sync code, and return the rows in the order in which they ended.

    Takes what `abatch` takes. A list, because an iterator that nobody reads would run nothing.

    Example:
        >>> results = batch(["Why is the sky blue?"], depth=1)  # doctest: +SKIP
    """
    return list(iterate(abatch(rows, **settings)))
