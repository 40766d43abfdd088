"""Whether a model's head is one of transformers, known from small files before weights are loaded.

Several reward models bring a head of their own (QRM, URM, ArmoRM, INF-ORM, LDL). Read with the
usual class they would get a random head, after minutes of loading.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from ...core.errors import ConfigError
from ...core.json_types import JsonObject
from ...models.local.import_torch import Untyped
from .head import label_weights
from .spec import HfSource
from .trust import TRUST

INDEX, WHOLE = "model.safetensors.index.json", "model.safetensors"
# Weights that a file may hold beside those of the head: of the language model, or computed.
_HARMLESS = ("lm_head.", "score.bias")
_COMPUTED = ("inv_freq", "position_ids")


def check_config(source: HfSource, transformers: Untyped, about: JsonObject) -> None:
    """Refuse a model whose class is not in transformers.

    Args:
        source: Which model.
        transformers: The package.
        about: Which revision.

    Raises:
        ConfigError: its class is its own; the sentence says what would run it.
    """
    config, _ = transformers.PretrainedConfig.get_config_dict(source.model, **about)
    made_as = (config.get("architectures") or [""])[0]
    code = (config.get("auto_map") or {}).get("AutoModelForSequenceClassification")
    if not code and (not made_as or hasattr(transformers, made_as)):
        return
    begin = f"reward 'hf:{source.model}' has a head of its own ({made_as or code})"
    if not code:
        raise ConfigError(
            f"{begin}, whose code is neither in transformers nor in its repository: load it as its "
            "model card says, and give a function (query, answer) -> float that asks it"
        )
    raise ConfigError(
        f"{begin}, whose code is in its repository. To run it, read that code and allow the "
        f"revision you have read in the environment: {TRUST}={source.model}@REVISION"
    )


def check_files(source: HfSource, torch: Untyped, transformers: Untyped, about: JsonObject) -> None:
    """Refuse a model whose files do not hold the head of its class, before they are read.

    Raises:
        ConfigError: as `check_weights` and `label_weights` say.
    """
    config = transformers.AutoConfig.from_pretrained(source.model, **about)
    try:
        with torch.device("meta"):  # without weights
            empty = transformers.AutoModelForSequenceClassification.from_config(config)
    except Exception:  # noqa: BLE001  it wants to compute at once: loading will tell
        return
    names, prefix = weight_names(source), empty.base_model_prefix
    label_weights(source, config, check_weights(source, empty.state_dict(), names, prefix))


def check_weights(
    source: HfSource, expected: Iterable[str], names: Iterable[str], prefix: str
) -> list[str]:
    """Compare the weights of a head with those in the files.

    Args:
        source: Which model.
        expected: Names of all weights that the class of transformers has.
        names: Names of all weights in the files.
        prefix: What the names of the language model under the head begin with.

    Returns:
        Names of weights of the head that are not in the files; without others in their place
        it is a language model.

    Raises:
        ConfigError: the files hold another head.
    """
    known, found = set(expected), set(names)
    if not any(name.startswith(f"{prefix}.") for name in found):
        return []  # named in another way: loading will tell
    missing = sorted(n for n in known - found if not n.startswith(f"{prefix}."))
    own = sorted(
        name
        for name in found - known
        if not name.startswith((f"{prefix}.", *_HARMLESS)) and not name.endswith(_COMPUTED)
    )
    if own:
        shown = ", ".join(own[:3]) + (", ..." if len(own) > 3 else "")
        raise ConfigError(
            f"reward 'hf:{source.model}' has a head of its own: its files hold {shown}, which no "
            "classifier of transformers has. Load it as its model card says, and give a function "
            "(query, answer) -> float that asks it"
        )
    return missing


def weight_names(source: HfSource) -> set[str]:
    """Return the names of the weights in a model's files without loading them, if that can be done.

    A small index is fetched from the hub; of a single file, its first kilobytes.
    """
    hub, revision = import_module("huggingface_hub"), source.revision or None
    folder = Path(source.model)
    try:
        if folder.is_dir():
            index, whole = folder / INDEX, folder / WHOLE
        else:
            index = Path(hub.hf_hub_download(source.model, INDEX, revision=revision))
            whole = index
        if index.is_file():
            return set(json.loads(index.read_text(encoding="utf-8"))["weight_map"])
        with import_module("safetensors").safe_open(str(whole), "numpy") as file:
            return set(file.keys())
    except Exception:  # noqa: BLE001  not there, or in another form: loading will tell
        return set()
