"""A served reward that is sent text: a template writes the conversation on this side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import AnyMessage, HumanMessage

from ..caching.identity import named_with
from ..chat import chat_of
from .doubtful_scores import QUESTION, SOUND
from .reward import ServedReward
from .template import FileTemplate, Template, template_of

OPTIONS = "tokenizer=MODEL (its chat template; a hub id or folder) or template=FILE (jinja)"


@dataclass(frozen=True, eq=False, kw_only=True)
class TemplatedReward(ServedReward):
    """Base of the rewards whose server has no chat template of its own.

    Args:
        tokenizer: A Hugging Face tokenizer with a chat template, by hub id or folder
            (extra `huggingface`).
        template: A jinja file instead (package `jinja2`).
    """

    tokenizer: str | None = None
    template: str | None = None
    _template: Template | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_template", template_of(self.tokenizer, self.template))

    @property
    def identity(self) -> str:
        """What its kept scores depend on: the name, and what is in the template's file."""
        own = self._template
        return named_with(self.name, own.text if isinstance(own, FileTemplate) else "")

    async def probe(self) -> str:
        """Probe the scores, and compare the server's tokens with the template's."""
        said = [await super().probe()]
        if self._template:
            chat = chat_of([HumanMessage(QUESTION)], SOUND[0])
            if warning := await asyncio.to_thread(self._template.warning, chat):
                said.append(f"reward {self.name}: {warning}")
        return ". ".join(filter(None, said))


async def write_texts(
    template: Template, messages: Sequence[AnyMessage], answers: Sequence[str]
) -> list[str]:
    """Return the conversation with each answer as text."""
    chats = [chat_of(messages, answer) for answer in answers]
    # In a thread: the first use reads files, and may fetch the tokenizer.
    return await asyncio.to_thread(lambda: [template.render(chat) for chat in chats])
