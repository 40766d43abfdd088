"""The chat models that LangChain's packages build: of a provider, or of a compatible server."""

from __future__ import annotations

import re

import httpx
from langchain_core.language_models import BaseChatModel

from ..core.errors import MissingDependencyError, PolicyError, SpecError, evidence
from ..core.json_types import JsonObject
from ..core.login import without_login
from .asking.stream_end import watch_end
from .check_policy_spec import VALID


def compatible_model(
    name: str, base_url: str, key: str, *, through_proxy: bool = True
) -> BaseChatModel:
    """Return a model behind an OpenAI-compatible server.

    Args:
        name: What the server calls it.
        base_url: With `/v1`; may hold a login.
        key: What the server asks for.
        through_proxy: Whether a proxy that the environment names may be asked.
    """
    from openai import DefaultAsyncHttpxClient  # slow to import, as is what follows
    from pydantic import SecretStr

    from .compatible_chat import CompatibleChat

    # Retries are ours, so that they are counted and a 400 is not repeated. An own client:
    # the default one is cached across event loops and breaks on the second. It uses a proxy
    # that the environment names, but not to reach our own machine. Only the client knows the
    # login of the URL: a model shows its address to whoever prints or traces it.
    url = httpx.URL(base_url)
    login = (url.username, url.password) if url.userinfo else None
    return CompatibleChat(
        model=name,
        base_url=without_login(base_url),
        api_key=SecretStr(key),
        max_retries=0,
        # Else the client takes them from the environment; they are for api.openai.com too.
        default_headers={"OpenAI-Organization": "", "OpenAI-Project": ""},
        http_async_client=DefaultAsyncHttpxClient(
            trust_env=through_proxy, auth=login, event_hooks={"response": [watch_end]}
        ),
        use_responses_api=False,
    )


def provider_model(provider: str, name: str, spec: str) -> BaseChatModel:
    """Return a model of a provider that LangChain knows.

    Args:
        provider: Its name there.
        name: The model.
        spec: The whole policy spec, for errors.

    Raises:
        SpecError: LangChain knows no such provider.
        MissingDependencyError: its package or its key is missing.
        PolicyError: it cannot be built for another reason.
    """
    from langchain.chat_models import init_chat_model  # slow to import

    options: JsonObject = {"max_retries": 0}
    if provider == "openai":
        from openai import DefaultAsyncHttpxClient

        options["http_async_client"] = DefaultAsyncHttpxClient()
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **options)
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
    return model
