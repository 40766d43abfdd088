"""One function that has to be called: as these requests name it, and as a response calls it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....core.json_types import JsonObject
from ...agent_server.records import Run
from .event_writer import EventWriter
from .ids import CALL, public_id


def tools_in_chat_form(more: Mapping[str, object]) -> JsonObject:
    """Return `tools` and `tool_choice` in the form that chat completions give them.

    Example:
        >>> tools_in_chat_form({"tool_choice": {"type": "function", "name": "f"}})["tool_choice"]
        {'type': 'function', 'function': {'type': 'function', 'name': 'f'}}
    """
    tools, choice = more.get("tools"), more.get("tool_choice")
    offered = tools if isinstance(tools, list) else []
    return {
        "tools": [_function_in_field(one) for one in offered],
        "tool_choice": _function_in_field(choice),
    }


def _function_in_field(one: object) -> object:
    """Return a function, or the choice of one, with its fields in a field of their own."""
    named = isinstance(one, Mapping) and one.get("type") == "function"
    return {"type": "function", "function": one} if named else one


def shown_function(name: str, more: Mapping[str, object]) -> JsonObject:
    """Return what a response repeats of the function that it calls; nothing without a name."""
    tools = more.get("tools")
    offered = tools if name and isinstance(tools, list) else []
    own = [one for one in offered if isinstance(one, Mapping) and one.get("name") == name]
    return {"tools": own, "tool_choice": {"type": "function", "name": name}} if own else {}


def called_by(run: Run) -> str:
    """Return the name of the function that a response calls; "" if it is text."""
    choice = run["kwargs"]["response"].get("tool_choice")
    return str(choice["name"]) if isinstance(choice, Mapping) else ""


def call_item(run: Run, arguments: str, status: str) -> JsonObject:
    """Return the item that calls the function."""
    item = public_id(CALL, run["run_id"])
    about = {"id": item, "type": "function_call", "call_id": call_id(run), "status": status}
    return {**about, "name": called_by(run), "arguments": arguments}


def call_id(run: Run) -> str:
    """Return the id of the call, which its output names."""
    return public_id("call_", run["run_id"])


def call_turn(run: Run, arguments: str) -> JsonObject:
    """Return the call as a turn of the conversation."""
    function = {"name": called_by(run), "arguments": arguments}
    call = {"id": call_id(run), "type": "function", "function": function}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def call_events(run: Run, item: JsonObject, index: int, write: EventWriter) -> Iterator[bytes]:
    """Yield the events of a streamed call."""
    place = {"item_id": item["id"], "output_index": index}
    arguments = item["arguments"]
    yield write("output_item.added", output_index=index, item=call_item(run, "", "in_progress"))
    yield write("function_call_arguments.delta", **place, delta=arguments)
    yield write("function_call_arguments.done", **place, name=item["name"], arguments=arguments)
    yield write("output_item.done", output_index=index, item=item)
