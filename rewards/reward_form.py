"""How a reward is named, made and started: one row of the table in `specs`."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.policy_forms import SpecForm


@dataclass(frozen=True, kw_only=True)
class RewardForm(SpecForm):
    """One way to name a reward.

    Attributes:
        maker: The function that makes it, as `file:name` under `rewards/`; its package is
            imported only then. It takes what stands behind the colon.
        start: How to start its server, or what else it needs; as Markdown.
        needs: Further keywords that the maker takes: `policy`, the run's policy, and
            `resolve`, which turns the spec of a part into a reward.
        shared: Whether equal specs give one object, with its connections or its model.
    """

    maker: str
    start: str = ""
    needs: tuple[str, ...] = ()
    shared: bool = False

    @property
    def kind(self) -> str:
        """The word before the colon."""
        return self.form.partition(":")[0]

    @property
    def takes_more(self) -> bool:
        """Whether anything may stand behind the kind."""
        return ":" in self.form
