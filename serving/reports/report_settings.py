"""Settings of the reports that are shown."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field


class ReportSettings(BaseModel):
    """Which reports are shown, and to whom."""

    reports: Path | None = Field(
        default=None,
        description="Folder of batches and comparisons, whose reports the page lists and opens.",
    )
    share_reports: bool = Field(
        default=False,
        description="Show the reports to every person with a key, not to admins only.",
    )
