"""`/health/live` and `/health/ready`: for whatever watches, restarts or balances servers."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import evidence
from ..json_response import JsonResponse
from .probe_file import PROBE

log = logging.getLogger("tpo.serving")
MIN_FREE = 64_000_000  # bytes; with less, runs could not be saved
PATIENCE = 5.0  # seconds for one check
Check = Callable[[], Awaitable[str]]
"""Returns what is wrong, or ""."""


class Health:
    """Answers whether the process lives, and whether it can take requests.

    A stranger learns which check failed; why is in the log, once for each change.

    Args:
        checks: By name.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self.checks = checks
        self._known: dict[str, str] = {}

    def routes(self) -> list[Route]:
        """Return the routes; they need no key."""
        return [Route("/health/live", self.live), Route("/health/ready", self.ready)]

    async def live(self, request: Request) -> Response:
        """Answer that the process answers."""
        return JsonResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        """Answer 200 if every check is passed, else 503."""
        problems = dict(zip(self.checks, await self.found(), strict=True))
        for name, problem in problems.items():
            if problem != self._known.get(name, ""):
                level = logging.WARNING if problem else logging.INFO
                log.log(level, "health of %s: %s", name, problem or "passes again")
        self._known = problems
        ready = not any(problems.values())
        checks = {name: "failed" if problem else "ok" for name, problem in problems.items()}
        return JsonResponse({"ready": ready, "checks": checks}, 200 if ready else 503)

    async def found(self) -> list[str]:
        """Return what each check finds wrong, or ""."""
        return await asyncio.gather(*(checked_in_time(check) for check in self.checks.values()))


async def checked_in_time(check: Check) -> str:
    """Return what a check finds wrong; one that fails or takes too long is wrong itself."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except Exception as error:  # noqa: BLE001  a check that cannot be made is not passed
        return evidence(error)


def disk_problem(folder: Path) -> str:
    """Return why nothing more could be saved in a folder, or ""."""
    if (free := shutil.disk_usage(folder).free) < MIN_FREE:
        return f"{free} bytes are free, and {MIN_FREE} are needed"
    probe = folder / f"{PROBE}{os.getpid()}"
    try:
        with os.fdopen(os.open(probe, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(b"tpo")
    finally:
        probe.unlink(missing_ok=True)
    return ""
