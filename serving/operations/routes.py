"""The routes of the one who runs the server: metrics and health."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.routing import Route

from ..agent_server.server import AgentServer
from ..agent_server.worker import Worker
from ..run_settings import policy_specs
from ..server_settings import Settings
from .health import Health, disk_problem
from .metrics_route import MetricsRoute
from .operations import Operations
from .policy_reach import PolicyReach


def operation_routes(settings: Settings, agent: AgentServer) -> list[Route]:
    """Return the routes of `/metrics` and `/health`."""
    operations = agent.worker.run_limit.operations
    health = Health(
        {
            "disk": lambda: asyncio.to_thread(disk_problem, settings.folder),
            "database": partial(database_problem, agent.worker),
            "policy": PolicyReach(policy_specs(settings)[0]).problem,
            "draining": partial(stop_problem, operations),
        }
    )
    metrics = MetricsRoute(settings, agent.keyring, operations.metrics)
    return [*health.routes(), *metrics.routes("/metrics")]


async def database_problem(worker: Worker) -> str:
    """Read from both files; a failure is an exception."""
    await worker.database.open_runs()
    await worker.saver.aget_tuple({"configurable": {"thread_id": ""}})
    return ""


async def stop_problem(operations: Operations) -> str:
    """Return that the server is stopping, or ""."""
    return "the server is stopping" if operations.draining else ""
