"""Starts the run of a response: on the thread of the one before it, or on a new one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from langchain_core.messages import convert_to_openai_messages
from starlette.requests import Request

from ....core.json_types import JsonObject
from ...agent_server.live_run import LiveRun
from ...agent_server.request_bodies import RunCreate
from ...agent_server.run_record import run_record
from ...guard.callers import caller_of
from ...guard.run_limit import RunLimit
from ...served_models import ServedModels
from ..asked_settings import checked_context, checked_messages
from .items import turns_in
from .reply import INSTRUCTIONS
from .request import ResponseRequest
from .stored import GRAPH, Earlier, StoredResponses


@dataclass(frozen=True)
class ResponseStarter:
    """Starts the run of a response; a wrong request costs nothing.

    Attributes:
        stored: The responses so far.
        served_models: The models.
        run_limit: Of runs at the same time.
    """

    stored: StoredResponses
    served_models: ServedModels
    run_limit: RunLimit

    async def __call__(self, request: Request, asked: ResponseRequest) -> LiveRun:
        """Check a request, then start its run.

        Raises:
            Refusal: something is wrong (400), not there (404), or there is no place (429).
        """
        server = self.stored.agent.settings
        served = self.served_models[asked.model]
        settings = {**served.defaults, **asked.settings(server)}
        checked_context(served, settings)
        named = asked.previous_response_id
        earlier = await self.stored.earlier(request, named) if named else None
        turns = await turns_in(asked.input, partial(self.stored.answer, request))
        system = [system_turn(asked.instructions)] if asked.instructions else []
        before = earlier.messages_before(turns) if earlier else []
        checked_messages([*system, *turns], server, "input", before)
        self.run_limit.refuse_if_full(caller_of(request).name)
        if earlier and goes_on(earlier, asked, turns):
            gone = {"role": "remove", "content": "", "id": INSTRUCTIONS}
            changed = system or ([gone] if earlier.has_instructions else [])
            return await self._start(request, asked, settings, [*changed, *turns], earlier)
        said = convert_to_openai_messages(before)
        whole = [*system, *(said if isinstance(said, list) else [said]), *turns]
        return await self._start(request, asked, settings, whole, None)

    async def _start(
        self,
        request: Request,
        asked: ResponseRequest,
        settings: JsonObject,
        messages: list[JsonObject],
        earlier: Earlier | None,
    ) -> LiveRun:
        worker, owner = self.stored.agent.worker, caller_of(request).name
        create = RunCreate(
            assistant_id=GRAPH,
            input={"messages": messages},
            stream_mode="custom",
            checkpoint_id=earlier.checkpoint_id if earlier else None,
        )
        thread_id = earlier.run["thread_id"] if earlier else await self.stored.add_thread(owner)
        run = run_record(create, GRAPH, thread_id, settings, temporary=asked.store is False)
        run["owner"] = owner
        run["kwargs"]["response"] = asked.shown
        return await worker.start(run)


def system_turn(instructions: str) -> JsonObject:
    """Return instructions as a turn; the next response replaces it."""
    return {"role": "system", "content": instructions, "id": INSTRUCTIONS}


def goes_on(earlier: Earlier, asked: ResponseRequest, turns: list[JsonObject]) -> bool:
    """Return whether a response goes on with the thread of the one before it.

    One that is not stored, one whose conversation has to get instructions at its beginning, and
    one that gets the results of a call, have a thread of their own, with all that was said.
    """
    fits = earlier.has_instructions or not asked.instructions
    return asked.store is not False and fits and not earlier.is_given_results(turns)
