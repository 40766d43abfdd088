"""Reward models of this process: each is loaded once, for all runs, until it is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from ...core.errors import RewardError, evidence
from ...core.per_process import per_process
from ..chat import Chat
from .batcher import CLOSED, Batcher, Tokens
from .model import load
from .spec import HfSource

# One model at a time; who waits for one holds no thread.
_loader = per_process(lambda: ThreadPoolExecutor(1, thread_name_prefix="tpo-hf-load"))
_lock = per_process(Lock)
_models: Callable[[], dict[HfSource, Future[Shared]]] = per_process(dict)


class Shared:
    """A loaded model with its two threads: one makes tokens while the other scores.

    Args:
        source: What is loaded; blocks until it is.
    """

    def __init__(self, source: HfSource) -> None:
        self.model = load(source)
        self.writer = ThreadPoolExecutor(1, thread_name_prefix="tpo-hf-tokens")
        self.batcher = Batcher(self.model.forward, self.model.batch_tokens)

    def write(self, chats: Sequence[Chat]) -> Future[list[Tokens | RewardError]]:
        """Return the tokens to come, or per chat why there are none.

        Raises:
            RewardError: it was closed.
        """
        try:
            return self.writer.submit(lambda: [self._tokens(chat) for chat in chats])
        except RuntimeError:
            raise RewardError(CLOSED) from None

    def _tokens(self, chat: Chat) -> Tokens | RewardError:
        try:
            return self.model.renderer.tokens(chat)
        except RewardError as error:
            return error
        except Exception as error:  # noqa: BLE001  a tokenizer fails in its own way
            return RewardError(f"the reward model's tokenizer failed: {evidence(error)}")

    def close(self) -> None:
        """End both threads."""
        self.writer.shutdown(cancel_futures=True)
        self.batcher.close()


def shared(source: HfSource) -> Future[Shared]:
    """Return the model of a source, which is loaded if it is not there yet.

    The future is shared as well: wait for it, but never cancel it. A load that failed is
    tried again by the next call.
    """
    with _lock():
        known = _models().get(source)
        if known is None or (known.done() and known.exception() is not None):
            known = _models()[source] = _loader().submit(Shared, source)
        return known


def close_models() -> None:
    """Free every model and its memory; blocks until the batches at work are done.

    What still waits fails with a `RewardError`; the next scoring loads it again.
    """
    with _lock():
        futures = list(_models().values())
        _models().clear()
    for future in futures:
        if future.exception() is None:
            loaded = future.result()
            loaded.close()
            torch = loaded.model.torch
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
