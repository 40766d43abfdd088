"""The cluster that was typed: `--ray` and what goes with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ...core.errors import ConfigError
from ...core.login import without_login
from ...datasets.cluster.opened import Cluster


def cluster_typed(typed: Mapping[str, Any]) -> Cluster | None:
    """Return the cluster that was typed, if one was.

    Args:
        typed: The options of `tpo batch`; what was not typed is `None`.

    Raises:
        ConfigError: there are options for one, and it is missing; or a login was typed, which
            Ray would keep.
    """
    if typed["ray"] is None:
        if typed["ray_actors"] or typed["ray_blocks"]:
            raise ConfigError("--ray-actors and --ray-blocks are for a cluster: add --ray")
        return None
    if any(without_login(one) != one for one in sys.argv[1:]):
        raise ConfigError(
            "Ray keeps the command as it was typed, and a login is in it: name the policy in the "
            "environment, TPO_POLICY=..."
        )
    return Cluster(typed["ray"], typed["ray_actors"] or 0, typed["ray_blocks"] or 0)
