"""From a conversation to token ids and from there to new ones, on a transformers model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from importlib import import_module

from langchain_core.messages import BaseMessage

from ...core.json_types import JsonObject
from ...core.message_json import role_of
from ...core.message_text import message_words
from .import_torch import Untyped

GREEDY: JsonObject = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}

Prompt = dict[str, Untyped]
Watch = Callable[[list[int]], bool]


def read_messages(tokenizer: Untyped, messages: Sequence[BaseMessage]) -> Prompt:
    """Return a conversation in the model's own format: tensors of one row.

    A template that refuses a system turn gets it at the head of the first user turn.
    """
    turns = [{"role": role_of(m), "content": message_words(m)} for m in messages]

    def render() -> Prompt:
        encoded = tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=True, return_tensors="pt"
        )
        return {name: encoded[name] for name in ("input_ids", "attention_mask")}

    try:
        return render()
    except Exception:
        if len(turns) < 2 or turns[0]["role"] != "system":
            raise
        system = turns.pop(0)
        turns[0]["content"] = f"{system['content']}\n\n{turns[0]['content']}"
        return render()


def sampling(own: Untyped, temperature: float | None, top_p: float | None) -> JsonObject:
    """Return the sampling parameters of `generate`; one that is not named is the model's own.

    Args:
        own: The model's `generation_config`.
        temperature: 0 is greedy, `None` the model's own.
        top_p: `None` is the model's own.
    """
    if temperature == 0:
        return {**GREEDY}
    # The model's own top_k stands, but nobody chose transformers' fallback of 50.
    options: JsonObject = {"top_k": own.top_k or 0}
    if temperature is not None:
        options |= {"do_sample": True, "temperature": temperature}
    if top_p is not None:
        options["top_p"] = top_p
    return options


def write_on(
    model: Untyped, prompt: Prompt, n: int, seed: int | None, options: JsonObject, watch: Watch
) -> list[list[int]]:
    """Return `n` continuations, each up to and with the token that ends it, if one does.

    Args:
        model: A causal language model.
        prompt: From `read_messages`; with `n > 1` it is computed once.
        n: Texts wanted.
        seed: Of torch's random numbers, which are left as they were; `None` goes on with them.
        options: Further parameters of `generate`.
        watch: Called after each token with the first text so far; true stops all texts.
    """
    torch, length = import_module("torch"), prompt["input_ids"].shape[1]
    prompt = {name: rows.to(model.device) for name, rows in prompt.items()}

    def stop(ids: Untyped, _scores: Untyped, **_: object) -> Untyped:
        return torch.full((len(ids),), watch(ids[0, length:].tolist()), device=ids.device)

    if n > 1:
        options = {**options, "cache": _read_once(torch, model, prompt, n)}
        prompt = {name: rows.repeat(n, 1) for name, rows in prompt.items()}
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices, enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        ids = model.generate(**prompt, **options, stopping_criteria=[stop])
    ends, rows = end_tokens(model), ids[:, length:].tolist()
    marks = [next((i for i, token in enumerate(row) if token in ends), len(row)) for row in rows]
    return [row[: mark + 1] for row, mark in zip(rows, marks, strict=True)]


def end_tokens(model: Untyped) -> list[int]:
    """Return the tokens that end a text."""
    ends = model.generation_config.eos_token_id
    return ends if isinstance(ends, list) else [ends]


def _read_once(torch: Untyped, model: Untyped, prompt: Prompt, n: int) -> Untyped:
    """Return a cache with the prompt in it, computed once and laid out for `n` texts.

    Its last token is left to `generate`, which needs one to begin with. `None` if the
    model keeps no such cache: then the prompt is computed `n` times.
    """
    if "cache" not in inspect.signature(model.forward).parameters:
        return None
    start = {name: rows[:, :-1] for name, rows in prompt.items()}
    read = model.generate(**start, **GREEDY, max_new_tokens=1, return_dict_in_generate=True)
    if type(read.cache).__name__ != "DynamicCache":
        return None
    read.cache.reorder_cache(torch.zeros(n, dtype=torch.long, device=model.device))
    return read.cache
