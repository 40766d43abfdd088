"""The end: the best of the pool is the answer, with the reason why the loop stopped."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from ..core.context import Context
from ..core.events import Emitter
from ..core.final_answer import answer_of, final_event
from ..core.nothing_ranked import no_answer
from ..core.state import State
from ..core.stopping import why_stop
from ..core.usage import add_usage
from ..rewards.verifying.form_at_end import pool_in_form
from .paid.run_models import GivenModels, Node, Update
from .paid.score_round import measured


def finish_node(*, given: GivenModels, speak: bool = True) -> Node:
    """Return the node that writes the answer.

    Args:
        given: Models, and the settings of a run that is given none.
        speak: Whether the answer is added to `messages` too.
    """

    async def finish(state: State, runtime: Runtime[Context]) -> Update:
        context = given.settings(runtime)
        emit = Emitter(runtime.stream_writer, state["usage"], state["round"])
        state, vetoed = await pool_in_form(state, context.answer_schema)
        winner = answer_of(state, reason := why_stop(state, context) or "depth")
        if winner is None:
            raise no_answer(state)
        late = await measured(state, given, runtime, emit, None)
        emit("stop", {"reason": reason})
        usage = add_usage(state["usage"], late["usage"]) if late else state["usage"]
        emit("final", final_event(state, winner, usage))
        said = [AIMessage(winner["text"])] if speak else []
        ended = {"answer": winner["text"], "reward": winner["reward"], "stop_reason": reason}
        return {**late, **vetoed, "messages": said, **ended}

    return finish
