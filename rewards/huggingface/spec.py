"""What an `hf:` spec says: which model, and how it is run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from ...core.errors import SpecError, evidence
from ...core.json_types import JsonObject

FORM = "hf:MODEL_OR_PATH?device=cpu&dtype=float32"
LOAD_TIMEOUT = 1800.0  # half an hour: 16 GB at 10 MB/s
DTYPES = ("float32", "bfloat16", "float16", "auto")


@dataclass(frozen=True)
class HfSource:
    """What is loaded; equal sources share one model.

    Args:
        model: A hub id, or the absolute path of a folder.
        device: `cpu`, `cuda`, `cuda:1`, `mps`; "" leaves the choice (`models/torch_device`).
        dtype: One of `DTYPES`; "" is float32 on the CPU, elsewhere what the weights are in.
        weights: Per label of a head with several, what it counts: `(("helpful", 0.7), ...)`.
        max_tokens: Cuts texts that are longer, if the model would not.
        batch_tokens: Most padded tokens of a batch.
        pair: Encode query and answer as a pair instead of with a chat template.
        revision: Branch, tag or commit of the hub; "" is the newest.
        template: A jinja file to write conversations with in place of the tokenizer's own.
        device_map: Spread the model over devices, as `accelerate` does it: `auto`, `balanced`.
        load_timeout: Seconds after which loading is given up as too slow.
    """

    model: str
    device: str = ""
    dtype: str = ""
    weights: tuple[tuple[str, float], ...] = ()
    max_tokens: int | None = None
    batch_tokens: int | None = None
    pair: bool = False
    revision: str = ""
    template: str = ""
    device_map: str = ""
    load_timeout: float = field(default=LOAD_TIMEOUT, compare=False)

    def __str__(self) -> str:
        """The model and what changes its scores beyond rounding, as a spec has it."""
        weights = ",".join(f"{quote(label)}:{weight:g}" for label, weight in self.weights)
        pair = "pair" if self.pair else ""
        shown: JsonObject = {"weights": weights, "max_tokens": self.max_tokens, "input": pair}
        shown |= {"revision": quote(self.revision), "template": quote(self.template)}
        options = "&".join(f"{key}={value}" for key, value in shown.items() if value)
        return self.model + (f"?{options}" if options else "")


def read_spec(rest: str) -> HfSource:
    """Return the source that a spec names.

    Args:
        rest: A hub id or a folder, then options as in `?device=cuda:1&dtype=bfloat16`,
            percent-encoded where they need it: `device`, `dtype` (float32, bfloat16,
            float16, auto), `weights` (for a head with several labels:
            `helpful:0.7,honest:0.3`), `max_tokens` (longer texts are cut),
            `batch_tokens` (most of a batch), `input` (chat or pair), `revision` (of the hub),
            `template` (a jinja file in place of the tokenizer's), `device_map` (auto, balanced:
            over several devices), `load_timeout` (seconds; 1800 unless given).

    Raises:
        SpecError: malformed, or an unknown option.

    Example:
        >>> read_spec("some/reward-model?device=cuda:1").device
        'cuda:1'
    """
    model, _, query = rest.strip().partition("?")
    if not model:
        raise SpecError(f"reward 'hf' names no model: {FORM}")
    options: JsonObject = {}
    for pair in filter(None, query.split("&")):
        name, _, text = pair.partition("=")
        field = "pair" if name == "input" else name
        if name not in _READERS or not text or field in options:
            raise SpecError(
                f"hf: option {evidence(name)!r} is unknown, empty or given twice. "
                f"Valid options: {', '.join(_READERS)}"
            )
        try:
            options[field] = _READERS[name](text if name == "weights" else unquote(text))
        except ValueError as error:
            raise SpecError(f"hf: option {name}={evidence(text)}: {error}") from None
    if "device" in options and "device_map" in options:
        raise SpecError("hf: give device= or device_map=, not both: each says where the model is")
    return HfSource(model, **options)


def _weights(text: str) -> tuple[tuple[str, float], ...]:
    pairs = [part.rpartition(":") for part in text.split(",")]
    weights = {unquote(label): float(number) for label, _, number in pairs}
    if len(weights) < len(pairs) or "" in weights or not all(map(math.isfinite, weights.values())):
        raise ValueError("say LABEL:NUMBER, each label once, as in helpful:0.7,honest:0.3")
    return tuple(weights.items())


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("a number of tokens, 1 or more")
    return int(text)


def _positive(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError("a number of seconds above 0")
    return seconds


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text

    return read


_READERS: dict[str, Callable[[str], object]] = {
    "device": str,
    "dtype": _one_of(*DTYPES),
    "weights": _weights,
    "max_tokens": _count,
    "batch_tokens": _count,
    "input": lambda text: _one_of("chat", "pair")(text) == "pair",
    "revision": str,
    "template": str,
    "device_map": str,
    "load_timeout": _positive,
}
