"""What a process that others are forked from imports and finds out, so that none of them has to.

Half of what a short life of a run costs the processor is its imports: the package imports a model's
library, the loop and the saver only when they are asked for.
"""

from __future__ import annotations

import functools
import importlib
import sys

OF_A_RUN = (
    "anyio._backends._asyncio",
    "h11",
    "httpcore2",
    "jiter",
    "langgraph.checkpoint.sqlite.aio",
    "openai.pagination",
    "openai.resources.chat",
    "tpo.graphs.loop",
    "tpo.models.compatible_chat",
    "tpo.rewards.heuristic",
    "truststore",
)


def import_all(names: tuple[str, ...] = OF_A_RUN) -> None:
    for name in names:
        importlib.import_module(name)
    read_types_once()


def read_types_once() -> None:
    """Let LangGraph read the types of a state once, and not for every graph that is compiled.

    Where msgpack is strict, that is most of what compiling takes, and the tests compile thousands.
    """
    serde, reads = sys.modules.get("langgraph._internal._serde"), "_safe_get_type_hints"
    if read := getattr(serde, reads, None):
        setattr(serde, reads, functools.cache(read))
