"""Every provider that docs/models.md speaks of: how its model is built and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import provider_wires as wires

# Refusals in words that these servers are known to use; N, and the temperature.
OPENAI_T = "Unsupported value: 'temperature' does not support 0.7 with this model."


@dataclass(frozen=True)
class Provider:
    """One row of the table.

    Attributes:
        make: Returns a policy for a server's address: a chat model (some take settings), or a spec.
        wire: What its server speaks.
        no_n: How it refuses several texts, if it does.
        no_temperature: How it refuses a temperature.
        rules: What its server refuses always: a body's refusal, or `None`.
    """

    name: str
    make: Callable[..., Any]
    wire: wires.Wire
    no_n: str = ""
    no_temperature: str = OPENAI_T
    rules: Callable[[wires.Body], str | None] = lambda body: None


def _openai(url: str, **settings: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="m", base_url=f"{url}/v1", api_key="x", max_retries=0, **settings)


def _azure(url: str) -> Any:
    from langchain_openai import AzureChatOpenAI

    return AzureChatOpenAI(
        azure_endpoint=url,
        azure_deployment="m",
        api_version="2024-10-21",
        api_key="x",
        max_retries=0,
    )


def _claude(url: str, **settings: Any) -> Any:
    from langchain_anthropic import ChatAnthropic

    return ChatAnthropic(
        model="claude-sonnet-4-5", base_url=url, api_key="x", max_retries=0, **settings
    )


def _thinking(url: str) -> Any:
    thinking = {"type": "enabled", "budget_tokens": 4000}
    return _claude(url, thinking=thinking, max_tokens=16000)


def _google(url: str, model: str) -> Any:
    from langchain_google_genai import ChatGoogleGenerativeAI

    return ChatGoogleGenerativeAI(model=model, base_url=url, api_key="x", max_retries=1)


def _bedrock(url: str) -> Any:
    from langchain_aws import ChatBedrockConverse

    return ChatBedrockConverse(
        model="anthropic.claude-3-5-sonnet-20240620-v1:0",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def _mistral(url: str) -> Any:
    from langchain_mistralai import ChatMistralAI

    return ChatMistralAI(model_name="m", endpoint=f"{url}/v1", api_key="x", max_retries=0)


def _groq(url: str, **settings: Any) -> Any:
    from langchain_groq import ChatGroq

    return ChatGroq(model="m", base_url=url, api_key="x", max_retries=0, **settings)


def _deepseek(url: str, **settings: Any) -> Any:
    from langchain_deepseek import ChatDeepSeek

    return ChatDeepSeek(model="m", api_base=f"{url}/v1", api_key="x", max_retries=0, **settings)


def _xai(url: str, **settings: Any) -> Any:
    from langchain_xai import ChatXAI

    base = f"{url}/v1/"
    return ChatXAI(model="grok-3", xai_api_base=base, api_key="x", max_retries=0, **settings)


def _ollama(url: str) -> Any:
    from langchain_ollama import ChatOllama

    return ChatOllama(model="m", base_url=url)


def _openrouter(url: str) -> Any:
    from langchain_openrouter import ChatOpenRouter

    return ChatOpenRouter(model="m", base_url=f"{url}/v1", api_key="x", max_retries=0)


def _huggingface(url: str) -> Any:
    from huggingface_hub import constants
    from langchain_huggingface import ChatHuggingFace, HuggingFaceEndpoint

    constants.HF_HUB_OFFLINE = False  # tests of local models set it; this is loopback
    endpoint = HuggingFaceEndpoint(endpoint_url=f"{url}/v1", huggingfacehub_api_token="x")
    return ChatHuggingFace(llm=endpoint, model_id="m")


def _spec(url: str) -> str:
    return f"openai:m@{url}/v1"


def _responses_rules(body: wires.Body) -> str | None:
    moved = "In the Responses API, this parameter has moved to 'text.format'."
    return (
        f"Unsupported parameter: 'response_format'. {moved}" if "response_format" in body else None
    )


def _claude_rules(body: wires.Body) -> str | None:
    thinking, temperature = body.get("thinking"), body.get("temperature")
    if thinking and body["max_tokens"] <= thinking["budget_tokens"]:
        return "`max_tokens` must be greater than `thinking.budget_tokens`."
    if thinking and temperature not in {None, 1}:
        return "`temperature` may only be set to 1 when thinking is enabled."
    if temperature is not None and body.get("top_p") is not None:
        return "`temperature` and `top_p` cannot both be specified for this model."
    return None


def _deepseek_rules(body: wires.Body) -> str | None:
    if (body.get("response_format") or {}).get("type") == "json_schema":
        return "This response_format type is unavailable now"
    return None


PROVIDERS = [
    Provider("OpenAI, chat", _openai, wires.CHAT, "Invalid value for 'n'."),
    Provider(
        "OpenAI, Responses",
        lambda url: _openai(url, use_responses_api=True),
        wires.RESPONSES,
        rules=_responses_rules,
    ),
    Provider("Azure OpenAI", _azure, wires.CHAT, "Invalid value for 'n'."),
    Provider(
        "Anthropic",
        _claude,
        wires.ANTHROPIC,
        no_temperature="temperature: Extra inputs are not permitted",
        rules=_claude_rules,
    ),
    Provider("Anthropic, thinking", _thinking, wires.ANTHROPIC, rules=_claude_rules),
    Provider(
        "Google GenAI 2.x",
        lambda url: _google(url, "gemini-2.5-flash"),
        wires.GOOGLE,
        "Only one candidate can be specified",
        "temperature must be in the range [0.0, 0.5]",
    ),
    Provider(
        "Google GenAI 3.x",
        lambda url: _google(url, "gemini-3-pro-preview"),
        wires.GOOGLE,
        "Multiple candidates is not enabled for this model",
        "temperature is not supported by this model",
    ),
    Provider(
        "Bedrock Converse",
        _bedrock,
        wires.BEDROCK,
        no_temperature="The model returned the following errors: `temperature` is deprecated",
    ),
    Provider("Mistral", _mistral, wires.MISTRAL, no_temperature="temperature: Input should be 1"),
    Provider("Groq", _groq, wires.CHAT, "'n' : number must be at most 1"),
    Provider(
        "DeepSeek",
        _deepseek,
        wires.CHAT,
        "Invalid n value (currently only n = 1 is supported)",
        rules=_deepseek_rules,
    ),
    Provider("xAI", _xai, wires.CHAT, "Argument not supported on this model: n"),
    Provider("Ollama", _ollama, wires.OLLAMA, no_temperature="invalid option: temperature"),
    Provider("OpenRouter", _openrouter, wires.CHAT),
    Provider(
        "LiteLLM proxy",
        _spec,
        wires.CHAT,
        "litellm.UnsupportedParamsError: bedrock does not support parameters: ['n']",
        "litellm.UnsupportedParamsError: gpt-5 models don't support temperature=0.7. Only "
        "temperature=1 is supported",
    ),
    Provider("vLLM", _spec, wires.CHAT, "n must be 1 when using greedy sampling, got 3."),
    Provider("SGLang", _spec, wires.CHAT, "The parallel sampling of this model is off"),
    Provider("llama.cpp", _spec, wires.CHAT, "n_cmpl must be at most the number of slots"),
    Provider("LM Studio", _spec, wires.CHAT, "Bad request"),
    Provider("Hugging Face (endpoint)", _huggingface, wires.CHAT, "`n` must be 1"),
]
