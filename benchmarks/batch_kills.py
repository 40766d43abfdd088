"""How many answered requests are asked again if `tpo batch` is killed with SIGKILL, and goes on.

    python benchmarks/batch_kills.py [--kills 20] [--rows 64] [--width 3] [--at-once 16]

A request counts as answered once the server has sent all of its reply, and as finished once the
client has read all of it. So the client is stopped first, the system is asked on which of its
connections something is still unread, and then it is killed. (Linux only.) Each life of the client
is forked from a process that has imported everything, so that a run does not only measure that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tpo.cli.app import main as tpo_command

forked = multiprocessing.get_context("forkserver")
NEEDED = ["tpo.cli.app", "tpo.datasets.batch.batch", "tpo.models.compatible_chat"]
TEXTS = ("Do not write a new answer", "the changes that would make")


@dataclass(eq=False)
class Answer:
    """An answer that the server has sent: in which life of the client, and on which connection.

    `unread` says whether some of it was when the client was killed.
    """

    life: int
    port: int
    unread: bool = False


def unread_ports() -> set[int]:
    """Return the ports on this machine at which bytes have arrived that nobody has read."""
    lines = Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
    columns = [line.split() for line in lines]
    waiting = [c for c in columns if int(c[4].split(":")[1], 16)]
    return {int(c[1].split(":")[1], 16) for c in waiting}


@dataclass
class Server:
    """Answers each request with texts of their own, and remembers when it did."""

    slowest: float
    sent: int = 0
    answered: dict[str, Answer] = field(default_factory=dict)
    again: list[Answer] = field(default_factory=list)
    newest: dict[int, Answer] = field(default_factory=dict)
    kills: int = 0
    numbers: count[int] = field(default_factory=count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                asked = json.loads(await reader.readexactly(length))
                key, life = self.note(asked), self.kills
                await asyncio.sleep(random.uniform(0.2, 1) * self.slowest)
                body = json.dumps(self.reply(asked)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (len(body), body)
                )
                await writer.drain()
                if life == self.kills:
                    port = writer.get_extra_info("peername")[1]
                    self.answered[key] = self.newest[port] = Answer(life, port)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        writer.close()

    def kill(self, client: ForkServerProcess) -> None:
        """Kill the client, and note what it has not read."""
        os.kill(client.pid or 0, signal.SIGSTOP)
        stat = Path(f"/proc/{client.pid}/stat")
        while stat.read_text(encoding="utf-8").rpartition(") ")[2][0] not in "TZ":
            time.sleep(0.001)
        waiting = unread_ports()
        client.kill()
        for answer in self.newest.values():  # the earlier ones of a connection were read
            answer.unread = answer.port in waiting
        self.newest, self.kills = {}, self.kills + 1

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


def tpo_quietly(command: list[str]) -> None:
    """Run `tpo`, in a process of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(tpo_command(command))


async def live(server: Server, command: list[str], requests: int) -> None:
    """Run the command until the server has had some requests more, and kill it."""
    child = forked.Process(target=tpo_quietly, args=(command,))
    child.start()
    wanted = server.sent + requests
    while child.is_alive() and server.sent < wanted:
        await asyncio.sleep(0.005)
    await asyncio.sleep(random.random() * 0.1)
    if child.is_alive():
        server.kill(child)
    child.join()


async def main() -> None:
    """Read what was typed, kill, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("kills", 20), ("rows", 64), ("depth", 2), ("width", 3), ("at-once", 16)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--slowest", type=float, default=0.3, help="Seconds for a reply, at most.")
    parser.add_argument("--seed", type=int, default=1)
    typed = parser.parse_args()
    random.seed(typed.seed)
    forked.set_forkserver_preload(NEEDED)
    server = Server(typed.slowest)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    requests = typed.rows * (1 + 3 * typed.depth)
    with tempfile.TemporaryDirectory() as place:
        file, folder = Path(place) / "rows.jsonl", Path(place) / "out"
        rows = [json.dumps({"id": f"r{i}", "prompt": f"Question {i}?"}) for i in range(typed.rows)]
        file.write_text("\n".join(rows), encoding="utf-8")
        command = [
            "batch", str(file), "-o", str(folder), "-q",
            "-p", f"openai:m@http://127.0.0.1:{port}/v1", "-d", str(typed.depth),
            "-w", str(typed.width), "--seed", "7", "--max-concurrency", str(typed.at_once),
        ]  # fmt: skip
        for _ in range(typed.kills):
            await live(server, command, requests // (typed.kills + 1))
        await live(server, command, sys.maxsize)
        lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    read, lives = [one for one in server.again if not one.unread], Counter[int]()
    lives.update(one.life for one in server.again)
    print(
        f"{len(ids)} rows, {len(set(ids))} different; killed {server.kills} times; "
        f"{server.sent} requests for {requests}; answered before a kill and asked again: "
        f"{len(server.again)}, {max(lives.values(), default=0)} at most of one kill; "
        f"of them read by the client, and so finished: {len(read)}"
    )


if __name__ == "__main__":
    asyncio.run(main())
