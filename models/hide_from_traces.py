"""What a tracer keeps of a model: its name and its numbers, never a header or an address."""

from __future__ import annotations

import json

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
    kept = {
        name: value
        for name, value in given.items()
        if name in NAMES
        or isinstance(value, int | float)
        or (isinstance(value, dict) and value.get("type") == "secret")  # its variable's name
    }
    manifest = {**manifest, "kwargs": kept}
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
