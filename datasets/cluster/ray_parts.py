"""What runs inside Ray: the actor that runs parts, and what the driver asks of the cluster."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...core import errors
from ...core.errors import ConfigError, InputError, TPOError, evidence
from ...graphs.background import result_of
from .ledger import Ledger, Line, Pending, Report
from .part_run import Recipe, run_part
from .parts import part_folder
from .quiet import quiet_data
from .ray_there import ray_module

PART, PROBLEM = "part", "problem"  # columns
CPUS = 0.01  # an actor waits for servers: after the loss of a node the others have room for it
NODE_PATIENCE = 120.0  # seconds that a node may take to begin a process
TOKEN = "seen.txt"  # noqa: S105  no secret: shows that all nodes see one folder


@dataclass
class RemoteAnswer:
    """An answer of the ledger, on its way."""

    answer: Any

    def ready(self) -> bool:
        """Return whether it is there."""
        return bool(ray_module().wait([self.answer], timeout=0)[0])

    def value(self) -> str:
        """Wait for it."""
        return str(ray_module().get(self.answer))


class PartActor:
    """Runs parts, one after the other; Ray Data makes some of these, and again when one dies.

    Args:
        folder: The folder of the batch, which all nodes share.
        ledger: The handle of the ledger.
    """

    def __init__(self, folder: str, ledger: Any) -> None:
        self.folder, self.ledger = Path(folder), ledger
        self.recipe = ray_module().get(ledger.recipe.remote())

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Run the parts of a batch; return their numbers, and why one could not be run.

        That is returned and not raised: Ray would hand on its own traceback in its place.
        """
        found = [self.problem_of(int(number)) for number in batch[PART]]
        return {PART: batch[PART], PROBLEM: found}

    def problem_of(self, number: int) -> str:
        """Run a part, and return why it could not be run, or ""."""
        try:
            result_of(self.run(number))
        except TPOError as error:
            return f"{type(error).__name__}: {error}"
        return ""

    async def run(self, number: int) -> None:
        """Run a part, unless nothing more is to be sent."""
        if await asyncio.to_thread(ray_module().get, self.ledger.stopped.remote()):
            return
        name = uuid.uuid4().hex

        def send(report: Report) -> Pending:
            return RemoteAnswer(self.ledger.report.remote(number, name, report))

        line = Line(send)
        await run_part(part_folder(self.folder, number), self.recipe, line.asks, line.begins)
        line.ends()


def start_ledger() -> Any:
    """Start the ledger on this node, which the batch cannot outlive anyway."""
    ray = ray_module()
    here = ray.get_runtime_context().get_node_id()
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=False)
    return ray.remote(Ledger).options(num_cpus=0, scheduling_strategy=strategy).remote()


def run_parts(
    numbers: Iterable[int], folder: Path, ledger: Any, actors: int, ended: Callable[[int], None]
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
    quiet_data(ray)
    items = [{PART: number} for number in numbers]
    pool = ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=1)
    done = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
        PartActor,
        batch_size=1,
        compute=pool,
        num_cpus=CPUS,
        fn_constructor_kwargs={"folder": str(folder), "ledger": ledger},
    )
    try:
        for batch in done.iter_batches(batch_size=None, prefetch_batches=0):
            for number, problem in zip(batch[PART], batch[PROBLEM], strict=True):
                if problem:
                    raise error_from(str(problem))
                ended(int(number))
    except ray.exceptions.RayError as error:
        raise own_error(error) from None


def own_error(error: BaseException | None) -> TPOError:
    """Return what went wrong in an actor as one of our errors."""
    found, cause = None, error
    while cause is not None:  # Ray's own copies of an error hold its whole traceback: not these
        found = cause if isinstance(cause, TPOError) else found
        cause = getattr(cause, "cause", None) or cause.__cause__
    last = str(error).strip().rpartition("\n")[2]  # of a traceback of another machine
    return found or ConfigError(f"the cluster failed: {evidence(last)}")


def error_from(problem: str) -> TPOError:
    """Return the error that an actor has told of.

    Example:
        >>> error_from("StoreError: the disk is full")
        StoreError('the disk is full')
    """
    kind, _, message = problem.partition(": ")
    found: type[TPOError] = getattr(errors, kind, InputError)
    return found(message)


def live_nodes() -> list[dict[str, Any]]:
    """Return the nodes of the cluster that run something."""
    return [node for node in ray_module().nodes() if node["Alive"] and node["Resources"].get("CPU")]


def check_nodes(folder: Path, ledger: Any) -> None:
    """Check that every node has this version, sees the folder, and can do what it is asked to.

    Args:
        folder: The folder of the batch.
        ledger: The handle of the ledger, which says what is to be done.

    Raises:
        ConfigError: the message names a node, and what to do.
    """
    ray, token = ray_module(), uuid.uuid4().hex
    (folder / TOKEN).write_text(token, encoding="utf-8")
    affinity = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    asked = [
        (
            node["NodeManagerAddress"],
            ray.remote(look_around)
            .options(num_cpus=0, scheduling_strategy=affinity(node["NodeID"], soft=False))
            .remote(str(folder), token, ledger),
        )
        for node in live_nodes()
    ]
    for node, answer in asked:
        try:
            there, seen = ray.get(answer, timeout=NODE_PATIENCE)
        except ray.exceptions.RayError as error:
            raise ConfigError(f"node {node} cannot run this: {own_words(error)}") from None
        require_alike(node, there, seen, folder)
    (folder / TOKEN).unlink(missing_ok=True)


def require_alike(node: str, there: str, seen: bool, folder: Path) -> None:
    """Refuse a node with another version, or without the folder.

    Raises:
        ConfigError: it has.
    """
    here = version("tpo")
    if there != here:
        raise ConfigError(f"node {node} has tpo {there}, and here is {here}: install the same")
    if not seen:
        raise ConfigError(
            f"node {node} does not see {folder}: give a folder that all nodes share (NFS, say)"
        )


def own_words(error: BaseException) -> str:
    """Return the reason of a node, and how it is mended if the package is missing there."""
    found = own_error(error)
    missing = "ModuleNotFoundError" in str(error)
    return f"{found}; install it there too: pip install 'tpo[ray]'" if missing else str(found)


def look_around(folder: str, token: str, ledger: Any) -> tuple[str, bool]:
    """Return the version of this node, and whether it sees the folder's token.

    Raises:
        TPOError: a key, a package or a model is missing here.
    """
    recipe: Recipe = ray_module().get(ledger.recipe.remote())
    result_of(recipe.check_here())
    try:
        seen = (Path(folder) / TOKEN).read_text(encoding="utf-8") == token
    except OSError:
        seen = False
    return version("tpo"), seen
