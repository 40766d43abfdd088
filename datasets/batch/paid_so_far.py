"""The requests of rows under way that have come back: what a resumed row has paid for before."""

from __future__ import annotations

from collections.abc import Set
from functools import reduce
from itertools import chain

from ...core.usage import Cost, add_costs, cost
from ..records import PaidRequest
from .row_saver import RowSaver


def as_cost(paid: PaidRequest) -> Cost:
    """Return what a request has cost."""
    requests, dollars = paid.get("requests", 1), paid.get("cost_usd")
    return cost(
        requests=requests,
        sequences=paid["texts"],
        input_tokens=paid["input_tokens"],
        cached_tokens=paid["cached_tokens"],
        output_tokens=paid["output_tokens"],
        cost_usd=dollars or 0.0,
        priced_requests=0 if dollars is None else requests,
    )


class PaidSoFar:
    """Remembers each request of a row until the row is written.

    Args:
        saver: Remembers them across a kill; `None`: only this process does.
    """

    def __init__(self, saver: RowSaver | None = None) -> None:
        self._saver = saver
        self._known: dict[str, dict[str, PaidRequest]] = {}

    async def before(self, ended: Set[str]) -> Cost:
        """Return what rows that have not ended have paid for in earlier processes."""
        if self._saver is None:
            return cost()
        begun = [row for row in await self._saver.rows() if row not in ended]
        paid = [(await self._saver.paid(row)).values() for row in begun]
        return reduce(add_costs, map(as_cost, chain.from_iterable(paid)), cost())

    async def begin(self, row: str) -> None:
        """Remember what a row has paid for in an earlier process."""
        self._known[row] = await self._saver.paid(row) if self._saver else {}

    async def add(self, row: str, request: str, paid: PaidRequest) -> None:
        """Remember a request."""
        self._known[row][request] = paid
        if self._saver:
            await self._saver.add_paid(row, request, paid)

    def of(self, row: str, turn: int | None = None) -> list[PaidRequest]:
        """Return the requests of a row, or of one of its questions."""
        known = self._known.get(row, {}).values()
        return [one for one in known if turn in {None, one.get("turn", 1)}]

    async def forget(self, row: str, *, saved: bool) -> None:
        """Forget the requests of a row that is written; those that are saved too, if asked."""
        self._known.pop(row, None)
        if self._saver and saved:
            await self._saver.forget_paid(row)
