"""`metadata.json`: what a folder was made with, and what its rows add up to."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata as installed
from pathlib import Path

from ...core.context import Context
from ...core.errors import InputError, StoreError, evidence
from ...core.json_types import JsonObject
from ...core.private_files import replaced_file
from ...core.provenance import settings_shown
from ...graphs.aligned import part_name
from ...nodes.paid.run_models import GivenModels
from ..rows.row import digest_of
from ..rows.row_file import Rows
from .reward_files import require_same_files, reward_files

PASSING = {"live", "max_concurrency", "timeout", "retries"}
"""Settings that change how a batch is run, and not what comes of it."""
PACKAGES = ("tpo", "langgraph", "langchain-core", "langchain-openai")


def made_with(given: GivenModels, context: Context, rows: Rows, verify_field: str) -> JsonObject:
    """Return what must be the same for a folder to go on; no login and no reference is in it."""
    shown = settings_shown(context).items()
    settings = {name: value for name, value in shown if name not in PASSING}
    settings |= names_of_objects(given)
    rows_read: JsonObject = {"from": rows.place, "count": rows.count, "digest": rows.digest}
    rewards = (context.reward, context.heldout, context.fallback_reward)
    files = reward_files([*rewards, given.reward, given.heldout, given.fallback])
    return {
        "settings": settings,
        "verify_field": verify_field,
        "rows": rows_read,
        **({"reward_files": files} if files else {}),
    }


def names_of_objects(given: GivenModels) -> JsonObject:
    """Return what models, rewards and prompts are called that were given beside the settings."""
    names: JsonObject = {}
    for name in ("policy", "critic"):
        if (model := getattr(given, name)) is not None:
            names[name] = part_name(model)
    if given.policies:
        names["policies"] = [part_name(model) for model in given.policies]
    if given.prompts is not None:
        text = isinstance(given.prompts, str)
        names["prompts"] = given.prompts if text else digest_of(repr(given.prompts))
    rewards = {"reward": given.reward, "heldout": given.heldout, "fallback_reward": given.fallback}
    for name, reward in rewards.items():
        if reward is not None:
            names[name] = part_name(reward)
    return names


def versions() -> dict[str, str]:
    """Return the versions of what ran."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in PACKAGES:
        try:
            found[name] = installed.version(name)
        except installed.PackageNotFoundError:
            found[name] = "not installed"
    return found


def read_metadata(path: Path) -> JsonObject | None:
    """Return what a folder holds of this; `None` for a new one.

    Raises:
        StoreError: it cannot be read, or it is not whole.
    """
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {evidence(error)}") from None
    except (ValueError, TypeError):
        raise not_whole(path) from None


def not_whole(path: Path) -> StoreError:
    """Return the error for a file that was cut; it is replaced as a whole, so no kill does that.

    It is not written again: the settings may be others now.
    """
    return StoreError(
        f"{path} is empty or cut off, and nothing else says what settings the batch was begun "
        "with. Put it back from a copy, and the batch goes on. Its rows are untouched: with this "
        "file deleted, tpo report, tpo export and tpo compare --from read them"
    )


def write_metadata(path: Path, values: Mapping[str, object]) -> None:
    """Write it whole, or leave the old one.

    Raises:
        StoreError: it cannot be written.
    """
    with replaced_file(path) as new:
        text = json.dumps(values, ensure_ascii=False, indent=2)
        new.write_text(text, encoding="utf-8", errors="replace")


def require_same(before: Mapping[str, JsonObject], now: Mapping[str, JsonObject]) -> None:
    """Refuse to go on with other settings, or with another file.

    Raises:
        InputError: the sentence names what differs.
    """
    field = "verify_field"
    old = {**before["settings"], field: before.get(field)}
    new = {**now["settings"], field: now.get(field)}
    if names := sorted(n for n in {*old, *new} if old.get(n) != new.get(n)):
        changed = ", ".join(f"{n} was {old.get(n)!r} and is {new.get(n)!r}" for n in names[:3])
        raise InputError(
            f"the folder was begun with other settings: {changed}. Give the same ones, or "
            "another folder"
        )
    require_same_files(before.get("reward_files", {}), now.get("reward_files", {}))
    if before["rows"]["digest"] != now["rows"]["digest"]:
        raise InputError(
            f"the folder was begun with other rows ({before['rows']['count']} from "
            f"{before['rows']['from']}): give the same file, or another folder"
        )


def timestamp() -> str:
    """Return the time as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
