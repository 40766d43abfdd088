"""The routes of the one who runs the server: metrics and health."""

from __future__ import annotations

from functools import partial

from starlette.routing import Route

from ..agent_server.server import AgentServer
from ..run_settings import policy_specs
from ..server_settings import Settings
from .health import Health, disk_problem
from .metrics_route import MetricsRoute
from .policy_reach import PolicyReach


def operation_routes(settings: Settings, agent: AgentServer) -> list[Route]:
    """Return the routes of `/metrics` and `/health`."""
    worker = agent.worker
    operations = worker.run_limit.operations

    async def database() -> str:
        await worker.database.open_runs()
        await worker.saver.aget_tuple({"configurable": {"thread_id": ""}})
        return ""

    async def stopping() -> str:
        return "the server is stopping" if operations.draining else ""

    health = Health(
        {
            "disk": partial(disk_problem, settings.folder),
            "database": database,
            "policy": PolicyReach(policy_specs(settings)[0]).problem,
            "draining": stopping,
        }
    )
    metrics = MetricsRoute(settings, agent.keyring, operations.metrics)
    return [*health.routes(), *metrics.routes("/metrics")]
