"""A model's server that notes what it has answered in full, for benchmarks that kill its clients.

A request counts as answered once the server has sent all of its reply, and as finished once the
client has read all of it. So a client is stopped first, the system is asked on which of its
connections something is still unread, and then it is killed. (Linux only.)
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

TEXTS = ("Do not write a new answer", "the changes that would make")


@dataclass(eq=False)
class Answer:
    """An answer that the server has sent: after which kill, and on which connection.

    `unread` says whether some of it was when the client was killed.
    """

    life: int
    port: int
    unread: bool = False


def local_ports(processes: Iterable[int]) -> tuple[set[int], set[int]]:
    """Return the ports of some processes' connections, and those where bytes wait, unread."""
    sockets = set[str]()
    for process in processes:
        with suppress(OSError):
            for file in os.scandir(f"/proc/{process}/fd"):
                with suppress(OSError):
                    sockets.add(str(Path(file.path).readlink()))
    lines = Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
    mine = [c for c in map(str.split, lines) if f"socket:[{c[9]}]" in sockets]
    ports = {int(c[1].split(":")[1], 16): int(c[4].split(":")[1], 16) for c in mine}
    return set(ports), {port for port, waiting in ports.items() if waiting}


def stop(processes: Collection[int]) -> None:
    """Stop processes where they are."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    for process in processes:
        with suppress(OSError):
            stat = Path(f"/proc/{process}/stat")
            while stat.read_text(encoding="utf-8").rpartition(") ")[2][0] not in "TZX":
                time.sleep(0.001)


@dataclass
class NotingServer:
    """Answers each request with texts of their own, and remembers when it did."""

    slowest: float
    sent: int = 0
    answered: dict[str, Answer] = field(default_factory=dict)
    again: list[Answer] = field(default_factory=list)
    newest: dict[int, Answer] = field(default_factory=dict)
    open: dict[int, bool] = field(default_factory=dict)  # by port: whether a request is under way
    dead: set[int] = field(default_factory=set)
    in_flight: list[int] = field(default_factory=list)  # at each kill
    numbers: count[int] = field(default_factory=count)

    @property
    def kills(self) -> int:
        """How often a client was killed."""
        return len(self.in_flight)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        port = writer.get_extra_info("peername")[1]
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                asked = json.loads(await reader.readexactly(length))
                key, self.open[port] = self.note(asked), True
                await asyncio.sleep(random.uniform(0.2, 1) * self.slowest)
                body = json.dumps(self.reply(asked)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (len(body), body)
                )
                await writer.drain()
                self.open[port] = False
                if port not in self.dead:
                    self.answered[key] = self.newest[port] = Answer(self.kills, port)
        writer.close()
        for known in (self.open, self.newest):
            known.pop(port, None)
        self.dead.discard(port)

    def kill(self, processes: Collection[int]) -> None:
        """Kill a client of one or more processes, and note what it has not read."""
        stop(processes)
        ports, waiting = local_ports(processes)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for port in ports & self.newest.keys():  # the earlier ones of a connection were read
            self.newest.pop(port).unread = port in waiting
        self.in_flight.append(sum(self.open.get(port, False) for port in ports))
        self.dead |= ports

    def under_way(self, processes: Collection[int]) -> int:
        """Return how many requests of some processes wait for an answer."""
        return sum(self.open.get(port, False) for port in local_ports(processes)[0])

    def note(self, asked: dict) -> str:
        """Count a request; one that was answered before is asked again."""
        self.sent += 1
        kept = [asked["messages"], asked.get("seed"), asked.get("n")]
        key = json.dumps(kept, sort_keys=True)
        if before := self.answered.pop(key, None):
            self.again.append(before)
        return key

    def reply(self, asked: dict) -> dict:
        """Write texts that nobody has had before."""
        last, n = asked["messages"][-1]["content"], asked.get("n") or 1
        texts = [f"text {next(self.numbers)} " + "word " * 50 for _ in range(n)]
        if not any(one in last for one in TEXTS) and "improved_answer" in last:
            texts = [f"<improved_answer>{text}</improved_answer>" for text in texts]
        choices = [
            {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            for i, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 10, "completion_tokens": 50 * n, "total_tokens": 10 + 50 * n}
        about = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
        return {**about, "choices": choices, "usage": usage}

    def told(self, ids: list[str], requests: int) -> str:
        """Return what came of it, in words.

        Args:
            ids: Of the rows that were written.
            requests: How many they would take without a kill.
        """
        read, lives = [one for one in self.again if not one.unread], Counter[int]()
        lives.update(one.life for one in self.again)
        return (
            f"{len(ids)} rows, {len(set(ids))} different; killed {self.kills} times, with "
            f"{min(self.in_flight, default=0)} to {max(self.in_flight, default=0)} requests in "
            f"flight there, {sum(self.in_flight)} in all; {self.sent} requests for {requests}; "
            f"answered before a kill and asked again: {len(self.again)}, "
            f"{max(lives.values(), default=0)} at most of one kill; "
            f"of them read by the client, and so finished: {len(read)}"
        )
