"""Rows in Ray Data pipelines of your own: `tpo.ray`.

>>> import ray, tpo  # doctest: +SKIP
>>> prompts = ray.data.read_parquet("s3://bucket/prompts")  # doctest: +SKIP
>>> answered = tpo.ray.answer(  # doctest: +SKIP
...     prompts, policy="openai:gpt-5-mini", reward="judge", folder="/shared/out"
... )
>>> answered.write_parquet("s3://bucket/answers")  # doctest: +SKIP
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ...core.context import Context
from ...core.errors import ConfigError
from ...core.make_context import chosen_context
from ...graphs.background import result_of
from ...nodes.paid.run_models import GivenModels
from ..batch.batch import MODELS
from ..batch.plan import BatchPlan
from ..batch.running import Running
from ..records import RowResult
from ..rows.row import digest_of
from ..rows.row_file import rows_of
from .part_run import free_folder
from .ray_there import ray_module
from .sendable import made_here, require_sendable

COLUMNS = ("answer", "reward", "heldout", "stop_reason")
PREFIX = "tpo_"  # a column `answer` is often the expected one

__all__ = ["Rows", "answer"]


class Rows:
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
        ...     tpo.ray.Rows,
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

    def __call__(self, batch: Any) -> dict[str, Any]:
        """Answer the rows of a batch."""
        columns = columns_of(batch)
        lists = [plain(values) for values in columns.values()]
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]
        if not rows:
            return columns
        return {**columns, **result_columns(result_of(self.answered(rows)))}

    async def answered(self, given: Sequence[object]) -> list[RowResult]:
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


def answer(
    dataset: Any,
    *,
    actors: int = 1,
    batch_size: int = 16,
    num_gpus: float | None = None,
    **settings: Any,
) -> Any:
    """Answer the rows of a Ray dataset.

    Args:
        dataset: With one of the columns that `tpo.abatch` reads prompts from.
        actors: How many actors answer rows; each has the limit `max_concurrency` for itself.
        batch_size: Rows that an actor runs at the same time; more keep a server busier.
        num_gpus: GPUs of each actor, for rewards that run in it.
        **settings: What `Rows` takes.

    Returns:
        A dataset with the columns that `Rows` adds. Nothing is paid before it is read.

    Raises:
        ConfigError: a setting cannot be right, a model or a reward cannot be sent to other
            machines, or it holds a key; the sentence says what to give in its place.
        MissingDependencyError: Ray is not installed.

    Example:
        >>> tpo.ray.answer(prompts, policy="openai:m", folder="/shared/out")  # doctest: +SKIP
    """
    ray = ray_module()
    require_sendable(settings, ray.cloudpickle.dumps)
    made = {name: None if name in MODELS else value for name, value in settings.items()}
    Rows(**made)  # settings that cannot be right are refused here, and not on each node
    if settings.get("folder") and not Path(settings["folder"]).is_absolute():
        raise ConfigError("folder is read on other machines: give a path from the root")
    return dataset.map_batches(
        Rows,
        batch_size=batch_size,
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=0.01,
        num_gpus=num_gpus,
        fn_constructor_kwargs=settings,
    )


def columns_of(batch: Any) -> dict[str, Any]:
    """Return the columns of a batch, in whichever of Ray Data's formats it comes."""
    if isinstance(batch, Mapping):
        return dict(batch)
    as_columns = batch.to_pydict() if hasattr(batch, "to_pydict") else batch.to_dict("list")
    return dict(as_columns)


def plain(value: Any) -> Any:
    """Return a value of NumPy's as Python's own, and what is in it too."""
    found = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(found, Mapping):
        return {str(name): plain(one) for name, one in found.items()}
    return [plain(one) for one in found] if isinstance(found, list | tuple) else found


def result_columns(results: Sequence[RowResult]) -> dict[str, list[Any]]:
    """Return what is added to a batch."""
    columns: dict[str, list[Any]] = {
        f"{PREFIX}{name}": [row[name] for row in results]  # type: ignore[literal-required]
        for name in COLUMNS
    }
    columns["tpo_error"] = [row["error"] and row["error"]["message"] for row in results]
    columns["tpo_usage"] = [json.dumps(row["usage"]) for row in results]
    return columns
