"""How tests are spread over processes (`make test`): those that share a server stay on one."""

from __future__ import annotations

import re

from page_site import SITES
from xdist.scheduler import LoadScopeScheduling

FOLDERS_WITH_SERVERS = {"server", "serving"}  # started once, for all tests of the folder
# Modules there that ask nothing of the folder's servers are spread like any others.
SERVER_OF_ITS_OWN = re.compile(
    r"tests/serving/test_(accounts|bounds|hidden_parts|inspect|isolation|migration|restart"
    r"|spoiled_rows|token|too_many_requests)\.py"
)
LONGEST = ("serving", "page", "server", "models", "providers")  # begun first: none ends alone
SITE = "|".join(sorted(SITES, key=len, reverse=True))  # the longest name that fits


class BySharedThings(LoadScopeScheduling):
    """Gives all tests that share something to one worker, together."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_by(nodeid)


def turn(nodeid: str) -> int:
    """Return when a test's folder begins: the longest first, the others after them all.

    Example:
        >>> [turn(f"tests/{folder}/test_a.py::test_one") for folder in ("serving", "core")]
        [0, 5]
    """
    folder = folder_of(nodeid)
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


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
        >>> shared_by("tests/serving/test_restart.py::test_a_run_goes_on")
        'tests/serving/test_restart.py'
    """
    path, _, test = nodeid.partition("::")
    folder = folder_of(nodeid)
    if folder == "page" and (found := re.search(rf"\[({SITE})[]-]", test)):
        return f"page on {found[1]}"
    if folder in FOLDERS_WITH_SERVERS and not SERVER_OF_ITS_OWN.match(path):
        return folder
    return "torch" if "huggingface" in path or "test_hf_" in path else path
