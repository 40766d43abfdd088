"""A sequence classifier of transformers in this process: loaded, checked, asked for logits."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import ConfigError, evidence
from ...models.import_torch import Untyped, device_name, import_torch
from .batcher import Tokens
from .head import label_weights
from .padding_and_length import most_tokens, padding_token
from .spec import HfSource
from .tokenize_chat import Renderer

# Most padded tokens of a batch. On a CPU 512 gained 1.3 to 1.6 times over one text at a
# time, and a batch of everything lost half (benchmarks/reward_throughput.py).
CPU_TOKENS, DEVICE_TOKENS = 512, 16_384


@dataclass(frozen=True, eq=False)
class HfModel:
    """A loaded reward model.

    Attributes:
        accepts: Names of its inputs; a tokenizer may make more.
        renderer: Makes its tokens.
        batch_tokens: Most padded tokens of a batch on its device.
    """

    torch: Untyped
    model: Untyped
    weights: Untyped  # a tensor, one number per label
    pad: int
    accepts: frozenset[str]
    renderer: Renderer
    batch_tokens: int

    def forward(self, batch: Sequence[Tokens]) -> list[float]:
        """Return one raw logit (or weighted sum of logits) per text, padded on the right."""
        torch, longest = self.torch, max(len(tokens["input_ids"]) for tokens in batch)
        inputs = {}
        for name in self.accepts & batch[0].keys():
            fill = self.pad if name == "input_ids" else 0
            rows = [t[name] + [fill] * (longest - len(t[name])) for t in batch]
            inputs[name] = torch.tensor(rows, device=self.model.device)
        with torch.inference_mode():
            logits = self.model(**inputs).logits.float()
        return [float(score) for score in (logits * self.weights).sum(-1).tolist()]


def load(source: HfSource) -> HfModel:
    """Load a model and refuse what would score nonsense. Blocks, for minutes if it must.

    Raises:
        MissingDependencyError: the extra is not installed.
        ConfigError: there is no such model, it is not a classifier, or its labels and the
            weights do not fit.
    """
    torch, transformers = import_torch(f"reward 'hf:{source.model}'", "transformers")
    device = device_name(torch, source.device)
    try:
        place = torch.device(device)
        model, tokenizer, weights = _read(torch, transformers, source, on_cpu=place.type == "cpu")
        pad = padding_token(tokenizer, model)
        model = model.to(place).eval()
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001  hub, files, architecture, device: all fail their own way
        raise ConfigError(
            f"reward 'hf:{source.model}' could not be loaded on {device}: name a folder with a "
            "sequence classifier in it, or an id of the Hugging Face hub (a gated one needs "
            f"HF_TOKEN; without network it must be there already: hf download {source.model}); "
            f"{evidence(error)}"
        ) from None
    return HfModel(
        torch=torch,
        model=model,
        weights=torch.tensor(weights, device=place),
        pad=pad,
        accepts=frozenset(inspect.signature(model.forward).parameters),
        renderer=Renderer(tokenizer, most_tokens(source, model, tokenizer), source.pair),
        batch_tokens=source.batch_tokens or (CPU_TOKENS if place.type == "cpu" else DEVICE_TOKENS),
    )


def _read(
    torch: Untyped, transformers: Untyped, source: HfSource, *, on_cpu: bool
) -> tuple[Untyped, Untyped, list[float]]:
    """Return the model, its tokenizer and what its labels count."""
    name = source.dtype or ("float32" if on_cpu else "auto")
    dtype = name if name == "auto" else getattr(torch, name)
    # A model's own code is never run; left open, transformers asks at the terminal.
    own_code = {"trust_remote_code": False}
    tokenizer = transformers.AutoTokenizer.from_pretrained(source.model, **own_code)
    if not source.pair and not tokenizer.chat_template:
        raise ConfigError(
            f"reward 'hf:{source.model}' has no chat template: if it was trained on pairs of "
            "question and answer, add ?input=pair"
        )
    tokenizer.truncation_side = "right"
    model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
        source.model, output_loading_info=True, dtype=dtype, **own_code
    )
    model.config.get_text_config().use_cache = False
    return model, tokenizer, label_weights(source, model.config, sorted(report["missing_keys"]))
