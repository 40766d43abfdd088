"""Rows in Ray Data pipelines of your own: `tpo.ray`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.json_types import JsonObject
from ...core.make_context import chosen_context
from ...graphs.background import result_of
from ...nodes.paid.run_models import GivenModels
from ..batch.batch import MODELS
from ..batch.plan import BatchPlan
from ..batch.running import Running
from ..records import RowResult
from ..rows.row import digest_of
from ..rows.row_file import rows_of
from .batch_columns import columns_of, result_columns, rows_in
from .part_run import free_folder
from .ray_parts import CPUS
from .ray_there import Ray, ray_module
from .sendable import made_here, require_sendable

__all__ = ["RowActor", "answer_dataset"]


class RowActor:
    """Answers the rows of each batch that Ray Data gives it; a class for `map_batches`.

    To the columns of a batch it adds `tpo_answer`, `tpo_reward`, `tpo_heldout`,
    `tpo_stop_reason`, `tpo_error` (why a row has no answer) and `tpo_usage` (JSON).

    Args:
        folder: A folder that all nodes share. Each batch of rows has a batch folder of its own in
            it, found by the ids of its rows: if a node dies, or the pipeline is begun again, rows
            that have ended cost nothing, and those under way pay for nothing twice. `None`:
            nothing is kept beside what Ray keeps.
        context: The settings of every row, as an object or a mapping.
        verify_field: The column that verifiers are given, as in `tpo.abatch`.
        **more: Any setting of `Context`, and `policy`, `reward`, `critic`, `heldout`, `fallback`,
            `prompts` as in `tpo.abatch`. A function without arguments is called in the actor: it
            makes what cannot be sent there. `max_concurrency` is each actor's own limit.

    Raises:
        ConfigError: a setting cannot be right.

    Example:
        >>> done = prompts.map_batches(  # doctest: +SKIP
        ...     tpo.ray.RowActor,
        ...     fn_constructor_kwargs={"policy": "openai:gpt-5-mini", "reward": "judge"},
        ...     batch_size=16,
        ...     compute=ray.data.ActorPoolStrategy(size=4),
        ... )
    """

    def __init__(
        self,
        *,
        folder: str | Path | None = None,
        context: Context | Mapping[str, object] | None = None,
        verify_field: str = "",
        **more: Any,
    ) -> None:
        given = {name: made_here(more.pop(name)) for name in MODELS if name in more}
        models = GivenModels(**given)  # type: ignore[arg-type]
        self.plan = BatchPlan(models, chosen_context(context, more), verify_field)
        self.folder = Path(folder) if folder else None
        if self.folder and not self.folder.is_absolute():
            raise ConfigError("folder is read on other machines: give a path from the root")

    def __call__(self, batch: object) -> JsonObject:
        """Answer the rows of a batch."""
        columns = columns_of(batch)
        rows = rows_in(columns)
        added = result_columns(result_of(self.results_of(rows))) if rows else {}
        return {**columns, **added}

    async def results_of(self, given: Sequence[object]) -> list[RowResult]:
        """Answer rows; return their results in the same order."""
        plan, rows = self.plan.checked(rows_of(given))
        ids = [row.id for row in rows]
        if self.folder is None:
            found = await all_of(Running(plan, rows))
        else:
            place = self.folder / digest_of(ids)
            async with free_folder(place, plan.made_with(rows)) as opened:
                found = await all_of(Running(plan, rows, opened))
        return [found[name] for name in ids]


async def all_of(running: Running) -> dict[str, RowResult]:
    """Run a batch; return its rows by their ids, those that ended before too."""
    found = {row["id"]: row for row in running.before()}
    async with aclosing(running.results()) as results:
        async for row in results:
            found[row["id"]] = row
    return found


def answer_dataset(
    dataset: Ray,
    *,
    actors: int = 1,
    batch_size: int = 16,
    num_gpus: float | None = None,
    **settings: Any,
) -> Ray:
    """Answer the rows of a Ray dataset.

    Args:
        dataset: With one of the columns that `tpo.abatch` reads prompts from.
        actors: How many actors answer rows; each has the limit `max_concurrency` for itself.
        batch_size: Rows that an actor runs at the same time; more keep a server busier.
        num_gpus: GPUs of each actor, for rewards that run in it.
        **settings: What `RowActor` takes.

    Returns:
        A dataset with the columns that `RowActor` adds. Nothing is paid before it is read.

    Raises:
        ConfigError: a setting cannot be right, a model or a reward cannot be sent to other
            machines, or it holds a key; the sentence says what to give in its place.
        MissingDependencyError: Ray is not installed.

    Example:
        >>> prompts = ray.data.read_parquet("s3://bucket/prompts")  # doctest: +SKIP
        >>> answered = tpo.ray.answer_dataset(  # doctest: +SKIP
        ...     prompts, policy="openai:gpt-5-mini", reward="judge", folder="/shared/out"
        ... )
        >>> answered.write_parquet("s3://bucket/answers")  # doctest: +SKIP
    """
    ray = ray_module()
    require_sendable(settings, ray.cloudpickle.dumps)
    # What each node would refuse is refused here. Models are made there.
    RowActor(**{name: one for name, one in settings.items() if name not in MODELS})
    return dataset.map_batches(
        RowActor,
        batch_size=batch_size,
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=CPUS,
        num_gpus=num_gpus,
        fn_constructor_kwargs=settings,
    )
