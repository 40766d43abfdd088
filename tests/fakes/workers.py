"""How tests are spread over processes (`make test`): those that share a server stay on one."""

from __future__ import annotations

import re

from page_site import SITES
from xdist.scheduler import LoadScopeScheduling

FOLDERS_WITH_SERVERS = {"server", "serving"}  # started once, for all tests of the folder
LONGEST = {
    "page",
    "serving",
    "server",
    "models",
    "providers",
}  # begun first, so that no worker ends alone
SITE = "|".join(sorted(SITES, key=len, reverse=True))  # the longest name that fits


class BySharedThings(LoadScopeScheduling):
    """Gives all tests that share something to one worker, together."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_by(nodeid)


def folder_of(nodeid: str) -> str:
    """Return the folder of a test, below `tests/`."""
    return nodeid.removeprefix("tests/").partition("/")[0]


def shared_by(nodeid: str) -> str:
    """Return what a test shares with others.

    That is the servers of its folder, or of the site that the page is tested on, or torch, which
    is large and slow to import; else what its module has made.

    Example:
        >>> shared_by("tests/page/test_run.py::test_a_full_run[dev]")
        'page on dev'
        >>> shared_by("tests/server/test_runs.py::test_one")
        'server'
    """
    path, _, test = nodeid.partition("::")
    folder = folder_of(nodeid)
    if folder == "page" and (found := re.search(rf"\[({SITE})[]-]", test)):
        return f"page on {found[1]}"
    if folder in FOLDERS_WITH_SERVERS:
        return folder
    return "torch" if "huggingface" in path or "test_hf_" in path else path
