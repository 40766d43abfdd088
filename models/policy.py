"""From what a caller gives (a chat model or a spec string) to a policy.

`core/specs.py` lists the forms of a spec. A model built from one is shared within its process
and event loop.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

import httpx
from langchain_core.language_models import BaseChatModel

from ..core.errors import ConfigError, MissingDependencyError, PolicyError, SpecError, evidence
from ..core.json_types import JsonObject
from ..core.login import without_login
from ..core.specs import POLICY_FORMS, listed
from .loop_end import close_at_loop_end
from .policy_spec import VALID, check_spec, split_server

PolicyLike = BaseChatModel | str
URL_KEY = "TPO_POLICY_API_KEY"


@dataclass(frozen=True)
class Policy:
    """A chat model, and what is known of the server behind it.

    Attributes:
        model: The model.
        name: How events and reports name it.
        context_tokens: Tokens one request may hold, prompt and answer together, if known.
        slots: Most texts one request may ask for, if limited.
        prefers_json: Whether updates should use structured output rather than tags.
        extra_body: Fields to add to every request body (OpenAI-compatible servers only).
        seeded_body: Further ones where a seed is set, so that it repeats exactly.
    """

    model: BaseChatModel
    name: str
    context_tokens: int | None = None
    slots: int | None = None
    prefers_json: bool = False
    extra_body: Mapping[str, object] = field(default_factory=dict)
    seeded_body: Mapping[str, object] = field(default_factory=dict)


# Built models hold connections that belong to one event loop, so that is how they are kept.
_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Policy]] = WeakKeyDictionary()
_closing: WeakKeyDictionary[asyncio.AbstractEventLoop, list[AsyncGenerator[None]]] = (
    WeakKeyDictionary()
)


def check_policy(policy: PolicyLike) -> None:
    """Refuse what cannot be a policy, without building anything.

    Raises:
        SpecError: the spec is malformed; the valid forms are listed.
        ConfigError: neither a chat model nor a string.
    """
    if isinstance(policy, BaseChatModel):
        return
    if not isinstance(policy, str):
        raise ConfigError(
            f"{type(policy).__name__} cannot be a policy: give a BaseChatModel (before .bind or "
            f".with_structured_output) or a spec such as {listed(POLICY_FORMS)}"
        )
    check_spec(policy)


async def resolve_policy(policy: PolicyLike) -> Policy:
    """Return the policy that a chat model or a spec string stands for.

    Raises:
        SpecError: the spec is unknown or malformed; the valid forms are listed.
        MissingDependencyError: a provider package, model file or key is missing; the
            sentence says what to type.
        ConfigError: neither a chat model nor a string.
    """
    check_policy(policy)
    if isinstance(policy, BaseChatModel):
        return Policy(policy, model_name(policy), context_tokens=_context_tokens(policy))
    loop = asyncio.get_running_loop()
    built = _shared.setdefault(loop, {})
    if policy not in built:
        # In a thread: imports and the local model's loading would block the loop.
        built[policy] = await asyncio.to_thread(build_policy, policy)
        closing = await close_at_loop_end(partial(_close, loop, built[policy]))
        _closing.setdefault(loop, []).append(closing)
    return built[policy]


async def _close(loop: asyncio.AbstractEventLoop, policy: Policy) -> None:
    _shared.pop(loop, None)
    _closing.pop(loop, None)
    if client := getattr(policy.model, "http_async_client", None):
        await client.aclose()


def model_name(model: PolicyLike) -> str:
    """Return what a model calls itself, else its class; a spec without a login in its URL."""
    if isinstance(model, str):
        return without_login(model)
    for attribute in ("model_name", "model", "model_id"):
        if isinstance(name := getattr(model, attribute, None), str) and name:
            return without_login(name)
    return type(model).__name__


def _context_tokens(model: BaseChatModel) -> int | None:
    profile = model.profile or {}
    return profile.get("max_input_tokens")


def build_policy(spec: str) -> Policy:
    """Build a new policy from a spec; `resolve_policy` is the shared one."""
    check_policy(spec)
    provider, _, name = spec.strip().partition(":")
    if provider == "embedded":
        return _embedded(name)
    if provider == "huggingface":
        from .huggingface import huggingface_model  # heavy, optional

        model = huggingface_model(name)
        return Policy(model, model_name(spec), context_tokens=_context_tokens(model))
    name, url = split_server(name)
    if not url:
        return _provider(provider, name, spec)
    # Never the key of api.openai.com: the spec may come from someone else.
    return Policy(_openai(name, url, os.environ.get(URL_KEY) or "none"), model_name(spec))


def _embedded(name: str) -> Policy:
    from .embedded import embedded_server  # optional

    server = embedded_server(name)
    key = server.api_key.get_secret_value()
    model = _openai(server.model, server.base_url, key, through_proxy=False)
    return Policy(
        model,
        f"embedded:{server.path.stem}",
        context_tokens=server.context_tokens,
        slots=server.slots,
        prefers_json=True,
        extra_body={"top_k": 0, "min_p": 0},  # the paper's sampling, not llama.cpp's
        seeded_body={"cache_prompt": False},  # a warm cache gives other texts than a cold one
    )


def _openai(name: str, base_url: str, key: str, *, through_proxy: bool = True) -> BaseChatModel:
    from langchain_openai import ChatOpenAI  # slow to import
    from openai import DefaultAsyncHttpxClient
    from pydantic import SecretStr

    # Retries are ours, so that they are counted and a 400 is not repeated. An own client:
    # the default one is cached across event loops and breaks on the second. It heeds a proxy
    # set in the environment, which must not be asked for our own machine. It alone knows the
    # login of the URL: a model shows its address to whoever prints or traces it.
    url = httpx.URL(base_url)
    login = (url.username, url.password) if url.userinfo else None
    return ChatOpenAI(
        model=name,
        base_url=without_login(base_url),
        api_key=SecretStr(key),
        max_retries=0,
        # Else the client takes them from the environment; they are for api.openai.com too.
        default_headers={"OpenAI-Organization": "", "OpenAI-Project": ""},
        http_async_client=DefaultAsyncHttpxClient(trust_env=through_proxy, auth=login),
        use_responses_api=False,
    )


def _provider(provider: str, name: str, spec: str) -> Policy:
    from langchain.chat_models import init_chat_model  # slow to import

    options: JsonObject = {"max_retries": 0}
    if provider == "openai":
        from openai import DefaultAsyncHttpxClient

        options["http_async_client"] = DefaultAsyncHttpxClient()
    try:
        model = init_chat_model(name, model_provider=provider, **options)
    except ImportError as error:
        named = re.search(r"pip install (langchain-[\w-]+)", str(error))
        package = named[1] if named else f"langchain-{provider.replace('_', '-')}"
        raise MissingDependencyError(
            f"policy {spec!r} needs a package that is not installed: pip install {package} "
            f"({evidence(error)})"
        ) from None
    except ValueError as error:
        if "nsupported" in str(error):
            raise SpecError(f"unknown provider in policy {spec!r}. {VALID}") from None
        raise PolicyError(f"policy {spec!r} could not be built: {evidence(error)}") from None
    except Exception as error:  # noqa: BLE001  each provider has its own complaint about a missing key
        raise MissingDependencyError(
            f"policy {spec!r} could not be built; is its API key set "
            f"(for instance {provider.upper()}_API_KEY)? {evidence(error)}"
        ) from None
    return Policy(model, model_name(spec), context_tokens=_context_tokens(model))
