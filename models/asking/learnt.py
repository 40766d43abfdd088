"""What this process has learnt about a model and the server behind it.

The one thing that is kept outside the state: what a server refuses is found out once, not by
each request and each run. It says how to ask and decides nothing, so a run that is resumed in
another process only finds it out again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import weakref
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumpd

from ..run_in_flight import RUN

HEAD_START = 1.0  # seconds that the first request goes ahead of the others
AMONG_MANY = 0.1  # the same in a batch: some refusals weigh less there than an idle server
Fields = tuple[tuple[str, object], ...]  # names, and plain values or the ids of others
PLAIN = str | int | float | None  # by value: the id of one that was replaced may be given again
ADDRESS = ("url", "base", "endpoint", "host", "region")  # in the names of fields


@dataclass(eq=False)
class Learnt:
    """What is known of one model with its settings.

    Attributes:
        refused: Parameters that the server refuses; `n>4` if it gives four texts at most.
        accepted: Parameters that it took.
        texts: The most texts that it was asked for at once and did not refuse.
        critique_tokens: The room that a critique needed after one was cut off.
    """

    refused: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    texts: int = 1
    critique_tokens: int = 0
    _ahead: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = field(
        default_factory=weakref.WeakKeyDictionary, repr=False
    )

    @asynccontextmanager
    async def one_ahead(self, names: Collection[str]) -> AsyncIterator[None]:
        """Send the first request with parameters that nobody has tried ahead of the others.

        They wait until it is over, for a second at most: a refusal comes at once, an answer
        takes longer and is not waited for.

        Args:
            names: The parameters that are sent.
        """
        if self.accepted.issuperset(names):
            yield
            return
        loop = asyncio.get_running_loop()
        if over := self._ahead.get(loop):
            with suppress(TimeoutError):
                async with asyncio.timeout(AMONG_MANY if RUN.get() else HEAD_START):
                    await over.wait()
            over.set()
            yield
            return
        over = self._ahead[loop] = asyncio.Event()
        try:
            yield
        finally:
            over.set()
            del self._ahead[loop]


_LEARNT: dict[str, Learnt] = {}
_DESCRIBED: dict[int, tuple[Fields, str]] = {}  # to describe a model takes milliseconds


def learnt_of(model: BaseChatModel) -> Learnt:
    """Return what this process knows of a model.

    Models built alike share it. A model that LangChain cannot describe has its own, and that
    goes when the model does.
    """
    key = _identity(model)
    if key not in _LEARNT:
        _LEARNT[key] = Learnt()
        if key.startswith("object "):
            weakref.finalize(model, _LEARNT.pop, key, None)
    return _LEARNT[key]


def forget_everything() -> None:
    """Begin without knowledge, as a new process does: for tests."""
    _LEARNT.clear()
    _DESCRIBED.clear()


def _identity(model: BaseChatModel) -> str:
    fields: Fields = tuple(
        (name, value if isinstance(value, PLAIN) else id(value))
        for name, value in vars(model).items()
    )
    known, name = _DESCRIBED.get(id(model), (None, ""))
    if known != fields:
        if id(model) not in _DESCRIBED:
            weakref.finalize(model, _DESCRIBED.pop, id(model), None)
        name = described_model(model)
        _DESCRIBED[id(model)] = (fields, name)
    return name


def described_model(model: BaseChatModel) -> str:
    """Return what is the same for models that are built alike; their addresses count too."""
    found = dumpd(model)
    if found.get("type") != "constructor":
        return f"object {id(model)}"
    addresses = {
        name: str(getattr(model, name, None))
        for name in type(model).model_fields
        if any(part in name for part in ADDRESS)
    }
    text = json.dumps([found["id"], found["kwargs"], addresses], default=repr)
    return hashlib.sha256(text.encode()).hexdigest()  # it may hold a header
