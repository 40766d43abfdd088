"""Makes batches of whatever waits to be scored, from all runs of the process at once.

One thread scores. While it is busy, further texts wait; when it is done, it takes all that
wait, sorts them by length and cuts them into batches, so that little is padded. Nobody
waits for a batch to fill up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from ...core.errors import RewardError

Tokens = dict[str, list[int]]
"""One text as a model takes it: `input_ids`, `attention_mask` and their like."""

Forward = Callable[[Sequence[Tokens]], list[float]]
CLOSED = "the reward model was closed while it scored"


@dataclass(frozen=True, eq=False)
class _Waiting:
    tokens: Tokens
    score: Future[float] = field(default_factory=Future)

    @property
    def length(self) -> int:
        return len(self.tokens["input_ids"])


class Batcher:
    """Scores texts in one thread, in batches across callers; safe from any thread or loop.

    A text whose caller has given up is not scored. When a batch fails, its halves are tried
    by themselves, so that the failure (too much memory, one bad text) reaches only the
    texts that cannot be scored alone.

    Args:
        forward: Scores a batch; called in one thread only.
        most_tokens: Most tokens of a batch with its padding; a longer text goes alone.
    """

    def __init__(self, forward: Forward, most_tokens: int) -> None:
        self._forward = forward
        self._most_tokens = most_tokens
        self._lock = Lock()
        self._waiting: list[_Waiting] = []
        self._busy = self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tpo-hf-reward")

    def submit(self, texts: Sequence[Tokens]) -> list[Future[float]]:
        """Return the scores to come, one per text in their order.

        Raises:
            RewardError: it was closed.
        """
        waiting = [_Waiting(tokens) for tokens in texts]
        with self._lock:
            if self._closed:
                raise RewardError(CLOSED)
            self._waiting += waiting
            if waiting and not self._busy:
                self._busy = True
                self._thread.submit(self._work)
        return [one.score for one in waiting]

    def close(self) -> None:
        """End the thread after the batch it is at; what still waits fails."""
        with self._lock:
            self._closed = True
        self._thread.shutdown()

    def _work(self) -> None:
        """Score until nothing waits; then the thread is free until the next text comes."""
        while True:
            with self._lock:
                taken, self._waiting = self._waiting, []
                self._busy = bool(taken)
            if not taken:
                return
            for batch in batches(taken, self._most_tokens):
                if wanted := [one for one in batch if one.score.set_running_or_notify_cancel()]:
                    self._score(wanted)

    def _score(self, batch: Sequence[_Waiting]) -> None:
        try:
            if self._closed:
                raise RewardError(CLOSED)  # noqa: TRY301  reaches the callers like any failure
            scores = self._forward([one.tokens for one in batch])
            if len(scores) != len(batch):
                raise RewardError(f"the reward model gave {len(scores)} scores for {len(batch)}")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001  a model fails in its own way
            if len(batch) == 1 or self._closed:
                for one in batch:
                    one.score.set_exception(error)
                return
        else:
            for one, score in zip(batch, scores, strict=True):
                one.score.set_result(score)
            return
        middle = len(batch) // 2
        self._score(batch[:middle])
        self._score(batch[middle:])


def batches(waiting: Sequence[_Waiting], most_tokens: int) -> list[list[_Waiting]]:
    """Cut texts into batches, the shortest first: then the mean wait is least.

    Args:
        waiting: The texts.
        most_tokens: Most tokens of a batch, padding counted.
    """
    made: list[list[_Waiting]] = []
    for one in sorted(waiting, key=lambda w: w.length):
        if made and one.length * (len(made[-1]) + 1) <= most_tokens:
            made[-1].append(one)
        else:
            made.append([one])
    return made
