"""Every setting of a run, with its default and bounds: its bases hold them, one theme each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import chain

from pydantic import ConfigDict, model_validator

from .login import without_logins
from .settings.requests import RequestSettings
from .settings.reward import RewardSettings
from .settings.sampling import SamplingSettings
from .settings.search import Mode, SearchSettings
from .settings.stop import StopSettings

__all__ = ["Context", "Mode"]

USUAL_NAMES = {
    "n": "width", "N": "width", "best_of": "width", "num_samples": "width", "candidates": "width",
    "iterations": "depth", "max_iterations": "depth", "rounds": "depth", "D": "depth",
    "model": "policy", "llm": "policy", "reward_model": "reward", "judge": "reward",
    "max_new_tokens": "max_tokens", "stop": "stop_sequences", "concurrency": "max_concurrency",
}  # fmt: skip
"""What other programs call our settings."""


# The last base comes first: that is the order of forms and of `--help`.
class Context(StopSettings, RewardSettings, RequestSettings, SamplingSettings, SearchSettings):
    """How to run: search size, sampling, models, stop rules, budget.

    Passed as `context=` to a compiled graph, as keywords to `tpo.align`, or filled
    in as a form in LangGraph Studio. The defaults are the paper's D2-N5.

    Raises:
        pydantic.ValidationError: a value is out of bounds, or a name is unknown.

    Example:
        >>> Context(depth=1, width=3).width
        3
    """

    # Errors of pydantic name the setting and leave the values out: a spec may hold a login.
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _known_names_only(cls, values: object) -> object:
        if isinstance(values, Mapping):
            unknown = [str(name) for name in values if name not in cls.model_fields]
            if unknown:
                valid, names = ", ".join(cls.model_fields), ", ".join(unknown)
                close = [get_close_matches(name, cls.model_fields, 1, 0.75) for name in unknown]
                close += [[USUAL_NAMES[name]] for name in unknown if name in USUAL_NAMES]
                meant = " and ".join(dict.fromkeys(chain.from_iterable(close)))
                hint = f" Did you mean {meant}?" if meant else ""
                raise ValueError(f"unknown setting {names}.{hint} Valid settings: {valid}")
        return values

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        for name, value in super().__repr_args__():
            yield name, without_logins(value)

    @property
    def keep_reasoning(self) -> bool:
        """Whether reasoning that is marked in a text stays there."""
        return self.reasoning == "keep"

    @property
    def shows_feedback(self) -> bool:
        """Whether models are shown what the reward says beside its number."""
        return self.feedback == "show"

    @property
    def rounds(self) -> int:
        """Rounds after the first samples: `depth`, or 0 in best-of-N mode."""
        return 0 if self.mode == "best_of_n" else self.depth
