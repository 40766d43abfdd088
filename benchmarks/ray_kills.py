"""How many answered requests are asked again if a node of a Ray cluster is killed, and comes back.

    python benchmarks/ray_kills.py [--kills 20] [--kills-each 5] [--rows 24] [--at-once 16]

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

        If the command ends for another reason, it is given again.
        """
        file, folder = place / f"{number}.jsonl", place / f"out-{number}"
        ids = [f"b{number}-r{i}" for i in range(self.rows)]
        asked = [json.dumps({"id": one, "prompt": f"Question {one}?"}) for one in ids]
        file.write_text("\n".join(asked), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "tpo.cli.app", "batch", str(file), "-o", str(folder)]
        again = True
        while again:
            child = await asyncio.create_subprocess_exec(
                *command, *self.options, env=self.nodes.environment, stdout=DEVNULL, stderr=PIPE
            )
            said = asyncio.create_task(child.communicate())
            while child.returncode is None and kills:
                kills -= await self.kill(child, self.rows // (kills + 1))
            _, why = await said
            again = bool(child.returncode)
            if again:
                print(f"the command is given again: {why.decode()[-400:]}", file=sys.stderr)
        lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
        self.written += [json.loads(line)["id"] for line in lines]

    def processes(self) -> list[int]:
        """Return the processes of the node."""
        return [self.node, *children(self.node)]

    async def kill(self, driver: Process, requests: int) -> bool:
        """Kill the node at some moment after it has sent requests, and begin it again.

        A node takes long to begin its first worker: only kills that meet requests count.
        """
        while driver.returncode is None and not self.server.under_way(self.processes()):
            await asyncio.sleep(0.2)
        wanted = self.server.sent + random.randint(0, requests)
        while driver.returncode is None and self.server.sent < wanted:
            await asyncio.sleep(0.005)
        await asyncio.sleep(random.random() * 0.1)
        if driver.returncode is not None:  # Ray had put all actors on the head, say
            return False
        self.server.kill(self.processes())
        print(self.server.told([], 0), file=sys.stderr, flush=True)
        self.node = await asyncio.to_thread(self.nodes.add)
        return True


async def main() -> None:
    """Read what was typed, kill, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("kills", 20), ("kills-each", 5), ("rows", 24), ("at-once", 16)):
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
        number = 0
        while server.kills < typed.kills:
            kills = min(typed.kills_each, typed.kills - server.kills)
            await batches.run(number, Path(place), kills)
            number += 1
    print(server.told(batches.written, number * typed.rows * 7))


if __name__ == "__main__":
    asyncio.run(main())
