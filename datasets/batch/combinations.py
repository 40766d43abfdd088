"""Settings of rows and those of the batch, checked together: one of each combination that there is.

Whether they go together shows only when the models are there: a width below the number of
policies, a budget in dollars for a model without a price, parameters that a model does not take.
"""

from __future__ import annotations

from langgraph.runtime import Runtime

from ...core.context import Context
from ...core.errors import ConfigError, InputError, MissingDependencyError, TPOError
from ..rows.own_settings import COLUMN, with_own_settings
from ..rows.row import Row
from ..rows.row_file import Rows
from .plan import BatchPlan
from .row_rewards import given_for

Wrong = ConfigError | MissingDependencyError


async def check_combinations(rows: Rows, plan: BatchPlan) -> None:
    """Refuse settings of a row that do not go together with those of all rows; nothing is paid.

    Args:
        rows: They are checked.
        plan: What to do; it is checked.

    Raises:
        InputError: in one sentence, with the line, what is wrong.
        ConfigError: it is wrong of all rows.
        MissingDependencyError: what all rows name is not installed.
    """
    for line, row in rows.varied:
        wrong = await wrong_with(with_own_settings(plan.context, row.settings), row, plan)
        if wrong is None:
            continue
        without = await wrong_with(plan.context, row, plan) if row.settings else wrong
        if without is not None:
            raise without
        raise InputError(f'{rows.place}, line {line}: "{COLUMN}": {wrong}') from None


async def wrong_with(context: Context, row: Row, plan: BatchPlan) -> Wrong | None:
    """Return why a row cannot run with these settings; `None` if it can."""
    given = plan.given
    if plan.own:
        given = given_for(given, plan.context, row.input, plan.verify_field)
    try:
        run = await given.for_run(Runtime(context=context))
        plan.totals.require_prices(run.context.price, *run.policies, run.critic)
    except (ConfigError, MissingDependencyError) as error:
        return error
    except TPOError:  # a server that is away, say: each row then says so
        return None
    return None
