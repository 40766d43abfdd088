"""From a request to a run: checked, written down, begun."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from langchain_core.runnables import RunnableConfig
from starlette.requests import Request

from ...core.errors import ConfigError, InputError
from ..as_json import to_json
from ..guard.body import read_json
from ..refusal import Refusal
from ..settings import Settings
from .assistants import Assistants, assistant_id
from .fits import check_alone, check_fit, values_at
from .ledger import Ledger
from .live import LiveRun
from .payload import RunCreate, as_uuid, checked
from .records import Run, at_checkpoint, now
from .threads import new_thread
from .worker import Worker


class Begin:
    """Begins the run that a request asks for.

    Args:
        settings: Limits.
        ledger: The threads.
        worker: Takes the run.
        assistants: The graphs by name.
    """

    def __init__(
        self, settings: Settings, ledger: Ledger, worker: Worker, assistants: Assistants
    ) -> None:
        self.settings, self.ledger = settings, ledger
        self.worker, self.assistants = worker, assistants

    async def __call__(self, request: Request) -> tuple[LiveRun, RunCreate]:
        """Check what is asked, then begin it; nothing is paid for a wrong request."""
        asked = checked(RunCreate, await read_json(request, self.settings))
        served = self.assistants.find(asked.assistant_id)
        context = _context(asked, served.schema.model_fields)
        try:
            served.context(**context)
        except ConfigError as error:
            raise Refusal(422, f"context: {error}") from None
        self._check_size(asked.input)
        try:
            await self._check_fit(request, asked, served.name)
        except InputError as error:
            raise Refusal(422, f"{'command' if asked.command else 'input'}: {error}") from None
        thread_id, temporary = await self._thread(request, asked, served.name)
        if asked.multitask_strategy == "reject" and self.worker.busy(thread_id):
            raise Refusal(409, "a run of this thread is under way; cancel it, or enqueue this one")
        run = _run(asked, served.name, thread_id, context, temporary=temporary)
        return await self.worker.begin(run), asked

    async def _thread(self, request: Request, asked: RunCreate, name: str) -> tuple[str, bool]:
        """Return the thread of a new run, and whether it is there for that run only."""
        about = {"graph_id": name, "assistant_id": assistant_id(name)}
        given = request.path_params.get("thread_id")
        if given is None:
            made = new_thread(None, about)
            await self.ledger.add_thread(made)
            return made["thread_id"], True
        thread_id = as_uuid(given, "thread")
        known = await self.ledger.thread(thread_id)
        if known is None:
            if asked.if_not_exists == "reject":
                raise Refusal(404, f"there is no thread {thread_id}")
            await self.ledger.add_thread(new_thread(thread_id, about))
        elif not about.items() <= known["metadata"].items():
            metadata = {**known["metadata"], **about}
            await self.ledger.change_thread(thread_id, metadata=metadata)
        return thread_id, False

    async def _check_fit(self, request: Request, asked: RunCreate, name: str) -> None:
        """Refuse what the thread cannot take; a busy one is looked at when the run begins."""
        written = asked.command.update if asked.command else asked.input
        given = request.path_params.get("thread_id")
        if given is None:
            check_alone(written)
        elif isinstance(written, dict):
            thread_id = as_uuid(given, "thread")
            place: RunnableConfig = {"configurable": {"thread_id": thread_id}}
            place = at_checkpoint(place, asked.place) if asked.place else place
            if not self.worker.busy(thread_id):
                app = self.worker.apps[name]
                check_fit(app, await values_at(app, place) or {}, written)

    def _check_size(self, given: Any) -> None:
        size = len(to_json(given)) if given else 0
        if size > 2 * self.settings.max_prompt_chars:
            raise Refusal(413, f"the input holds {size} bytes, more than this server takes")


def _context(asked: RunCreate, known: Any) -> dict[str, Any]:
    """Return the settings given, also those that older clients put into `configurable`."""
    configurable = asked.config.get("configurable")
    older = configurable if isinstance(configurable, dict) else {}
    return {**{k: v for k, v in older.items() if k in known}, **(asked.context or {})}


def _run(
    asked: RunCreate, graph_id: str, thread_id: str, context: dict[str, Any], *, temporary: bool
) -> Run:
    made, run_id = now(), str(uuid4())
    kwargs = {
        "graph_id": graph_id,
        "input": asked.input,
        "command": asked.command.model_dump() if asked.command else None,
        "context": context,
        "config": {k: v for k, v in asked.config.items() if k in {"tags", "recursion_limit"}},
        "checkpoint_id": asked.place,
        "stream_mode": asked.modes,
        "stream_subgraphs": asked.stream_subgraphs,
        "stream_resumable": asked.stream_resumable,
        "interrupt_before": asked.interrupt_before,
        "interrupt_after": asked.interrupt_after,
        "durability": asked.durability,
        "temporary": temporary,
    }
    return Run(
        run_id=run_id,
        thread_id=thread_id,
        assistant_id=assistant_id(graph_id),
        created_at=made,
        updated_at=made,
        status="pending",
        metadata={**asked.metadata, "graph_id": graph_id, "assistant_id": assistant_id(graph_id)},
        kwargs=kwargs,
        multitask_strategy=asked.multitask_strategy,
        life=1,
    )
