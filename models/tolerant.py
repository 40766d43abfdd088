"""A model of the class ChatOpenAI reads replies as tolerantly as one that is built from a spec."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel


def tolerant(model: BaseChatModel) -> BaseChatModel:
    """Return a copy of a model as a `CompatibleChat` if it is a `ChatOpenAI`, else as it is.

    People use that class for any server that speaks the protocol.

    Args:
        model: The copy; changed in place.
    """
    if _is_openai_s(model):
        from .compatible_chat import CompatibleChat  # slow to import

        object.__setattr__(model, "__class__", CompatibleChat)  # it has no field of its own
    return model


def tells_texts_apart(model: BaseChatModel) -> bool:
    """Return whether several texts of one stream are kept apart: by a `CompatibleChat`."""
    return type(model).__name__ == "CompatibleChat" or _is_openai_s(model)


def _is_openai_s(model: BaseChatModel) -> bool:
    kind = type(model)
    return kind.__name__ == "ChatOpenAI" and kind.__module__.startswith("langchain_openai.")
