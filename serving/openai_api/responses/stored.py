"""The responses that are kept: each is a run of a thread, found by those who may see it."""

from __future__ import annotations

from dataclasses import dataclass

from langchain_core.messages import BaseMessage
from starlette.requests import Request

from ....core.conversation import to_messages
from ....core.json_types import JsonObject
from ...agent_server.assistant_routes import assistant_id
from ...agent_server.known_thread import known_thread
from ...agent_server.read_state import unreadable
from ...agent_server.records import Run, new_thread, thread_config
from ...agent_server.server import AgentServer
from ...error_responses import Refusal
from .called_function import call_turn, called_by
from .ids import CALL, MESSAGE, RESPONSE, run_id_in
from .reply import INSTRUCTIONS

GRAPH = "tpo"  # every model is this graph with other settings


@dataclass(frozen=True)
class Earlier:
    """A response that has ended, with the state of its thread at that moment."""

    run: Run
    values: JsonObject
    checkpoint_id: str

    @property
    def messages(self) -> list[BaseMessage]:
        """The conversation, without the instructions: these are of one turn only."""
        said: list[BaseMessage] = self.values.get("messages") or []
        return [message for message in said if message.id != INSTRUCTIONS]

    @property
    def answer(self) -> str:
        """What was answered."""
        return str(self.values["answer"])

    def is_given_results(self, turns: list[JsonObject]) -> bool:
        """Return whether the next turns begin with what the called function returned."""
        return bool(turns and turns[0]["role"] == "tool" and called_by(self.run))

    def messages_before(self, turns: list[JsonObject]) -> list[BaseMessage]:
        """Return the conversation; its answer as a call, if results of the call follow."""
        if not self.is_given_results(turns):
            return self.messages
        return [*self.messages[:-1], *to_messages([call_turn(self.run, self.answer)])]

    @property
    def has_instructions(self) -> bool:
        """Whether the conversation begins with instructions."""
        return len(self.messages) < len(self.values.get("messages") or [])


@dataclass(frozen=True)
class StoredResponses:
    """Finds responses.

    Attributes:
        agent: Its database and checkpoints hold them.
    """

    agent: AgentServer

    async def add_thread(self, owner: str) -> str:
        """Make a thread of a person for a run, and return its id.

        Raises:
            Refusal, TPOError: there is no place for a run, now or today.
        """
        self.agent.worker.refuse_if_full(owner)
        about = {"graph_id": GRAPH, "assistant_id": assistant_id(GRAPH)}
        thread = new_thread(owner, None, about)
        await self.agent.worker.database.add_thread(thread)
        return thread["thread_id"]

    async def find(self, request: Request, name: str, kind: str = RESPONSE) -> Run:
        """Return the run of a response.

        Raises:
            Refusal: there is none, or it is someone else's (404).
        """
        database = self.agent.worker.database
        run_id = run_id_in(kind, name)
        run = await database.run(run_id) if run_id else None
        missing = Refusal(404, f"there is no response {name[:80]!r}", code="not_found")
        if run is None or not run["kwargs"].get("response"):
            raise missing
        try:
            thread = await known_thread(database, request, run["thread_id"])
        except Refusal:
            raise missing from None
        if thread is None:
            raise missing
        return run

    async def ended(self, run: Run) -> Earlier | None:
        """Return the state that a run ended with, or `None` if it did not end well.

        Raises:
            Refusal: it cannot be read (409).
        """
        states = self.agent.threads.app.aget_state_history(
            thread_config(run), filter={"run_id": run["run_id"]}, limit=1
        )
        try:
            found = [state async for state in states]
        except Exception as error:  # noqa: BLE001  whatever its bytes or its reducers raise
            raise Refusal(409, unreadable(error)) from None
        if not found or found[0].next or not found[0].values.get("stop_reason"):
            return None
        place = found[0].config["configurable"]["checkpoint_id"]
        return Earlier(run, found[0].values, place)

    async def earlier(self, request: Request, name: str, kind: str = RESPONSE) -> Earlier:
        """Return a response to go on with.

        Raises:
            Refusal: there is none (404), or it has no answer (400).
        """
        ended = await self.ended(await self.find(request, name, kind))
        if ended is None:
            message = f"the response {name} has no answer (yet), so nothing can go on with it"
            raise Refusal(400, message, param="previous_response_id")
        return ended

    async def answer(self, request: Request, item: str) -> JsonObject:
        """Return the turn that an item of an earlier response is, by the item's id.

        Raises:
            Refusal: there is none (404), or it has no answer (400).
        """
        kind = CALL if item.startswith(CALL) else MESSAGE
        earlier = await self.earlier(request, item, kind)
        if kind == CALL and called_by(earlier.run):
            return call_turn(earlier.run, earlier.answer)
        return {"role": "assistant", "content": earlier.answer}

    async def delete(self, run: Run) -> None:
        """Stop and delete a response; the thread goes with its last one."""
        worker = self.agent.worker
        await worker.cancel(run["run_id"])
        await worker.database.delete_run(run["run_id"])
        if not await worker.database.runs(run["thread_id"], limit=1):
            await worker.delete_if_idle(run["thread_id"])
