"""Parts as blocks of Ray Data, which brings them to the actors and again when a node dies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from .actor_errors import error_from, own_error
from .part_actor import PART, PROBLEM, PartActor
from .ray_output import quiet_data
from .ray_there import Ray, ray_module

CPUS = 0.01  # an actor waits for servers: after the loss of a node the others have room for it


def run_parts(
    numbers: Iterable[int], folder: Path, ledger: Ray, actors: int, ended: Callable[[int], None]
) -> None:
    """Run parts on the cluster, and return when all have ended.

    Args:
        numbers: The parts.
        folder: The folder of the batch.
        ledger: The handle of the ledger.
        actors: How many run parts at the same time.
        ended: Is called with the number of each part that has ended.

    Raises:
        TPOError: a part could not be run.
    """
    ray = ray_module()
    try:
        done = parts_in_ray(ray, list(numbers), {"folder": str(folder), "ledger": ledger}, actors)
        for batch in done.iter_batches(batch_size=None, prefetch_batches=0):
            for number, problem in zip(batch[PART], batch[PROBLEM], strict=True):
                if problem:
                    raise error_from(str(problem))
                ended(int(number))
    except ray.exceptions.RayError as error:
        raise own_error(error) from None


def parts_in_ray(ray: Ray, numbers: list[int], given: dict[str, object], actors: int) -> Ray:
    """Return the dataset of the parts that have been run: one block each, nothing begun yet."""
    quiet_data(ray)
    items = [{PART: number} for number in numbers]
    return ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
        PartActor,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=1),
        num_cpus=CPUS,
        fn_constructor_kwargs=given,
    )
