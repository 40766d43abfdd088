"""The limit on runs at the same time, shared by all routes; and on each person's."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import Self

from ..operations.operations import Operations
from ..server_settings import Settings
from .accounts import Accounts
from .api_keys import Keyring
from .run_refusals import stopping, too_many


class RunLimit:
    """Limits the runs at the same time, for the whole process and for each person.

    Args:
        max_runs: Runs at the same time.
        accounts: What each person may use; by default nobody has a limit.
        operations: Watches the runs.
    """

    def __init__(
        self,
        max_runs: int,
        accounts: Accounts | None = None,
        operations: Operations | None = None,
    ) -> None:
        self.max_runs, self.accounts = max_runs, accounts or Accounts()
        self.operations = operations or Operations()
        self.running = 0
        self.closed = False
        # Of the runs that cannot be resumed, by their owners.
        self.tasks: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._freed = asyncio.Event()
        self._waiting: list[Waiter] = []
        self._turns: dict[str, int] = {}  # when each person's latest run began
        self._numbers = count()

    def take(self, owner: str) -> RunSlot:
        """Return a slot for a run of a person, or refuse it.

        Raises:
            Refusal: all slots are taken, or all of this person's (429), or the server stops (503).
            TPOError: the person's limit for today is used up; its status is 429.
        """
        self.refuse_if_full(owner)
        return RunSlot(self, owner)

    def refuse_if_full(self, owner: str) -> None:
        """Refuse a run of a person for which there is no place now.

        Raises:
            Refusal: all slots are taken, or all of this person's (429), or the server stops (503).
        """
        if self.closed:
            raise stopping()
        if self.running >= self.max_runs:
            raise too_many(f"{self.running} runs are at work, as many as this server takes")
        if self.accounts.is_busy(owner):
            raise too_many(f"as many runs of {owner} are at work as this key may have")

    async def wait(self, owner: str) -> RunSlot:
        """Return a slot for a run of a person as soon as one is free, in fair turns.

        People take turns, whoever has how many runs waiting; those of one person keep their order.

        Raises:
            TPOError: the person's limit for today is used up; its status is 429.
        """
        mine = Waiter(owner, next(self._numbers))
        self._waiting.append(mine)
        try:
            while self.running >= self.max_runs or self.next_waiter() is not mine:
                self._freed.clear()
                await self._freed.wait()
            self._turns[owner] = next(self._numbers)
            return RunSlot(self, owner)
        finally:
            self._waiting.remove(mine)
            self._freed.set()  # there may be a place for another one too

    def next_waiter(self) -> Waiter | None:
        """Return whose turn it is: of the people who may run, who began one the longest ago."""
        ready = [one for one in self._waiting if not self.accounts.is_busy(one.owner)]
        return min(
            ready, key=lambda one: (self._turns.get(one.owner, -1), one.number), default=None
        )

    def free(self) -> None:
        """Give a slot back."""
        self.running -= 1
        self._freed.set()

    async def drain(self, seconds: float) -> None:
        """Take no more runs, and cancel those that have not ended after `seconds`."""
        self.closed = True
        if tasks := set[asyncio.Task[None]]().union(*self.tasks.values()):
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()


@dataclass(frozen=True)
class Waiter:
    """A run that waits for a slot, with its number in the order of arrival."""

    owner: str
    number: int


class RunSlot:
    """The place of one run, with its account; a context manager that gives it back, once.

    Raises:
        TPOError: the person's limit for today is used up; its status is 429.
    """

    def __init__(self, run_limit: RunLimit, owner: str) -> None:
        self.account = run_limit.accounts.begin(owner)
        self._run_limit: RunLimit | None = run_limit
        run_limit.running += 1

    def free(self) -> None:
        """Give the place back."""
        if self._run_limit:
            self._run_limit.free()
            self.account.close()
        self._run_limit = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()


def make_run_limit(
    settings: Settings, keyring: Keyring, operations: Operations | None = None
) -> RunLimit:
    """Return the limit of a server on which these people may run."""
    most = settings.max_concurrent
    return RunLimit(most, Accounts(keyring.person, most), operations)
