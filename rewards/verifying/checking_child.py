"""A program that checks answers one by one in a process of its own, which can be stopped."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ...core.errors import RewardError, evidence
from ...core.json_types import JsonObject

V = TypeVar("V")


@dataclass(frozen=True)
class CheckingChild(Generic[V]):
    """A program that reads one JSON object and prints a line of JSON for each answer in it.

    Attributes:
        script: The program.
        doing: What it does, for errors.
        seconds: What one answer may take.
        start: What the first may take more: to import what it needs, on a busy machine.
    """

    script: Path
    doing: str
    seconds: float
    start: float

    async def verdicts(self, task: JsonObject, count: int) -> list[V]:
        """Return what it prints, in order; less than for each answer if one takes too long.

        Args:
            task: What it reads.
            count: How many answers there are in it.

        Raises:
            RewardError: the process ended before it was through.
        """
        pipe, done = asyncio.subprocess.PIPE, list[V]()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", str(self.script), stdin=pipe, stdout=pipe, stderr=pipe,
            limit=2**20,
        )  # fmt: skip
        try:
            assert child.stdin  # asked for above
            child.stdin.write(json.dumps(task).encode())
            child.stdin.write_eof()
            while len(done) < count:
                limit = self.seconds if done else self.seconds + self.start
                async with asyncio.timeout(limit):
                    done.append(await self.verdict_from(child))
        except TimeoutError:
            return done
        finally:
            if child.returncode is None:
                child.kill()
            await child.communicate()
        return done

    async def verdict_from(self, child: asyncio.subprocess.Process) -> V:
        """Read the next line that it prints."""
        assert child.stdout
        assert child.stderr
        line = await child.stdout.readline()
        if not line:
            said = (await child.stderr.read()).decode(errors="replace").strip()
            raise RewardError(f"{self.doing} failed: {evidence(said[-300:])}")
        verdict: V = json.loads(line)
        return verdict
