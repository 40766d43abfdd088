"""What kept scores depend on beside the name: which server a judge asks, what a file says."""

from __future__ import annotations

import hashlib

from langchain_core.language_models import BaseChatModel

from ...core.login import without_login
from ...models.policy import PolicyLike
from ..base import Reward

# What chat models of LangChain call the address of their server.
ADDRESSES = (
    "openai_api_base",
    "groq_api_base",
    "azure_endpoint",
    "anthropic_api_url",
    "api_base",
    "base_url",
    "endpoint_url",
    "endpoint",
    "server_url",
    "deployment_name",
    "region_name",
)
CLIENTS = ("root_async_client", "async_client", "client")


def server_of(model: PolicyLike) -> str:
    """Return the address that a model object asks, as far as it can be seen, else "".

    A spec names its server already. The address that the environment gave is seen in the client.

    Example:
        >>> server_of("openai:m@http://127.0.0.1:8000/v1")
        ''
    """
    if not isinstance(model, BaseChatModel):
        return ""
    own = [getattr(model, name, None) for name in ADDRESSES]
    clients = [getattr(model, name, None) for name in CLIENTS]
    held = [str(getattr(one, "base_url", None) or "") for one in clients if one is not None]
    found = dict.fromkeys(str(one).rstrip("/") for one in [*own, *held] if one)
    return without_login(" ".join(found))


def kept_identity(reward: Reward) -> str:
    """Return what a plain reward's scores depend on: its name, and what is in the file it reads.

    A reward that reads a file says so itself, with an `identity`.

    Example:
        >>> from tpo.rewards.heuristic import HeuristicReward
        >>> kept_identity(HeuristicReward())
        'heuristic'
    """
    own = getattr(reward, "identity", "")
    return own if own and isinstance(own, str) else reward.name


def named_with(name: str, text: str) -> str:
    """Return a name with a mark of what is in the file that a reward reads, if it reads one."""
    return f"{name} {hashlib.sha256(text.encode()).hexdigest()[:16]}" if text else name
