"""Run a program that may hang, fork, or print without end: its time, its output, its children.

It gets a session of its own, and all of that is killed in the end. Where the system lets it (Linux,
`unshare`), it has namespaces of its own too: no network, and nothing that it starts outlives it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

KEPT = 8192  # bytes of output from its beginning, and as many from its end
CHUNK = 65_536
GRACE = 1.0  # seconds for the last output of a process that was killed
_PROCESSES = ("--pid", "--fork", "--kill-child")
# The first process of a namespace survives what kills others, its own signals too: not the command.
_FIRST = ("sh", "-c", '"$@"; exit $?', "sh")
# How to get a namespace: as the user that one is, as root of one's own, as root.
_USERS = (("--user", "--map-current-user"), ("--user", "--map-root-user"), ())


@dataclass
class BothEnds:
    """What a program printed: the beginning and the end of it."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.total += len(chunk)
        room = KEPT - len(self.head)
        self.head += chunk[:room]
        self.tail = (self.tail + chunk[room:])[-KEPT:]

    def text(self) -> str:
        """Return it as text; what is not UTF-8 becomes a sign for that."""
        left_out = self.total - len(self.head) - len(self.tail)
        mark = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (self.head + mark + self.tail).decode(errors="replace")


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        status: Its exit status, or less than 0 for a signal; `None` if its time was over.
        output: What it printed, errors too, its middle left out if that is long.
    """

    status: int | None
    output: str


async def run_bounded(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], seconds: float
) -> Ended:
    """Run a program without input, and leave nothing of it behind.

    Args:
        arguments: The program and its arguments; no shell reads them.
        folder: Where it runs.
        environment: All of its environment.
        seconds: How long it may take.

    Raises:
        OSError: it cannot be started.
    """
    printed, (reads, writes) = BothEnds(), os.pipe()
    reading = asyncio.create_task(read_all(reads, printed))
    try:
        child = await started(arguments, writes, folder, environment)
    finally:
        os.close(writes)
    try:
        in_time = await ended_within(seconds, child)
    finally:
        await asyncio.wait({reading}, timeout=GRACE)  # a child that left the session may hold it
        reading.cancel()
    return Ended(child.returncode if in_time else None, printed.text())


async def started(
    arguments: Sequence[str], output: int, folder: str, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Start a program in a session of its own; if that is cancelled, kill all of it."""
    starting = asyncio.create_task(asyncio.create_subprocess_exec(
        *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        cwd=folder, env=environment, start_new_session=True,
    ))  # fmt: skip
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:  # asyncio would kill the first process only
        await ended_within(0.0, await starting)
        raise


async def ended_within(seconds: float, child: asyncio.subprocess.Process) -> bool:
    """Wait for a program, then kill all of its session; return whether it ended by itself."""
    try:
        async with asyncio.timeout(seconds):
            await child.wait()
    except TimeoutError:
        return False
    else:
        return True
    finally:
        with suppress(ProcessLookupError, PermissionError):  # all of it has ended
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def read_all(pipe: int, into: BothEnds) -> None:
    """Read a pipe to its end, and close it."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))
    try:
        while chunk := await reader.read(CHUNK):
            into.add(chunk)
    finally:
        transport.close()


async def own_namespaces(network: bool) -> list[str] | None:
    """Return what to put before a command to give it namespaces of its own; `None` if none work.

    Args:
        network: Whether it may reach the network.
    """
    kinds = _PROCESSES if network else ("--net", *_PROCESSES)
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    for users in _USERS:
        before = ["unshare", *users, *kinds, "--", *_FIRST]
        with suppress(OSError):
            if (await run_bounded([*before, "true"], "/", environment, 10.0)).status == 0:
                return before
    return None
