"""A batch on a cluster, opened: folder and nodes are checked before anything is paid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import ConfigError, InputError
from ...core.number_format import count
from ..batch.plan import BatchPlan
from ..batch.sums import Sums
from ..rows.row_file import Rows
from .merged_folder import Merged
from .nodes import check_nodes, live_nodes
from .on_cluster import OnCluster
from .open_folder import open_merged
from .part_actor import start_ledger
from .part_run import recipe_of
from .parts import cut_into_parts, part_folder, rows_per_part, write_part
from .ray_there import AUTO, Ray, connected, ray_module

SIZE = "rows_per_part"


@dataclass(frozen=True)
class Cluster:
    """Where a batch is run, and how it is divided.

    Attributes:
        address: See `connected`.
        actors: How many run parts at the same time; 0: one for each node.
        blocks: How many parts there are, each a block of Ray Data; 0: a few for each actor.
    """

    address: str = AUTO
    actors: int = 0
    blocks: int = 0

    def actors_for(self, nodes: int, in_flight: int) -> int:
        """Return how many actors there are.

        Args:
            nodes: How many nodes the cluster has.
            in_flight: The limit of requests in flight over all rows, which they share.

        Raises:
            ConfigError: there are more of them than requests.
        """
        if self.actors > in_flight:
            raise ConfigError(
                f"{self.actors} actors share {in_flight} requests in flight: raise "
                "--max-concurrency, which holds for all of them together"
            )
        return self.actors or max(1, min(nodes, in_flight))


@contextmanager
def open_on_cluster(
    rows: Rows, plan: BatchPlan, folder: Path, cluster: Cluster
) -> Iterator[OnCluster]:
    """Begin a batch on a cluster, or go on with the one in a folder.

    Args:
        rows: Rows and plan are checked.
        plan: What to do.
        folder: Where rows are written; all nodes share it.
        cluster: Where.

    Raises:
        InputError: another process uses the folder, or it was begun with something else.
        StoreError: it cannot be written.
        ConfigError: no cluster is there, or a node cannot do what it is asked to.
        MissingDependencyError: Ray is not installed.
    """
    ray_module()  # without it no folder is begun
    made_with, path = plan.made_with(rows), folder.expanduser().resolve()
    place = open_merged(
        path, made_with, retry_failed=plan.retry_failed, checkpoints=plan.checkpoints
    )
    with place as merged:
        sums = sums_of(merged)
        with connected(cluster.address):
            actors = cluster.actors_for(len(live_nodes()), plan.context.max_concurrency)
            share = plan.context.max_concurrency // actors
            wanted = rows_per_part(rows.count, actors, share, cluster.blocks)
            size = size_of_parts(merged, cluster, wanted)
            ledger = ready_ledger(plan, rows, merged, actors, sums)
            numbers = list(parts_left(rows, merged, size))
            yield OnCluster(plan, rows, merged, ledger, actors, numbers, sums)


def sums_of(merged: Merged) -> Sums:
    """Take over what parts have written unseen; return what all rows that have ended add up to."""
    for part in merged.parts():
        list(merged.take(part))
    sums = Sums()
    for row in merged.written():
        sums.add(row)
    return sums


def size_of_parts(merged: Merged, cluster: Cluster, size: int) -> int:
    """Return how many rows a part has: as before, since rows under way are found by their part.

    Raises:
        InputError: the folder was begun with another number of blocks.
    """
    before = merged.about.get(SIZE)
    if before and merged.parts():
        if cluster.blocks and size != before:
            raise InputError(
                f"the folder was begun with blocks of {count(before, 'row')}, not {size:,}: leave "
                "--ray-blocks out, or take another folder"
            )
        size = before
    merged.save({SIZE: size})
    return size


def ready_ledger(plan: BatchPlan, rows: Rows, merged: Merged, actors: int, before: Sums) -> Ray:
    """Start the ledger, and check with it that the nodes can do what they are asked to."""
    recipe, ledger = recipe_of(plan, plan.made_with(rows), actors), start_ledger()
    ray_module().get(ledger.begin.remote(recipe, plan, before.paid, before.failed, rows.count))
    check_nodes(merged.path, ledger)
    return ledger


def parts_left(rows: Rows, merged: Merged, size: int) -> Iterator[int]:
    """Write what parts are to run, and yield the numbers of those that have rows left."""
    for number, found in cut_into_parts(rows, size):
        if left := [row for row in found if row.id not in merged.ended]:
            write_part(part_folder(merged.path, number), left)
            yield number
