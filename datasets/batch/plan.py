"""What a batch is to do: models, settings, and what ends it early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...core.context import Context
from ...core.dollars import usd_for_budget
from ...core.errors import ConfigError
from ...core.json_types import JsonObject
from ...core.settings.requests import RETRIES_OF_ROWS
from ...core.usage import Cost, tokens_for_budget
from ...models.policy import Policy
from ...models.prices.of_run import require_prices
from ...nodes.paid.run_models import GivenModels
from ..rows.row_file import Rows
from .metadata import made_with
from .row_needs import given_rewards, needs_row
from .row_rewards import given_for
from .sums import Sums


@dataclass(frozen=True)
class Totals:
    """What all rows together may cost; 0 sets no limit.

    What is in flight when a limit is reached is still paid.

    Attributes:
        requests: To models.
        tokens: Input plus output.
        seconds: Of this call.
        usd: Dollars; the prices of all models must be known.
    """

    requests: int = 0
    tokens: int = 0
    seconds: float = 0.0
    usd: float = 0.0

    def reached(self, paid: Cost, seconds: float) -> str:
        """Return which limit is reached, or ""."""
        spent = {
            "requests": paid["requests"],
            "tokens": tokens_for_budget(paid),
            "seconds": seconds,
            "usd": usd_for_budget(paid),
        }
        return next((name for name in spent if 0 < getattr(self, name) <= spent[name]), "")

    def require_prices(self, prices: Sequence[str], *models: Policy) -> None:
        """Refuse a limit in dollars that would never be reached.

        Args:
            prices: Those of the settings, each with a name.
            models: What rows ask.

        Raises:
            ConfigError: the price of one is not known.
        """
        if self.usd:
            require_prices(f"${self.usd:g} for all rows", prices, *models)


@dataclass(frozen=True)
class BatchPlan:
    """What a batch is to do.

    Attributes:
        given: Models and rewards that are given as objects, or as specs.
        context: The settings of every row.
        verify_field: The column that verifiers are given; see `row_rewards`.
        totals: What all rows together may cost.
        most_failed: The share of rows that may fail before the batch ends early, from 0 to 1.
        retry_failed: Whether the rows of a folder that have failed are tried again.
        keep_runs: Whether the checkpoints of rows that have ended are kept.
        checkpoints: The address of a PostgreSQL database for the rows under way; "": a file in
            the folder.
        own: Whether a reward needs something of each row.
        rated: Whether rewards say anything: not of first samples that nothing scores yet.
    """

    given: GivenModels
    context: Context
    verify_field: str = ""
    totals: Totals = field(default_factory=Totals)
    most_failed: float | None = None
    retry_failed: bool = False
    keep_runs: bool = False
    checkpoints: str = ""
    own: bool = False
    rated: bool = True

    def checked(self, rows: Rows) -> tuple[BatchPlan, Rows]:
        """Return plan and rows, after refusing what cannot be right; nothing is paid.

        Raises:
            InputError: a row cannot be answered; the message names its line.
            ConfigError: a setting or a reward cannot be right.
        """
        if self.context.human_pick:
            raise ConfigError("human_pick waits for a person, and nobody waits for each row")
        own = any(needs_row(one) for one in given_rewards(self.given, self.context).values())
        checked = replace(rows, verify=self.verify_field).checked()
        given = self.given
        if own:
            first = next(iter(checked)).input
            given_for(given, self.context, first, self.verify_field).checked()
        else:
            given = given.checked()
        changes: dict[str, object] = {"live": False}
        if "retries" not in self.context.model_fields_set:
            changes["retries"] = RETRIES_OF_ROWS
        context = self.context.model_copy(update=changes)
        return replace(self, given=given, context=context, own=own), checked

    def made_with(self, rows: Rows) -> JsonObject:
        """Return what must be the same for a folder to go on."""
        return made_with(self.given, self.context, rows, self.verify_field)

    def ends_early(self, spent: Cost, seconds: float, sums: Sums, rows: int) -> str:
        """Return which limit of the whole batch is reached, or "".

        Args:
            spent: What all rows have cost so far.
            seconds: How long this call has been at work.
            sums: Those of the rows that have ended.
            rows: How many rows there are.
        """
        if limit := self.totals.reached(spent, seconds):
            return f"the {'dollars' if limit == 'usd' else limit} for all rows are used up"
        most = self.most_failed
        if most is not None and sums.failed > most * rows:
            return f"more than {most:.0%} of the rows failed"
        return ""
