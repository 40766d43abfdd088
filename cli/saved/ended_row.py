"""A row of a batch that has ended, read from the folder's files as a saved run is."""

from __future__ import annotations

from langchain_core.messages import AIMessage
from langgraph.types import PregelTask, StateSnapshot

from ...core.context import Context
from ...core.conversation import read_conversation, to_messages
from ...core.errors import TPOError
from ...core.state import State
from ...core.usage import cost
from ...datasets.records import RowPool, RowResult
from .run_row import RunRow, search_of
from .status import Status


def ended_row(result: RowResult, context: Context) -> RunRow:
    """Return what a table says of a row.

    Args:
        result: Its line of `results.jsonl`.
        context: Its settings.
    """
    rounds, paid = result["rounds"], result["usage"]["total"] if result["usage"] else cost()
    return {
        "id": result["id"],
        "when": None,  # no file says it
        "status": status_of_row(result),
        "stop_reason": result["stop_reason"],
        **search_of(context),
        "round": rounds[-1]["round"] if rounds else 0,
        "reward": rounds[-1]["reward"] if result["error"] and rounds else result["reward"],
        "requests": paid["requests"],
        "cost_usd": paid.get("cost_usd"),
        "query": read_conversation(to_messages(result["messages"])).query,
    }


def status_of_row(result: RowResult) -> Status:
    """Return the status of a row that has ended."""
    if result["error"]:
        return "failed"
    return "finished" if result["stop_reason"] == "depth" else "stopped"


def state_of_row(result: RowResult, pool: RowPool) -> StateSnapshot:
    """Return the state in which a row ended, as far as the files tell it.

    Args:
        result: Its line of `results.jsonl`.
        pool: Its line of `pools.jsonl`.
    """
    answer, failed = result["answer"], result["error"]
    messages = to_messages(result["messages"])
    values: State = {
        "messages": [*messages, AIMessage(answer)] if answer is not None else messages,
        "candidates": pool["candidates"],
        "rounds": pool["rounds"],
        "answer": answer or "",
        "reward": result["reward"],
        "stop_reason": result["stop_reason"],
    }
    # What is shown is the search of the last question, so its own cost is.
    usage = result["usage"] if failed else result.get("turns", [result])[-1]["usage"]
    if usage:
        values["turn"], values["usage"] = usage["turn"], usage
    error = TPOError(f"{failed['kind']}: {failed['message']}") if failed else None
    return StateSnapshot(
        values=values,
        next=(),
        config={"configurable": {"thread_id": result["thread_id"]}},
        metadata=None,
        created_at=None,
        parent_config=None,
        tasks=(PregelTask(id="", name="", path=(), error=error),) if error else (),
        interrupts=(),
    )


def why_failed(state: StateSnapshot) -> str:
    """Return why a row of a batch has failed; "" if it has not."""
    return "; ".join(str(one.error) for one in state.tasks if isinstance(one.error, TPOError))
