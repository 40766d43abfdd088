"""A request for several texts tells usage callbacks which model wrote them.

LangChain writes the model's name into the message of a request for one text only, and its own
usage callback counts nothing without a name.
"""

from __future__ import annotations

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager, Callbacks
from langchain_core.outputs import ChatGeneration, LLMResult


class NameTheModel(BaseCallbackHandler):
    """Adds the name of the model to the first text of a reply."""

    run_inline = True  # before the others, which look at what it adds

    def on_llm_end(self, response: LLMResult, **_: object) -> None:
        """Add the name that the client gives to the reply as a whole."""
        name = (response.llm_output or {}).get("model_name")
        first = next((g for group in response.generations for g in group[:1]), None)
        if name and isinstance(first, ChatGeneration):
            about = first.message.response_metadata
            first.message.response_metadata = {"model_name": name, **about}


def named(callbacks: Callbacks) -> Callbacks:
    """Return callbacks that are told the model's name."""
    if isinstance(callbacks, BaseCallbackManager):
        copied = callbacks.copy()
        copied.add_handler(NameTheModel(), inherit=False)
        return copied
    return [*(callbacks or []), NameTheModel()]
