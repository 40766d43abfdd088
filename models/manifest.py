"""What a tracer keeps of a model: its name and its numbers, never a header or an address."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumpd

from ..core.login import has_login

NAMES = {"model", "model_name", "model_id"}


def guarded(model: BaseChatModel) -> BaseChatModel:
    """Return the model with a manifest that is fit to be stored by others.

    LangChain gives tracers a model's whole constructor: a key in a default header and a
    login in the server's address too, in the open. It computes that once and keeps it in the
    attribute that is set here, so pass a copy of your own.

    Args:
        model: Changed in place.
    """
    manifest = dumpd(model)
    given = manifest.get("kwargs") or {}
    manifest = {**manifest, "kwargs": {k: v for k, v in given.items() if _may_be_traced(k, v)}}
    manifest.pop("repr", None)
    vars(model)["_serialized"] = manifest
    return model


def is_open(model: BaseChatModel) -> bool:
    """Return whether LangChain writes a model down without a header and without a login.

    Keys it replaces by the names of their environment variables itself.

    Args:
        model: A model.
    """
    given = dumpd(model).get("kwargs") or {}
    headers = any("headers" in name and value for name, value in given.items())
    return not headers and not has_login(json.dumps(given, default=str))


def _may_be_traced(name: str, value: Any) -> bool:
    is_placeholder = isinstance(value, dict) and value.get("type") == "secret"
    return name in NAMES or is_placeholder or isinstance(value, int | float)
