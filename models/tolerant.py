"""A model of the class ChatOpenAI reads replies as tolerantly as one that is built from a spec."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel


def tolerant(model: BaseChatModel) -> BaseChatModel:
    """Return a copy of a model as a `CompatibleChat` if it is a `ChatOpenAI`, else as it is.

    People use that class for any server that speaks the protocol.

    Args:
        model: The copy; changed in place.
    """
    kind = type(model)
    if kind.__name__ == "ChatOpenAI" and kind.__module__.startswith("langchain_openai."):
        from .compatible_chat import CompatibleChat  # slow to import

        object.__setattr__(model, "__class__", CompatibleChat)  # it has no field of its own
    return model
