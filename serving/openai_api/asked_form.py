"""The form that a client asks for: `response_format`, or one function that has to be called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.answer_schema import ANY_OBJECT, checked_schema
from ...core.json_types import JsonObject
from ..error_responses import Refusal


@dataclass(frozen=True)
class AskedForm:
    """The form of an answer.

    Attributes:
        schema: What it has to fit; `None` for text.
        function: The function that is called with it; "" if it is the content.
    """

    schema: JsonObject | None = None
    function: str = ""


def asked_form(
    response_format: JsonObject | None, more: Mapping[str, object], param: str = "response_format"
) -> AskedForm:
    """Return the form that a request asks for.

    Args:
        response_format: As the client gave it.
        more: The rest of the request: `tools` and `tool_choice`.
        param: Where the form stands, for errors.

    Raises:
        Refusal: it cannot be used (400).
    """
    if function := forced_function(more):
        return function_form(function)
    kind = (response_format or {}).get("type", "text")
    if response_format is None or kind == "text":
        return AskedForm()
    if kind == "json_object":
        return AskedForm({**ANY_OBJECT})
    form = response_format.get("json_schema")
    if kind != "json_schema" or not isinstance(form, Mapping):
        message = f"{param} must be text, json_object, or json_schema with its json_schema"
        raise Refusal(400, message, param=param)
    if form.get("schema") is None:
        raise Refusal(400, f"{param}: the schema is missing", param=param)
    about = {"description": said} if (said := form.get("description")) else {}
    return AskedForm(given_schema(form.get("schema"), param, form.get("name"), about))


def function_form(function: JsonObject) -> AskedForm:
    """Return the form of what a function is called with.

    Raises:
        Refusal: it cannot be used (400).
    """
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise Refusal(400, "a function needs a name", param="tools")
    about = {"description": said} if (said := function.get("description")) else {}
    return AskedForm(given_schema(function.get("parameters"), "tools", name, about), name)


def forced_function(more: Mapping[str, object]) -> JsonObject | None:
    """Return the one function that `tool_choice` has the model call, if it does."""
    tools, choice = more.get("tools"), more.get("tool_choice")
    if not isinstance(tools, list):
        return None
    offered = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
    functions: list[JsonObject] = [one for one in offered if isinstance(one, dict)]
    if choice == "required":
        return functions[0] if len(functions) == len(tools) == 1 else None
    wanted = choice.get("function") if isinstance(choice, Mapping) else None
    if not isinstance(wanted, Mapping):
        return None
    return next((one for one in functions if one.get("name") == wanted.get("name")), None)


def given_schema(schema: object, param: str, name: object, about: JsonObject) -> JsonObject:
    """Return a schema with its name as the title, checked.

    Raises:
        Refusal: it cannot be used (400).
    """
    if schema is None:
        schema = ANY_OBJECT
    if not isinstance(schema, dict):
        raise Refusal(400, f"{param}: the schema is not an object", param=param)
    title = {"title": name} if name else {}
    try:
        return checked_schema({**title, **about, **schema})
    except ValueError as error:
        raise Refusal(400, f"{param}: {error}", param=param) from None
