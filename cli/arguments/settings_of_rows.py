"""The settings of `tpo batch` and `tpo compare`: what some mean where there are many rows."""

from __future__ import annotations

from dataclasses import replace

from ...core.settings.requests import RETRIES_OF_ROWS
from .settings import SETTINGS

OF_ROWS = {
    "max_concurrency": ("Maximum requests in flight over all rows.", None),
    "retries": (
        "Further tries of each request after a rate limit, a server error (5xx) or a lost "
        "connection.",
        RETRIES_OF_ROWS,
    ),
    "budget_requests": ("Maximum model requests of each row; 0 means no limit.", None),
    "budget_tokens": ("Maximum input plus output tokens of each row; 0 means no limit.", None),
    "budget_seconds": ("Maximum working time of each row; 0 means no limit.", None),
    "budget_usd": ("Maximum dollars of each row; 0 means no limit. Needs a known price.", None),
}
"""What the help says in place of the setting's own words, and the default."""
NOT_OF_ROWS = {"live", "human_pick"}  # nobody watches each row
ROW_SETTINGS = tuple(
    replace(one, help=OF_ROWS[one.name][0], default=OF_ROWS[one.name][1])
    if one.name in OF_ROWS
    else one
    for one in SETTINGS
    if one.name not in NOT_OF_ROWS
)
