"""How a reward model takes tokens: which one is padding, and how many it holds."""

from __future__ import annotations

from ...models.local.import_torch import Untyped
from .spec import HfSource

_UNLIMITED = 1_000_000  # a tokenizer without a limit names a number beyond this


def padding_token(tokenizer: Untyped, model: Untyped) -> int:
    """Return the padding token that the model tells from text; give it one if it has none.

    Never the end-of-text token unless the model's own config says so: decoders read their
    score at the last token that is not padding, which would then be the wrong one.
    """
    config, own = model.config.get_text_config(), tokenizer.pad_token_id
    if config.pad_token_id is not None:
        return int(config.pad_token_id)
    ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    if own is None or own in {*ends, tokenizer.eos_token_id}:
        token = "<|tpo-padding|>"  # noqa: S105  a word of the vocabulary
        tokenizer.add_special_tokens({"pad_token": token})
        own = tokenizer.pad_token_id
        if own >= model.get_input_embeddings().num_embeddings:
            model.resize_token_embeddings(own + 1, mean_resizing=False)
    config.pad_token_id = own
    return int(own)


def most_tokens(source: HfSource, model: Untyped, tokenizer: Untyped) -> int:
    """Return the most tokens of a text: the least limit that anything names."""
    limits = [source.max_tokens, tokenizer.model_max_length]
    limits.append(getattr(model.config.get_text_config(), "max_position_embeddings", None))
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None):
            # Of the RoBERTa kind: positions begin after the padding's.
            limits.append(module.num_embeddings - module.padding_idx - 1)
    known = [int(limit) for limit in limits if limit and 0 < limit < _UNLIMITED]
    return min(known, default=_UNLIMITED)
