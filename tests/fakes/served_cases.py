"""The served rewards in every way they can be asked, each with its server and its truth."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import reward_servers as servers
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from reward_servers import BOS, RewardServer, as_pair, as_text

from tpo.core.conversation import read_conversation
from tpo.rewards.served.llamacpp import LlamaCppReward
from tpo.rewards.served.reward import ServedReward
from tpo.rewards.served.sglang import SglangReward
from tpo.rewards.served.tei import TeiReward
from tpo.rewards.served.vllm import VllmReward

ONE_TURN = [HumanMessage("Why is the sky blue?")]
HISTORY = [
    SystemMessage("Be brief; say “ja” to nobody."),
    HumanMessage("Hello"),
    AIMessage([{"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "Hi!"}]),
    HumanMessage([{"type": "text", "text": "Why is "}, {"type": "text", "text": "grass green?"}]),
]


class CharTokenizer:
    """A Hugging Face tokenizer as far as it is used: one token per character, and a BOS.

    Its chat template writes the BOS too, as those of Llama do.
    """

    chat_template = "there is one"
    suffix = ""  # what it adds at the end

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        if add_special_tokens:
            text = BOS + text + self.suffix
        return {"input_ids": [ord(c) for c in text.replace(BOS, "\0")]}

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        return [BOS if i == 0 else chr(i) for i in ids]

    def apply_chat_template(self, chat: Sequence[dict[str, Any]], tokenize: bool) -> str:
        assert not tokenize
        return BOS + as_text(chat)


def install_tokenizer(
    patch: pytest.MonkeyPatch, load: Callable[[], object] = CharTokenizer
) -> None:
    """Put a `transformers` in place that loads one tokenizer, by the name of `chars`."""

    def from_pretrained(name: str) -> object:
        if name != "chars":
            raise OSError(f"{name} is not a local folder")
        return load()

    module = SimpleNamespace(AutoTokenizer=SimpleNamespace(from_pretrained=from_pretrained))
    patch.setitem(sys.modules, "transformers", module)


def chat_text(messages: Sequence[AnyMessage], answer: str) -> str:
    """Return the chat as the models read it."""
    roles = {"system": "system", "human": "user", "ai": "assistant"}
    chat = [{"role": roles[m.type], "content": m.text} for m in messages]
    return as_text([*chat, {"role": "assistant", "content": answer}])


def pair_text(messages: Sequence[AnyMessage], answer: str) -> str:
    """Return the pair as the rerankers read it."""
    return as_pair(read_conversation(messages).text, answer)


@dataclass(frozen=True)
class Case:
    """One way to ask: the server, the adapter, its options, and what the model reads."""

    server: type[RewardServer]
    reward: type[ServedReward]
    options: dict[str, Any]
    text: Callable[[Sequence[AnyMessage], str], str]

    def at(self, server: RewardServer, **options: Any) -> ServedReward:
        """Return the adapter for a running server."""
        return self.reward(server.url, **{**self.options, **options})

    def scores(
        self, messages: Sequence[AnyMessage], answers: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return the right result."""
        values = [servers.score_of(self.text(messages, answer)) for answer in answers]
        return [{"reward": value, "error": None} for value in values]


def _with_bos(messages: Sequence[AnyMessage], answer: str) -> str:
    return BOS + chat_text(messages, answer)


CASES = {
    "vllm": Case(servers.VllmServer, VllmReward, {}, chat_text),
    "sglang": Case(servers.SglangServer, SglangReward, {"tokenizer": "chars"}, _with_bos),
    "tei-text": Case(servers.TeiServer, TeiReward, {"tokenizer": "chars"}, _with_bos),
    "tei-pair": Case(servers.TeiServer, TeiReward, {}, pair_text),
    "llamacpp": Case(servers.LlamaCppServer, LlamaCppReward, {}, pair_text),
}
