"""What a model does is kept to its own request: what it raises, its threads, its rate limiter.

Part of it happens in tasks and threads of LangChain's. So the copy of a model that one request is
sent with gets other methods, the only ones that all of it goes through.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial, wraps
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.rate_limiters import BaseRateLimiter

from ...core.user_code.contain import contained
from ...core.user_code.own_thread import in_own_thread
from ...core.user_code.time_limit import uncounted

Hook = Callable[..., Any]


def set_apart(model: BaseChatModel, owner: BaseChatModel) -> BaseChatModel:
    """Return a copy of a model with methods that harm nobody else.

    If all that it has is sync, it gets threads of its own in place of the few that an event loop
    has for everybody. The wait for one of them, and for a rate limiter, does not count for a
    `TimeLimit`.

    Args:
        model: The copy; changed in place.
        owner: The model that it is a copy of.
    """
    own = vars(model)
    own["_agenerate"] = whole_texts(model, owner)
    own["_astream"] = growing_texts(model, owner)
    if model.rate_limiter:
        own["rate_limiter"] = UncountedLimiter(model.rate_limiter)
    return model


def whole_texts(model: BaseChatModel, owner: BaseChatModel) -> Callable[..., Awaitable[ChatResult]]:
    """Return what writes whole texts; the arguments are those of `set_apart`."""
    mine, sync = _hooks(model, "_agenerate", "_generate")

    @wraps(mine)
    async def agenerate(*args: object, **more: object) -> ChatResult:
        call: Awaitable[ChatResult]
        if sync:
            call = in_own_thread(owner, partial(sync, *args, **_for_sync(more)))
        else:
            call = contained(mine(*args, **more))
        return await call

    return agenerate


def growing_texts(
    model: BaseChatModel, owner: BaseChatModel
) -> Callable[..., AsyncIterator[ChatGenerationChunk]]:
    """Return what writes a text piece by piece; the arguments are those of `set_apart`."""
    mine, sync = _hooks(model, "_astream", "_stream")

    @wraps(mine)
    async def astream(*args: object, **more: object) -> AsyncIterator[ChatGenerationChunk]:
        if sync:
            pieces: Iterator[ChatGenerationChunk] = sync(*args, **_for_sync(more))
            while piece := await in_own_thread(owner, lambda: next(pieces, None)):
                yield piece
            return
        steps = aiter(mine(*args, **more))
        while piece := await contained(anext(steps, None)):
            yield piece

    return astream


def _hooks(model: BaseChatModel, name: str, sync: str) -> tuple[Hook, Hook | None]:
    """Return a model's own method, and the sync one if the other is LangChain's around it."""
    borrowed = getattr(type(model), name).__module__ == BaseChatModel.__module__
    return getattr(model, name), getattr(model, sync) if borrowed else None


def _for_sync(more: Mapping[str, object]) -> Mapping[str, object]:
    manager = more.get("run_manager")
    to_sync = getattr(manager, "get_sync", None)
    return {**more, "run_manager": to_sync()} if to_sync else more


class UncountedLimiter(BaseRateLimiter):
    """A rate limiter whose wait is not part of the request that waits.

    Args:
        limiter: The model's own.
    """

    def __init__(self, limiter: BaseRateLimiter) -> None:
        self.limiter = limiter

    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait as the model's own does."""
        return self.limiter.acquire(blocking=blocking)

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """Wait as the model's own does, but for the clocks."""
        async with uncounted():
            return await self.limiter.aacquire(blocking=blocking)
