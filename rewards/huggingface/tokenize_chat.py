"""From a conversation and an answer to the tokens a reward model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import RewardError, evidence
from ...core.special_tokens import as_text
from ...models.local.import_torch import Untyped
from ..chat import Chat
from ..chat_forms import rendered, special_tokens
from ..remarks import remark
from .batcher import Tokens

_PLACE = "Here-stands-the-answer"  # nothing a template would strip or escape


class Cut(Tokens):
    """Tokens of a text that lost the end of its answer."""


@dataclass(frozen=True)
class Renderer:
    """Writes a conversation the way its model's chat template does, and no other token.

    A text that is too long loses the end of the answer; what the template writes after the
    answer (its end-of-turn) stays, for that is where decoders read their score.

    Args:
        tokenizer: The model's own; not shared with other threads.
        room: Most tokens the model holds.
        pair: Encode query and answer as a pair of texts, as cross-encoders without a chat
            template want it. Only the last human turn is seen then.
    """

    tokenizer: Untyped
    room: int
    pair: bool = False

    def tokens(self, chat: Chat) -> Tokens:
        """Return the tokens of a chat whose last turn is the answer.

        Raises:
            RewardError: the conversation alone fills the model, or the template refuses it.
        """
        if self.pair:
            return self._pair(chat)
        whole = self._encode(self._text(chat))
        ids = whole["input_ids"]
        if len(ids) <= self.room:
            return whole
        # Take tokens out of the answer's end, so that the rest is as it was.
        bare = self._text([*chat[:-1], {**chat[-1], "content": _PLACE}])
        head, _, tail = bare.rpartition(_PLACE)
        first = _same(ids, self._encode(head)["input_ids"])
        last = _same(ids[::-1], self._encode(tail)["input_ids"][::-1])
        end = self.room - last
        if end <= first:
            raise self._too_long(first + last)
        return Cut({name: row[:end] + row[len(row) - last :] for name, row in whole.items()})

    def _text(self, chat: Chat) -> str:
        def render(form: Chat) -> str:
            return str(self.tokenizer.apply_chat_template(form, tokenize=False))

        try:
            return rendered(render, chat, special_tokens(self.tokenizer))
        except Exception as error:  # noqa: BLE001  a template raises what it likes
            raise RewardError(
                f"the reward model's chat template refuses the conversation: {evidence(error)}"
            ) from None

    def _encode(self, text: str) -> Tokens:
        # The template has written BOS already, if the model wants one.
        encoded = self.tokenizer(text, add_special_tokens=False, verbose=False)
        return {name: encoded[name] for name in encoded if name in self.tokenizer.model_input_names}

    def _pair(self, chat: Chat) -> Tokens:
        query = next(turn["content"] for turn in reversed(chat[:-1]) if turn["role"] == "user")
        special = special_tokens(self.tokenizer)
        query, answer = (as_text(text, special) for text in (query, chat[-1]["content"]))
        frame = len(self.tokenizer([query], [""])["input_ids"][0])
        if frame >= self.room:
            raise self._too_long(frame)
        cut = {"truncation": "only_second", "max_length": self.room, "verbose": False}
        # As lists: a bare "" would be taken for no second text.
        encoded = self.tokenizer([query], [answer], **cut)
        names = self.tokenizer.model_input_names
        tokens = {name: encoded[name][0] for name in encoded if name in names}
        if len(tokens["input_ids"]) < self.room:
            return tokens
        whole = self.tokenizer([query], [answer], verbose=False)["input_ids"][0]
        return Cut(tokens) if len(whole) > self.room else tokens

    def _too_long(self, count: int) -> RewardError:
        return RewardError(
            f"the reward model holds {self.room} tokens and the conversation alone has {count}, "
            "so nothing of the answer would be scored"
        )


def tell_cuts(name: str, written: Sequence[object], room: int) -> None:
    """Tell the person if one of these texts was cut."""
    if any(isinstance(one, Cut) for one in written):
        remark(
            f"reward {name!r} reads {room} tokens: an answer that is longer with its conversation "
            "is scored without its end"
        )


def _same(ids: Sequence[int], others: Sequence[int]) -> int:
    """Count how many tokens two texts begin with in common."""
    count = 0
    for one, other in zip(ids, others, strict=False):
        if one != other:
            break
        count += 1
    return count
