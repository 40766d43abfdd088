"""The routes of reports: a list for who has a key, and pages that are kept in a sandbox."""

from __future__ import annotations

import asyncio

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..error_responses import Refusal
from ..guard.api_keys import Keyring, NeedsKey
from ..guard.callers import caller_of
from ..json_response import JsonResponse
from ..server_settings import Settings
from .found import PAGE, FoundReport, reports_in
from .tickets import MINUTES, Tickets

OPENED = "/reports/open/{ticket}"
# Texts of models are in it, so it gets an origin of its own, and reaches nobody: not even us.
HEADERS = {
    "content-security-policy": "sandbox allow-scripts allow-downloads; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class ReportRoutes:
    """The routes of reports.

    Args:
        settings: Where the reports are, and who sees them.
        keyring: Who may come in.
    """

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self.settings, self.keyring = settings, keyring
        self.tickets = Tickets(keyring.standing)

    def routes(self) -> list[BaseRoute]:
        """Return the routes; the ticket in an address stands for the key."""
        keyed = [Middleware(NeedsKey, keyring=self.keyring)]
        return [Route("/reports", self.list, middleware=keyed), Route(OPENED, self.open)]

    async def found(self) -> list[FoundReport]:
        """Return the reports that there are now."""
        folder = self.settings.reports
        return await asyncio.to_thread(reports_in, folder) if folder else []

    async def list(self, request: Request) -> Response:
        """List the reports, each with an address that opens it for some minutes."""
        if not (self.settings.share_reports or caller_of(request).role == "admin"):
            return JsonResponse({"reports": []})
        found = await self.found()
        about = await asyncio.to_thread(lambda: [one.about() for one in found])
        address, name = OPENED.removeprefix("/").format, caller_of(request).name
        sign = self.tickets.sign
        listed = [{**one, "address": address(ticket=sign(one["id"], name))} for one in about]
        return JsonResponse({"reports": listed})

    async def open(self, request: Request) -> Response:
        """Return the page of a report.

        Raises:
            Refusal: the ticket is over (403), or the report is gone (404).
        """
        wanted = self.tickets.report(request.path_params["ticket"])
        if not wanted:
            raise Refusal(
                403,
                f"this address was good for {MINUTES} minutes, and no longer than its key: "
                "open the report from the list",
            )
        for one in await self.found():
            if one.id == wanted:
                page = await asyncio.to_thread((one.folder / PAGE).read_bytes)
                return Response(page, media_type="text/html", headers=HEADERS)
        raise Refusal(404, "this report is gone")
