"""The nodes of a cluster: checked before anything is paid for."""

from __future__ import annotations

import uuid
from importlib.metadata import version
from pathlib import Path

from ...core.errors import ConfigError
from ...core.json_types import JsonObject
from ...graphs.background import result_of
from .actor_errors import own_error
from .part_run import Recipe
from .ray_there import Ray, on_node, ray_module

NODE_PATIENCE = 120.0  # seconds that a node may take to begin a process
TOKEN = "seen.txt"  # noqa: S105  no secret: shows that all nodes see one folder


def live_nodes() -> list[JsonObject]:
    """Return the nodes of the cluster that run something."""
    return [node for node in ray_module().nodes() if node["Alive"] and node["Resources"].get("CPU")]


def check_nodes(folder: Path, ledger: Ray) -> None:
    """Check that every node has this version, sees the folder, and can do what it is asked to.

    Args:
        folder: The folder of the batch.
        ledger: The handle of the ledger, which says what is to be done.

    Raises:
        ConfigError: the message names a node, and what to do.
    """
    token = uuid.uuid4().hex
    (folder / TOKEN).write_text(token, encoding="utf-8")
    asked = [
        (
            node["NodeManagerAddress"],
            on_node(node["NodeID"], look_around).remote(str(folder), token, ledger),
        )
        for node in live_nodes()
    ]
    try:
        for node, answer in asked:
            require_alike(node, *reply_of_node(node, answer), folder)
    finally:
        (folder / TOKEN).unlink(missing_ok=True)


def reply_of_node(node: str, answer: Ray) -> tuple[str, bool]:
    """Wait for what a node says.

    Raises:
        ConfigError: it cannot do what it is asked to.
    """
    ray = ray_module()
    try:
        found: tuple[str, bool] = ray.get(answer, timeout=NODE_PATIENCE)
    except ray.exceptions.GetTimeoutError:
        raise ConfigError(
            f"node {node} has not begun a process within {NODE_PATIENCE:.0f} seconds, and nothing "
            "was paid for: if it is only busy, give the same command again"
        ) from None
    except ray.exceptions.RayError as error:
        raise ConfigError(f"node {node} cannot run this: {own_words(error)}") from None
    return found


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


def look_around(folder: str, token: str, ledger: Ray) -> tuple[str, bool]:
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
