"""How many answered requests are asked again if a node of a Ray cluster is killed, and comes back.

    python benchmarks/ray_kills.py [--kills 20] [--batches 4] [--rows 24] [--at-once 16]

Two real nodes on this machine: the head, and one that is killed with all its workers while a batch
runs, and begun again. What counts as answered and as finished is said in `noting_server.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path

from noting_server import NotingServer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fakes"))
from ray_nodes import RayNodes, children


@dataclass
class Batches:
    """Batches on a cluster, one after the other, during which a node is killed.

    Attributes:
        rows: Of each batch.
        options: What is typed.
        written: Ids of the rows that were written, of all batches.
        node: The raylet of the node that is killed next.
    """

    nodes: RayNodes
    server: NotingServer
    rows: int
    options: list[str]
    written: list[str] = field(default_factory=list)
    node: int = 0

    async def run(self, number: int, place: Path, kills: int) -> None:
        """Run one, and kill the node some times, each time at a moment of its own.

        Raises:
            RuntimeError: the command failed.
        """
        file, folder = place / f"{number}.jsonl", place / f"out-{number}"
        ids = [f"b{number}-r{i}" for i in range(self.rows)]
        asked = [json.dumps({"id": one, "prompt": f"Question {one}?"}) for one in ids]
        file.write_text("\n".join(asked), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "tpo.cli.app", "batch", str(file), "-o", str(folder)]
        child = await asyncio.create_subprocess_exec(
            *command, *self.options, env=self.nodes.environment, stdout=DEVNULL, stderr=PIPE
        )
        said = asyncio.create_task(child.communicate())
        for _ in range(kills):
            await self.kill(child, self.rows * 7 // (kills + 1))
        _, why = await said
        if child.returncode:
            raise RuntimeError(why.decode())
        lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
        self.written += [json.loads(line)["id"] for line in lines]

    async def kill(self, driver: Process, requests: int) -> None:
        """Kill the node once the server has had some requests more, and begin it again."""
        wanted = self.server.sent + random.randint(requests // 2, requests)
        while driver.returncode is None and self.server.sent < wanted:
            await asyncio.sleep(0.005)
        await asyncio.sleep(random.random() * 0.1)
        if driver.returncode is None:
            self.server.kill([self.node, *children(self.node)])
            self.node = await asyncio.to_thread(self.nodes.add)


async def main() -> None:
    """Read what was typed, kill, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("kills", 20), ("batches", 4), ("rows", 24), ("at-once", 16)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--slowest", type=float, default=1.5, help="Seconds for a reply, at most.")
    parser.add_argument("--seed", type=int, default=1)
    typed = parser.parse_args()
    random.seed(typed.seed)
    server = NotingServer(typed.slowest)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    with RayNodes() as nodes, tempfile.TemporaryDirectory() as place:
        options = [
            "-q", "-p", f"openai:m@http://127.0.0.1:{port}/v1", "-d", "2", "-w", "3",
            "--seed", "7", "--max-concurrency", str(typed.at_once), "--ray", nodes.address,
            "--ray-actors", "2", "--ray-blocks", "4",
        ]  # fmt: skip
        batches = Batches(nodes, server, typed.rows, options, node=nodes.add())
        for number in range(typed.batches):
            left = (typed.kills - server.kills) // (typed.batches - number)
            await batches.run(number, Path(place), left)
    print(server.told(batches.written, typed.batches * typed.rows * 7))


if __name__ == "__main__":
    asyncio.run(main())
