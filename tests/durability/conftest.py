"""Savers of every kind, each empty, and the config of a run in it."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import saved_run
from langgraph.checkpoint.memory import InMemorySaver
from local_postgres import NoPostgresError, postgres

POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
_numbers = itertools.count()

if sys.platform == "win32":  # no SIGKILL, no fork
    collect_ignore = ["test_kill.py"]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server, or a skip with the reason."""
    reason = "needs the extra `postgres`"
    pytest.importorskip("langgraph.checkpoint.postgres", reason=reason, exc_type=ImportError)
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(postgres())
        except NoPostgresError as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture
def postgres_database(postgres_server: str) -> str:
    """An empty database."""
    import psycopg  # an extra

    name = f"test{next(_numbers)}"
    with psycopg.connect(f"{postgres_server} dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgres_server} dbname={name}"


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
async def saver(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """An empty saver of each kind."""
    if request.param == "memory":
        yield InMemorySaver()
        return
    database = str(tmp_path / "runs.sqlite")
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")
    async with saved_run.open_saver(database) as opened:
        yield opened


@pytest.fixture
def config() -> dict[str, Any]:
    return {"configurable": {"thread_id": "run"}}
