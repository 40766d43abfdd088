"""Structured output of the chat model: the search goes by the schema, the answer is parsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import (
    BaseOutputParser,
    JsonOutputParser,
    PydanticOutputParser,
)
from langchain_core.runnables import Runnable, RunnableLambda, RunnableMap
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel

from ...core.answer_schema import ANY_OBJECT
from ...core.errors import ConfigError
from ...core.json_types import JsonObject

METHODS = ("json_schema", "function_calling", "json_mode")

OTHER_FORMS = frozenset({"parameters", "function", "input_schema", "json_schema"})
"""What a dict has that holds a schema, and is not one itself."""


def schema_for(
    schema: JsonObject | type | None, method: str, *, strict: bool = False
) -> JsonObject:
    """Return the schema that answers have to fit.

    Args:
        schema: A pydantic class, a typed dict, or a JSON schema, also in OpenAI's forms.
        method: One of LangChain's; `json_mode` asks for an object and lets the parser see.
        strict: Whether no key may be there that the schema does not name.

    Raises:
        ConfigError: an unknown method, or there is no schema.
    """
    if method not in METHODS:
        raise ConfigError(f"method={method!r}: choose {', '.join(METHODS)}")
    if method == "json_mode":
        return {**ANY_OBJECT}
    if schema is None:
        raise ConfigError(f"method={method!r} needs a schema")
    if not strict and isinstance(schema, dict) and not OTHER_FORMS & schema.keys():
        return schema
    if not strict and isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema.model_json_schema()
    return convert_to_json_schema(schema, strict=strict or None)


def parsed_by(
    model: Runnable[LanguageModelInput, AIMessage],
    schema: JsonObject | type | None,
    *,
    include_raw: bool,
) -> Runnable[LanguageModelInput, Any]:
    """Return a model whose answer is parsed: an object of a pydantic class, else a dict.

    With `include_raw` the result has `raw`, `parsed` and `parsing_error`.
    """
    parser: BaseOutputParser[Any] = JsonOutputParser()
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        parser = PydanticOutputParser(pydantic_object=schema)
    if not include_raw:
        return model | parser
    return RunnableMap(raw=model) | RunnableLambda(parsed_with(parser), name="parsed")


def parsed_with(parser: BaseOutputParser[Any]) -> Callable[[JsonObject], JsonObject]:
    """Return what adds the parsed answer to a raw one, or why it cannot be parsed."""

    def parse(found: JsonObject) -> JsonObject:
        try:
            return {**found, "parsed": parser.invoke(found["raw"]), "parsing_error": None}
        except OutputParserException as error:
            return {**found, "parsed": None, "parsing_error": error}

    return parse
