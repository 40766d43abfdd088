"""From what a caller gives (a chat model or a spec string) to a policy.

`core/policy_forms.py` lists the forms of a spec. A model built from one is shared within its
process and event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel

from ..core.errors import ConfigError
from ..core.json_types import JsonObject
from ..core.login import without_login
from ..core.policy_forms import POLICY_FORMS, listed
from .check_policy_spec import check_spec, split_server
from .loop_end import close_at_loop_end
from .loop_transport import fit_for_any_loop
from .prices.known_rate import known_rate
from .prices.price import Rate
from .provider_model import compatible_model, provider_model
from .unwrap import ChatLike, inner_of, is_chat_like, unwrap

PolicyLike = ChatLike | str
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
        arguments: What else goes with every request: what was bound to the model.
        owner: What records call it, in a run with several.
        rate: Its price, if a file or the public table has it.
    """

    model: BaseChatModel
    name: str
    context_tokens: int | None = None
    slots: int | None = None
    prefers_json: bool = False
    extra_body: Mapping[str, object] = field(default_factory=dict)
    seeded_body: Mapping[str, object] = field(default_factory=dict)
    arguments: JsonObject = field(default_factory=dict)
    owner: str = ""
    rate: Rate | None = field(default=None, compare=False)

    def owned(self, refused: Iterable[str]) -> frozenset[str]:
        """Return what it refuses as the state holds it: with the owner in front, if there is one.

        Args:
            refused: Request parameters.
        """
        mark = f"{self.owner}: " if self.owner else ""
        return frozenset(mark + name for name in refused)

    def refused(self, known: Iterable[str]) -> frozenset[str]:
        """Return what it refuses, of all that the state holds."""
        mark = f"{self.owner}: " if self.owner else ""
        return frozenset(name.removeprefix(mark) for name in known if name.startswith(mark))


# Built models hold connections that belong to one event loop, so that is how they are kept.
_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Policy]] = WeakKeyDictionary()
_building: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = (
    WeakKeyDictionary()
)
_closing: WeakKeyDictionary[asyncio.AbstractEventLoop, list[AsyncGenerator[None]]] = (
    WeakKeyDictionary()
)


def check_policy(policy: PolicyLike) -> None:
    """Refuse what cannot be a policy, without building anything.

    Raises:
        SpecError: the spec is malformed; the valid forms are listed.
        ConfigError: neither a chat model nor a string.
    """
    if isinstance(policy, str):
        check_spec(policy)
    elif not is_chat_like(policy):
        raise ConfigError(
            f"{type(policy).__name__} cannot be a policy: give a BaseChatModel (before "
            f".with_structured_output) or a spec such as {listed(POLICY_FORMS)}"
        )


async def resolve_policy(policy: PolicyLike) -> Policy:
    """Return the policy that a chat model or a spec string stands for.

    Raises:
        SpecError: the spec is unknown or malformed; the valid forms are listed.
        MissingDependencyError: a provider package, model file or key is missing; the
            sentence says what to type.
        ConfigError: neither a chat model nor a string.
    """
    check_policy(policy)
    if not isinstance(policy, str):
        model, arguments = unwrap(policy)
        fit_for_any_loop(model)
        tokens, name = _context_tokens(model), model_name(policy)
        rate = await asyncio.to_thread(known_rate, name, name, model)
        return Policy(model, name, context_tokens=tokens, arguments=arguments, rate=rate)
    loop = asyncio.get_running_loop()
    built = _shared.setdefault(loop, {})
    async with _building.setdefault(loop, {}).setdefault(policy, asyncio.Lock()):
        if policy not in built:
            # In a thread: imports and the local model's loading would block the loop.
            made = await asyncio.to_thread(build_policy, policy)
            name = model_name(made.model)
            rate = await asyncio.to_thread(known_rate, made.name, name, made.model)
            built[policy] = replace(made, rate=rate)
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
    if is_chat_like(inner := inner_of(model)):
        return model_name(inner)
    # A model by config would be made to be asked for these, and may need a key.
    attributes = ("model_name", "model", "model_id") if isinstance(model, BaseChatModel) else ()
    for attribute in attributes:
        if isinstance(name := getattr(model, attribute, None), str) and name:
            return without_login(name)
    return type(model).__name__.lstrip("_")


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
        from .local.huggingface import huggingface_model  # heavy, optional

        model = huggingface_model(name)
        return Policy(model, model_name(spec), context_tokens=_context_tokens(model))
    name, url = split_server(name)
    if url:
        # Never the key of api.openai.com: the spec may come from someone else.
        model = compatible_model(name, url, os.environ.get(URL_KEY) or "none")
        fit_for_any_loop(model)
        return Policy(model, model_name(spec))
    model = provider_model(provider, name, spec)
    fit_for_any_loop(model)
    return Policy(model, model_name(spec), context_tokens=_context_tokens(model))


def _embedded(name: str) -> Policy:
    from .local.embedded_server import embedded_server  # optional

    server = embedded_server(name)
    key = server.api_key.get_secret_value()
    model = compatible_model(server.model, server.base_url, key, through_proxy=False)
    fit_for_any_loop(model)
    return Policy(
        model,
        f"embedded:{server.path.stem}",
        context_tokens=server.context_tokens,
        slots=server.slots,
        prefers_json=True,
        extra_body={"top_k": 0, "min_p": 0},  # the paper's sampling, not llama.cpp's
        seeded_body={"cache_prompt": False},  # a warm cache gives other texts than a cold one
    )
