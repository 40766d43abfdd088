"""A sequence classifier of transformers in this process: loaded, checked, asked for logits."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import WHOLE_REASON, ConfigError, RewardError, evidence
from ...core.json_types import JsonObject
from ...models.local.import_torch import Untyped, device_name, import_torch
from .batcher import Tokens
from .head import in_float32, label_weights
from .own_head import check_config, check_files
from .padding_and_length import most_tokens, padding_token
from .spec import HfSource
from .tokenize_chat import Renderer
from .trust import trust_of

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
            output = self.model(**inputs)
        own = getattr(output, "score", None)  # what heads of their own call it
        found = output.logits if own is None else own
        numbers = found.float().cpu().reshape(len(batch), -1)
        if numbers.shape[1] != len(self.weights):
            raise RewardError(
                f"the reward model gave {numbers.shape[1]} numbers per text and not "
                f"{len(self.weights)}"
            )
        return [float(score) for score in (numbers * self.weights).sum(-1).tolist()]


def load(source: HfSource) -> HfModel:
    """Load a model and refuse what would score nonsense. Blocks, for minutes if it must.

    Raises:
        MissingDependencyError: the extra is not installed.
        ConfigError: there is no such model, it is not a classifier, or its labels and the
            weights do not fit.
    """
    torch, transformers = import_torch(f"reward 'hf:{source.model}'", "transformers")
    device = source.device_map or device_name(torch, source.device)
    try:
        place = torch.device("meta" if source.device_map else device)
        model, tokenizer, weights = _read(torch, transformers, source, on_cpu=place.type == "cpu")
        pad = padding_token(tokenizer, model)
        model = (model if source.device_map else model.to(place)).eval()
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001  hub, files, architecture, device: all fail their own way
        raise ConfigError(
            f"reward 'hf:{source.model}' could not be loaded on {device}: "
            f"{evidence(error, WHOLE_REASON)} | Name a folder with a sequence classifier in it, or "
            "an id of the Hugging Face hub (a gated one needs HF_TOKEN; without network it must be "
            f"there already: hf download {source.model})"
        ) from None
    accepts = frozenset(inspect.signature(model.forward).parameters)
    return HfModel(
        torch=torch,
        model=model,
        weights=torch.tensor(weights),
        pad=pad,
        accepts=accepts if "input_ids" in accepts else frozenset({"input_ids", "attention_mask"}),
        renderer=Renderer(tokenizer, most_tokens(source, model, tokenizer), source.pair),
        batch_tokens=source.batch_tokens or (CPU_TOKENS if place.type == "cpu" else DEVICE_TOKENS),
    )


def _read(
    torch: Untyped, transformers: Untyped, source: HfSource, *, on_cpu: bool
) -> tuple[Untyped, Untyped, list[float]]:
    """Return the model, its tokenizer and what its labels count."""
    about, trusted = trust_of(source)
    if not trusted:
        check_config(source, transformers, about)
    tokenizer = _tokenizer(transformers, source, about)
    if not trusted:
        check_files(source, torch, transformers, about)
    name = source.dtype or ("float32" if on_cpu else "auto")
    dtype = name if name == "auto" else getattr(torch, name)
    more = {"device_map": source.device_map} if source.device_map else {}
    model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
        source.model, output_loading_info=True, dtype=dtype, **about, **more
    )
    model.config.get_text_config().use_cache = False
    if trusted:
        return model, tokenizer, [weight for _, weight in source.weights] or [1.0]
    in_float32(torch, model)
    return model, tokenizer, label_weights(source, model.config, sorted(report["missing_keys"]))


def _tokenizer(transformers: Untyped, source: HfSource, about: JsonObject) -> Untyped:
    """Return the tokenizer, with the template of the spec if it names one."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(source.model, **about)
    if source.template:
        try:
            text = Path(source.template).expanduser().read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the template {source.template} cannot be read: {evidence(error)}; "
                "give the path of a Jinja file"
            ) from None
        tokenizer.chat_template = text
    if not source.pair and not tokenizer.chat_template:
        raise ConfigError(
            f"reward 'hf:{source.model}' has no chat template: if it was trained on pairs of "
            "question and answer, add ?input=pair; else name one with ?template=FILE"
        )
    tokenizer.truncation_side = "right"
    return tokenizer
