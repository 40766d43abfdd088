"""`huggingface:` policies: find the packages, the device and the model; load it once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from ...core.errors import PolicyError, evidence
from .huggingface_chat import HuggingFaceChat
from .huggingface_worker import worker
from .import_torch import Untyped, device_name, import_torch, named_device


def huggingface_model(name: str) -> BaseChatModel:
    """Return a chat model that runs in this process; its weights are loaded once.

    Args:
        name: A hub id, or a folder with config, weights and tokenizer. The device is
            `TPO_HF_DEVICE` (`cpu`, `cuda`, `cuda:1`, `mps`), else CUDA if there is one,
            else the CPU.

    Raises:
        MissingDependencyError: the extra is not installed.
        PolicyError: there is no such model, it cannot be loaded, or it is not a chat model.

    Example:
        >>> huggingface_model("Qwen/Qwen3-0.6B").invoke("Hello")  # doctest: +SKIP
    """
    folder = Path(name).expanduser()
    source = str(folder.resolve()) if folder.is_dir() else name
    # In the worker, so that two requests for one model do not load it twice.
    llm = worker().submit(_load, source, named_device()).result()
    config = llm.pipeline.model.config.get_text_config()
    room = getattr(config, "max_position_embeddings", None)
    return HuggingFaceChat(
        llm=llm, model_id=name, profile={"max_input_tokens": room} if room else {}
    )


@cache
def _load(source: str, device: str) -> Untyped:
    """Return langchain-huggingface's pipeline for a hub id or folder."""
    torch, _, base = import_torch(
        f"policy 'huggingface:{source}'", "transformers", "langchain_huggingface"
    )
    device = device_name(torch, device)
    try:
        place = torch.device(device)
        llm = base.HuggingFacePipeline.from_model_id(
            source,
            task="text-generation",
            device=-1 if place.type == "cpu" else place.index or 0,
            # A model's own code is never run; left open, transformers asks at the terminal.
            model_kwargs={"trust_remote_code": False},
        )
    except Exception as error:  # noqa: BLE001  hub, files, architecture, device: all fail their own way
        raise PolicyError(
            f"policy 'huggingface:{source}' could not be loaded on {device}: name a folder with "
            "a causal language model in it, or an id of the Hugging Face hub (a gated one needs "
            f"HF_TOKEN; without network it must be there already: hf download {source}); "
            f"{evidence(error)}"
        ) from None
    if not llm.pipeline.tokenizer.chat_template:
        raise PolicyError(
            f"policy 'huggingface:{source}' has no chat template, so it was not made to follow "
            "instructions: use an instruct or chat model"
        )
    llm.pipeline.model.generation_config.max_length = None  # requests say max_new_tokens
    return llm
