"""How many answered requests are asked again if `tpo batch` is killed with SIGKILL, and goes on.

    python benchmarks/batch_kills.py [--kills 20] [--rows 64] [--width 3] [--at-once 16]

What counts as answered and as finished is said in `noting_server.py`. Each life of the client is
forked from a process that has imported everything, so that a run does not only measure that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sys
import tempfile
from pathlib import Path

from noting_server import NotingServer

from tpo.cli.app import main as tpo_command

forked = multiprocessing.get_context("forkserver")
NEEDED = ["tpo.cli.app", "tpo.datasets.batch.batch", "tpo.models.compatible_chat"]


def tpo_quietly(command: list[str]) -> None:
    """Run `tpo`, in a process of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(tpo_command(command))


async def live(server: NotingServer, command: list[str], requests: int) -> None:
    """Run the command until the server has had some requests more, and kill it."""
    child = forked.Process(target=tpo_quietly, args=(command,))
    child.start()
    wanted = server.sent + requests
    while child.is_alive() and server.sent < wanted:
        await asyncio.sleep(0.005)
    await asyncio.sleep(random.random() * 0.1)
    if child.is_alive():
        server.kill([child.pid or 0])
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
    server = NotingServer(typed.slowest)
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
    print(server.told(ids, requests))


if __name__ == "__main__":
    asyncio.run(main())
