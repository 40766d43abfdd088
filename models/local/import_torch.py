"""Where models that run in this process find torch, its companions and a device."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from ...core.errors import MissingDependencyError, evidence

DEVICE = "TPO_HF_DEVICE"
Untyped = Any
"""Something of torch or transformers. They are optional, so a type checker may not have them."""


def import_torch(what: str, *others: str) -> list[Untyped]:
    """Return torch and the other packages.

    Args:
        what: Who needs them, for the error: "policy 'huggingface:NAME'".
        others: Further packages of the extra `huggingface`.

    Raises:
        MissingDependencyError: one of them is not installed.
    """
    try:
        # torch first: transformers without it stays half-blind.
        return [import_module(name) for name in ("torch", *others)]
    except ImportError as error:
        raise MissingDependencyError(
            f"{what} needs packages that are not installed: "
            f"pip install 'tpo[huggingface]' ({evidence(error)})"
        ) from None


def device_name(torch: Untyped, named: str = "") -> str:
    """Return the device to use: the one named, else `TPO_HF_DEVICE`, else CUDA, else the CPU.

    Args:
        torch: The package.
        named: `cpu`, `cuda`, `cuda:1`, `mps`; "" leaves the choice.

    Example:
        >>> device_name(None, "cuda:1")
        'cuda:1'
    """
    return named or named_device() or ("cuda" if torch.cuda.is_available() else "cpu")


def named_device() -> str:
    """Return the device that the environment names, or ""."""
    return os.environ.get(DEVICE, "")
