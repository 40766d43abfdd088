"""Several texts of one stream: each piece says by its `index` which of them it belongs to.

LangChain's stream is one text, so it would merge them. What the client library reads is filed here
instead, while it is read, and the request ends like one whose texts come whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from langchain_core.messages import AIMessageChunk, message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from ...core.json_types import JsonObject
from ..failures.broken_reply import MixedTextsError, UnfinishedStreamError
from ..reported_usage import Counted, counted_in_stream, of_several
from .join_pieces import joined

filing: ContextVar[Choices | None] = ContextVar("filing", default=None)
"""Takes the pieces of the request that is made in this context."""


@dataclass
class Choices:
    """The pieces of one stream (local to one request).

    Attributes:
        on_text: Takes each piece of text, with the index of the text.
        texts: The pieces by index.
        beside: Those of no text: the usage, as a rule.
        done: Holds `True` once the stream said that it is complete.
    """

    on_text: Callable[[str, int], None] | None = None
    texts: dict[int, list[AIMessageChunk]] = field(default_factory=dict)
    beside: list[AIMessageChunk] = field(default_factory=list)
    done: list[bool] = field(default_factory=list)
    _over: set[int] = field(default_factory=set)

    def take(self, made: ChatGenerationChunk, index: int | None) -> None:
        """File a piece; the index of one that belongs to no text is `None`.

        Raises:
            MixedTextsError: its text was over already, so it must be a piece of another.
        """
        piece = made.message
        if not isinstance(piece, AIMessageChunk):
            return
        piece.response_metadata = {**(made.generation_info or {}), **piece.response_metadata}
        if index is None:
            self.beside.append(piece)
            return
        if piece.text and index in self._over:
            raise MixedTextsError("a text went on in the stream after its end")
        self.texts.setdefault(index, []).append(piece)
        if piece.response_metadata.get("finish_reason"):
            self._over.add(index)
        if self.on_text and piece.text:
            self.on_text(piece.text, index)

    @property
    def counted(self) -> Counted | None:
        """What the server counted: once for all texts, or for each of them."""
        each = [*filter(None, map(counted_in_stream, self.texts.values()))]
        return counted_in_stream(self.beside) or of_several(each)

    def about(self, name: str) -> object:
        """Return what a piece says of the reply as a whole, or ""."""
        pieces = (piece for pieces in self.texts.values() for piece in pieces)
        return next(filter(None, (p.response_metadata.get(name) for p in pieces)), "")

    def result(self) -> ChatResult:
        """Return the texts as one reply that came whole.

        Raises:
            UnfinishedStreamError: there is none, or one of them has no end.
        """
        if not self.texts:
            raise UnfinishedStreamError("the stream held no piece of a reply")
        more, made = JsonObject(usage_metadata=self._usage()), list[ChatGeneration]()
        for _, pieces in sorted(self.texts.items()):
            whole = message_chunk_to_message(joined(pieces, ended=bool(self.done)))
            why = {"finish_reason": whole.response_metadata.get("finish_reason")}
            message = whole.model_copy(update=more)
            made.append(ChatGeneration(message=message, generation_info=why))
        names = ("model_name", "system_fingerprint")
        return ChatResult(generations=made, llm_output={n: self.about(n) for n in names})

    def _usage(self) -> JsonObject | None:
        """Return the usage of the whole request in LangChain's form."""
        pieces = [*(piece for pieces in self.texts.values() for piece in pieces), *self.beside]
        told, counted = [p.usage_metadata for p in pieces if p.usage_metadata], self.counted
        if not told or not counted:
            return None
        total = counted.input + counted.output
        sums = {"input_tokens": counted.input, "output_tokens": counted.output}
        return {**told[-1], **sums, "total_tokens": total}


def index_of(choice: Mapping[str, object], place: int, beside: int) -> int:
    """Return which text a piece belongs to.

    Args:
        choice: The piece.
        place: Where it stands in its chunk, from 0.
        beside: How many pieces the chunk holds.

    Raises:
        MixedTextsError: it does not say so, and it is alone in its chunk.
    """
    index = choice.get("index")
    if isinstance(index, int) and index >= 0:
        return index
    if beside > 1:
        return place
    raise MixedTextsError("the stream does not say which of the texts a piece belongs to")
