"""A reward model in this process: `hf:MODEL_OR_PATH`, any sequence classifier of transformers.

What is scored is what the model was trained on: its own chat template, no second BOS, its
own padding token on the right, the raw logit. See `huggingface/` for the traps on the
way there, and for how runs share the device.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from langchain_core.messages import AnyMessage

from ...core.errors import RewardError, evidence
from ...core.login import without_login
from ...models.local.import_torch import named_device
from ..base import Score, scored, unscored
from ..caching.identity import named_with
from ..chat import chat_of
from ..planned_reward import Job
from .loaded import Shared, shared
from .spec import HfSource, read_spec
from .tokenize_chat import tell_cuts


@dataclass(frozen=True)
class HfReward:
    """Scores with a sequence classifier in this process (extra `huggingface`).

    The model is loaded when it first scores, in a thread, once per process; `close_rewards`
    frees it. Equal models are shared by all runs, and texts of different runs are scored in
    one batch. An answer that does not fit loses its end, not the end-of-turn after it.

    In float32 (the default on the CPU) a text's score does not depend on its batch beyond
    1e-5; in bfloat16 (what most weights are in, hence the default elsewhere) by 0.01 to 0.05
    standard deviations, so that a near-tie may flip.

    Args:
        source: The model and how it is run.

    Example:
        >>> HfReward.from_spec("some/reward-model?device=cpu").name
        'hf:some/reward-model'
    """

    source: HfSource
    batch_size: int | None = 1  # so each score is saved by itself; the batcher joins them
    notice: str = ""

    @classmethod
    def from_spec(cls, rest: str) -> Self:
        """Return the reward that a spec names.

        Args:
            rest: What follows `hf:`; see `read_spec`.

        Raises:
            SpecError: malformed, or an unknown option.
        """
        return cls(read_spec(rest))

    @property
    def name(self) -> str:
        """The model, with what changes its scores beyond rounding."""
        return without_login(f"hf:{self.source}")

    @cached_property
    def identity(self) -> str:
        """What its kept scores depend on: the name, and what is in the template's file."""
        template = Path(self.source.template).expanduser()
        kept = self.source.template and template.is_file()
        return named_with(self.name, template.read_text("utf-8", "replace") if kept else "")

    async def load(self) -> None:
        """Load the model now instead of with the first score, which a timeout may cut short.

        Raises:
            MissingDependencyError: the extra is not installed.
            ConfigError: there is no such model, or it is not a reward model.
            RewardError: it takes longer than `load_timeout`.
        """
        seconds = self.source.load_timeout
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                await self._loaded()
        except TimeoutError:
            if not limit.expired():
                raise
            raise RewardError(
                f"reward {self.name!r} is not loaded after {seconds:g} s; it goes on loading, so "
                "try again later, fetch it first (hf download), or allow more: "
                "?load_timeout=SECONDS"
            ) from None

    async def ready(self, job: Job) -> None:
        """Load the model before anything is paid for; raises as `load` does."""
        await self.load()

    async def score(self, messages: Sequence[AnyMessage], answers: Sequence[str]) -> list[Score]:
        """Score the answers; one that cannot be scored is unscored, with its reason.

        Raises:
            RewardError: the model was closed meanwhile.
            MissingDependencyError, ConfigError: as for `load`.
        """
        if not answers:
            return []
        loaded = await self._loaded()
        chats = [chat_of(messages, answer) for answer in answers]
        written = await asyncio.wrap_future(loaded.write(chats))
        tell_cuts(self.name, written, loaded.model.renderer.room)
        tokens = [one for one in written if not isinstance(one, RewardError)]
        waits = [asyncio.wrap_future(score) for score in loaded.batcher.submit(tokens)]
        # Once this wait is cancelled, the scores that have not begun never will.
        results = iter(await asyncio.gather(*waits, return_exceptions=True))
        scores: list[Score] = []
        for one in written:
            if isinstance(one, RewardError):
                scores.append(unscored(str(one)))
            elif isinstance(result := next(results), BaseException):
                scores.append(unscored(f"reward {self.name!r} failed: {evidence(result)}"))
            else:
                scores.append(scored(result))
        return scores

    def _loaded(self) -> asyncio.Future[Shared]:
        source, folder = self.source, Path(self.source.model).expanduser()
        # Everything in it that the surroundings decide: it says which model is shared.
        place = str(folder.resolve()) if folder.is_dir() else source.model
        device = source.device or ("" if source.device_map else named_device())
        future = shared(replace(source, model=place, device=device))
        # Shielded: who gives up waiting must not stop the loading for the others.
        return asyncio.shield(asyncio.wrap_future(future))
