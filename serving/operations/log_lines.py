"""The lines of the log: plain, or one JSON object each; to stderr."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

from ...core.errors import TPOError, evidence
from ...core.json_types import JsonObject
from .operation_settings import OperationSettings

PLAIN = re.compile(r"[\w.:/@+{}()<>-]+", re.ASCII)
# The messages of these never quote what a client sent.
OURS = (TPOError, OSError, sqlite3.Error)


class PlainLines(logging.Formatter):
    """`TIME LEVEL message name=value ...`; a traceback follows in lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        words = [time_of(record), record.levelname, record.getMessage()]
        words += [f"{name}={as_word(value)}" for name, value in fields_of(record).items()]
        return "\n".join(filter(None, [" ".join(words), what_was_raised(record)]))


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        about: JsonObject = {"time": time_of(record), "level": record.levelname.lower()}
        about |= {"message": record.getMessage(), **fields_of(record)}
        if raised := what_was_raised(record):
            about["traceback"] = raised
        return json.dumps(about, ensure_ascii=True, default=str)


def set_up_log(settings: OperationSettings) -> None:
    """Send what this process logs to stderr, in the form that the settings ask for."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else PlainLines())
    logging.getLogger().handlers = [handler]
    logging.getLogger("tpo").setLevel(settings.log_level.upper())


def fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    """Return the fields of a line; those without a value are left out."""
    fields: Mapping[str, object] = getattr(record, "fields", {})
    return {name: value for name, value in fields.items() if value not in (None, "", {})}


def time_of(record: logging.LogRecord) -> str:
    """Return when it happened, in UTC."""
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_word(value: object) -> str:
    """Return a value as it stands in a plain line: in quotes where it would not be one word.

    Example:
        >>> as_word("a b"), as_word(1.5), as_word({"failed": 2})
        ('"a b"', '1.5', 'failed:2')
    """
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{as_word(one)}" for name, one in value.items())
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text)


def what_was_raised(record: logging.LogRecord) -> str:
    """Return the traceback of an error, with the words of those alone that quote no client.

    The words of any other error may hold a prompt: they are shown at `--log-level debug` only.
    """
    error = record.exc_info[1] if record.exc_info else None
    parts = list[str]()
    while error is not None:
        tell = isinstance(error, OURS) or logging.getLogger("tpo").isEnabledFor(logging.DEBUG)
        words = evidence(error) if tell else type(error).__name__
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.insert(0, f"Traceback (most recent call last):\n{frames}{words}")
        error = error.__cause__
    return "\n".join(parts)
