"""Ray, if it is installed: the only place that imports it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ...core.errors import ConfigError, MissingDependencyError, evidence
from .ray_output import stdout_without_ray

Ray = Any
"""The package, or a handle of one of its actors: it is an extra, and its types are not used."""
AUTO, LOCAL = "auto", "local"
CLIENT = "ray://"


def ray_module() -> Ray:
    """Return the package `ray`, with `ray.data`.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import_module("ray.data")
    except ImportError as error:
        raise MissingDependencyError(
            f"a Ray cluster needs Ray Data: pip install 'tpo[ray]' ({evidence(error)})"
        ) from None
    return import_module("ray")


def on_node(node: str, what: Callable[..., object]) -> Ray:
    """Return a function or a class as Ray runs it on one node, beside what has its CPUs.

    Args:
        node: Its id.
        what: The function, or the class of an actor.
    """
    ray = ray_module()
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(what).options(num_cpus=0, scheduling_strategy=strategy)


def begin(address: str) -> Ray:
    """Connect this process to a cluster.

    Raises:
        ConfigError: no cluster is there.
    """
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of this process, to its stderr
    ray = ray_module()
    if address.startswith(CLIENT):
        raise ConfigError(
            f"{address} is Ray Client, which Ray Data is not made for: give HOST:PORT, from a "
            "machine of the cluster (ray job submit runs a command there)"
        )
    where = None if address == AUTO else address
    try:
        ray.init(where, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # noqa: BLE001  Ray raises that very class, among others
        raise ConfigError(f"no Ray cluster at {address}: {evidence(error)}") from None
    return ray


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connect to a cluster for a while, unless this process is connected already.

    Args:
        address: `auto`: what RAY_ADDRESS names, or the cluster that `ray start` has begun on
            this machine, or else a new local one; `local`: a new local one; or `HOST:PORT`.

    Raises:
        ConfigError: no cluster is there.
        MissingDependencyError: Ray is not installed.
    """
    ours = not ray_module().is_initialized()
    with stdout_without_ray():
        if ours:
            begin(address)
        try:
            yield
        finally:
            if ours:
                ray_module().shutdown()
