"""A body of a request, checked by the class that says what it may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ...core.make_context import explain
from ..error_responses import Refusal

ModelT = TypeVar("ModelT", bound=BaseModel)


def checked_body(kind: type[ModelT], body: object) -> ModelT:
    """Return a body as an object of its class.

    Raises:
        Refusal: something in it is wrong (400).
    """
    if not isinstance(body, Mapping):
        raise Refusal(400, "the body is not a JSON object")
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        raise Refusal(400, explain(error)[:2000], param=str(place[0]) if place else None) from None
