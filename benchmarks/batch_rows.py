"""Many rows with a policy that takes no time: memory, rows per second, open files, size on disk.

python benchmarks/batch_rows.py [--rows 10000] [--depth 2] [--width 5] [--no-folder]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

import tpo


class Scripted(BaseChatModel):
    """Says something at once."""

    n: int | None = None

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: object, **more: object) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self, messages: list[BaseMessage], *args: object, **more: object
    ) -> ChatResult:
        text = "word " * 100
        if "improved_answer" in messages[-1].text:
            text = f"<improved_answer>{text}</improved_answer>"
        usage = {"input_tokens": 100, "output_tokens": 100, "total_tokens": 200}
        return ChatResult(
            generations=[
                ChatGeneration(message=AIMessage(f"{text}{i}", usage_metadata=usage))
                for i in range(self.n or 1)
            ]
        )


async def by_length(query: str, answer: str) -> float:
    """Score at once."""
    return len(answer)


def resident() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 1e6


async def main() -> None:
    """Read what was typed, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--width", type=int, default=5)
    parser.add_argument("--no-folder", action="store_true")
    typed = parser.parse_args()
    rows = ({"id": i, "prompt": f"Question {i}"} for i in range(typed.rows))
    with tempfile.TemporaryDirectory() as folder:
        begun, done = time.monotonic(), 0
        async for _ in tpo.abatch(
            rows, policy=Scripted(), reward=by_length, depth=typed.depth, width=typed.width,
            folder=None if typed.no_folder else folder,
        ):  # fmt: skip
            done += 1
            if done % max(1, typed.rows // 10) == 0:
                took, files = time.monotonic() - begun, len(os.listdir("/proc/self/fd"))  # noqa: PTH208
                sizes = {p.name: p.stat().st_size / 1e6 for p in Path(folder).iterdir()}
                print(
                    f"{done:6d} rows, {done / took:5.1f} a second, {resident():6.1f} MB, "
                    f"{files} files open, "
                    + ", ".join(f"{name} {size:.1f} MB" for name, size in sorted(sizes.items())),
                    flush=True,
                )


if __name__ == "__main__":
    asyncio.run(main())
