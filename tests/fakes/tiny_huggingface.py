"""A tiny random language model in Hugging Face's format, made on the spot: it writes noise."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's library is first imported
os.environ["TPO_HF_DEVICE"] = "cpu"  # the same on every machine

EXTRA = "needs the extra: pip install 'tpo[huggingface]'"
ENDS = ["<|end|>", "<|stop|>"]
TURNS = ["<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"]
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
ROOM = 16_384


def need_extra() -> Any:
    """Return torch, or skip the test where the extra is not installed."""
    torch = pytest.importorskip("torch", reason=EXTRA)
    for package in ("transformers", "langchain_huggingface"):
        pytest.importorskip(package, reason=EXTRA)
    return torch


def save_tiny(
    folder: Path,
    *,
    template: str | None = TEMPLATE,
    kind: str = "Llama",
    config: dict[str, Any] | None = None,
    generation: dict[str, Any] | None = None,
) -> str:
    """Save a model of two layers whose tokens are bytes; the same one every time.

    Args:
        folder: Where to.
        template: The chat template; `None` makes a base model.
        kind: The architecture, as transformers names its classes.
        config: Further settings of it.
        generation: Settings of the model's own generation_config.
    """
    torch, transformers = need_extra(), import_module("transformers")
    tokenizer = tiny_tokenizer(template)
    ends = tokenizer.convert_tokens_to_ids(ENDS)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": len(tokenizer)}
    special = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": ends, "pad_token_id": None}
    if kind != "Mamba":
        sizes |= {"intermediate_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2}
        sizes |= {"max_position_embeddings": ROOM}
    setup = getattr(transformers, f"{kind}Config")(**{**sizes, **special, **(config or {})})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(transformers, f"{kind}ForCausalLM")(setup)
    model.generation_config.update(**(generation or {}))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def tiny_tokenizer(template: str | None) -> Any:
    """Return a tokenizer whose tokens are bytes and marks of turns; text gets a BOS, as Llama's."""
    parts = import_module("tokenizers")
    raw = parts.Tokenizer(parts.models.BPE())
    raw.pre_tokenizer = parts.pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = parts.decoders.ByteLevel()
    special = ["<s>", *ENDS, *TURNS]
    alphabet = parts.pre_tokenizers.ByteLevel.alphabet()
    trainer = parts.trainers.BpeTrainer(
        vocab_size=len(alphabet) + len(special),  # no room for merges: one token per byte
        initial_alphabet=alphabet,
        special_tokens=special,
        show_progress=False,
    )
    raw.train_from_iterator([""], trainer)
    # Like Llama's: text without a template gets a BOS of its own.
    raw.post_processor = parts.processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", raw.token_to_id("<s>"))]
    )
    return import_module("transformers").PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token=ENDS[0], chat_template=template
    )
