"""Tiny random reward models in Hugging Face's format, made on the spot, and an oracle for them.

Their tokens are bytes, so a hand can count them.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from tiny_huggingface import need_extra, tiny_tokenizer

ROOM = 160
END = "<|end|>"
# Each writes "answer, end-of-turn" in another way, as the families do.
LLAMA = (
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] | trim }}<|end|>"
    "{% endfor %}"
)
QWEN = (  # no BOS; an empty line of thought before the last answer; a line break at the end
    "{% for m in messages %}<|{{ m['role'] }}|>"
    "{% if loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m['content'] }}<|end|>{{ '\n' }}{% endfor %}"
)
CLS = "<s>{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}<|end|>"
TEMPLATES = {"Llama": LLAMA, "Qwen3": QWEN, "ModernBert": CLS}
FAMILIES = list(TEMPLATES)

ONE_TURN = [HumanMessage("Why is the sky blue?")]
HISTORY = [
    SystemMessage("Be brief."),
    HumanMessage("Hi"),
    AIMessage("Hello! \N{HERB}"),
    HumanMessage("Why?"),
]
CONVERSATIONS = {"one turn": ONE_TURN, "system and history": HISTORY}
ANSWERS = [
    "Rayleigh scattering.",
    "",
    "It is not.",
    "Because air scatters short waves more than long ones, and the eye sees the rest.",
    "\N{INVERTED QUESTION MARK}Qu\N{LATIN SMALL LETTER E WITH ACUTE}? \N{HERB}",
]


def save_reward(
    folder: Path,
    family: str = "Llama",
    *,
    template: str | None = "",
    pad: str | None = "<pad>",
    task: str = "SequenceClassification",
    config: dict[str, Any] | None = None,
) -> str:
    """Save a model of two layers; the same one every time.

    Args:
        folder: Where to.
        family: The architecture, as transformers names its classes.
        template: The chat template; "" is the family's, `None` is none.
        pad: The padding token of model and tokenizer; `None` is none.
        task: Which head it gets.
        config: Further settings of it.
    """
    torch, transformers = need_extra(), import_module("transformers")
    tokenizer = tiny_tokenizer(TEMPLATES[family] if template == "" else template)
    if pad:
        tokenizer.add_special_tokens({"pad_token": pad})
    sizes: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 4, "vocab_size": len(tokenizer), "num_labels": 1}
    sizes |= {"max_position_embeddings": ROOM, "bos_token_id": tokenizer.bos_token_id}
    sizes |= {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    if family == "ModernBert":
        sizes |= {"cls_token_id": sizes["bos_token_id"], "sep_token_id": sizes["eos_token_id"]}
    elif family == "Roberta":  # counts positions from the padding token's number on
        sizes["max_position_embeddings"] = ROOM + tokenizer.pad_token_id + 1
    elif family != "Bert":
        sizes |= {"num_key_value_heads": 2, "head_dim": 8}
    setup = getattr(transformers, f"{family}Config")(**{**sizes, **(config or {})})
    setup.initializer_range = 0.3  # scores that differ
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(transformers, f"{family}For{task}")(setup)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def written(family: str, messages: Sequence[Any], answer: str) -> tuple[str, str, str]:
    """Return what stands before the answer, the answer, and what stands after it, by hand."""
    roles = {"human": "user", "ai": "assistant", "system": "system"}
    turns = [(f"<|{roles[m.type]}|>", m.text) for m in messages]
    if family == "Llama":
        turns = [(role, text.strip()) for role, text in turns]
        head = "<s>" + "".join(f"{role}{text}<|end|>" for role, text in turns)
        return head + "<|assistant|>", answer.strip(), END
    if family == "Qwen3":
        head = "".join(f"{role}{text}<|end|>\n" for role, text in turns)
        return head + "<|assistant|><think>\n\n</think>\n\n", answer, END + "\n"
    return "<s>" + "".join(r + t for r, t in turns) + "<|assistant|>", answer, END


class Oracle:
    """Scores one text at a time, unpadded: as plain as can be.

    Args:
        folder: From `save_reward`.
        family: What it was saved as.
    """

    def __init__(self, folder: str, family: str = "Llama") -> None:
        self.torch, transformers = need_extra(), import_module("transformers")
        self.family = family
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=self.torch.float32
        )

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def fitted(self, messages: Sequence[Any], answer: str, room: int = ROOM) -> list[int]:
        """Return the tokens, with the answer cut so that all fit."""
        head, body, tail = (self.ids(part) for part in written(self.family, messages, answer))
        return head + body[: max(0, room - len(head) - len(tail))] + tail

    def logits(self, ids: list[int]) -> list[float]:
        with self.torch.no_grad():
            return self.model(input_ids=self.torch.tensor([ids])).logits[0].tolist()

    def scores(self, messages: Sequence[Any], answers: Sequence[str]) -> list[float]:
        return [self.logits(self.fitted(messages, answer))[0] for answer in answers]


def near(scores: Sequence[Any]) -> Any:
    """Return what equals scores to 1e-5."""
    return pytest.approx(list(scores), abs=1e-5, rel=0)


def rewards(results: Sequence[Any]) -> list[float]:
    """Return the numbers of results that must all be scored."""
    assert [r["error"] for r in results] == [None] * len(results)
    return [r["reward"] for r in results]
