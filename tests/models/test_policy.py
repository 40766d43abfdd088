"""From a spec or a chat model to a policy; each way to get it wrong has its sentence."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from loopback_server import LoopbackServer
from scripted_model import ScriptedModel

from tpo.core.errors import ConfigError, MissingDependencyError, PolicyError, SpecError, TPOError
from tpo.core.policy_forms import POLICY_FORMS, listed
from tpo.models import policy as policy_module
from tpo.models.ask import ask
from tpo.models.check_policy_spec import check_spec
from tpo.models.policy import Policy, build_policy, model_name, resolve_policy
from tpo.models.request import Request

FORMS = f"Valid forms: {listed(POLICY_FORMS)}"


@pytest.mark.parametrize(
    ("spec", "kind", "said"),
    [
        ("", SpecError, f"unknown policy ''. {FORMS}"),
        ("gpt-5-mini", SpecError, f"unknown policy 'gpt-5-mini'. Is it openai:gpt-5-mini? {FORMS}"),
        (":x", SpecError, f"unknown policy ':x'. {FORMS}"),
        ("nobody:x", SpecError, f"unknown provider in policy 'nobody:x'. {FORMS}"),
        ("openai:", SpecError, f"policy 'openai:' names no model. {FORMS}"),
        ("huggingface:", SpecError, f"policy 'huggingface:' names no model. {FORMS}"),
        ("openai:@http://h/v1", SpecError, "needs a name and a host: openai:NAME@http://HOST/v1"),
        ("openai:x@https://", SpecError, "needs a name and a host"),
        ("openai:x@http://[", SpecError, "needs a name and a host"),
        ("openai:x@http://h:99999", SpecError, "needs a name and a host"),
        ("openai:x@gpu-box:8000/v1", SpecError, "http:// or https:// must follow the @"),
        ("openai:x@127.0.0.1", SpecError, "http:// or https:// must follow the @"),
        ("openai:x@gpu-box", SpecError, "http:// or https:// must follow the @"),
        ("openai:x@me:secret@h/v1", SpecError, "'openai:x@...' does not say how to reach"),
        ("groq:x@h:8000/v1", SpecError, "http:// or https:// must follow the @"),
        ("groq:x@http://h/v1", SpecError, "@URL is for OpenAI-compatible servers: openai:x@"),
        ("cohere:x", MissingDependencyError, "is not installed: pip install langchain-cohere"),
        ("google_vertexai:x", MissingDependencyError, "pip install langchain-google-vertexai"),
        (
            "nvidia:x",
            MissingDependencyError,
            "not installed: pip install langchain-nvidia-ai-endpoints",
        ),
        ("openai:x", MissingDependencyError, "is its API key set (for instance OPENAI_API_KEY)?"),
    ],
)
async def test_what_cannot_be_resolved_is_said_in_one_sentence(spec, kind, said):
    with pytest.raises(TPOError) as caught:
        await resolve_policy(spec)
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "spec", ["google_vertexai:m@20250514", "openai:ft:gpt-5:org::1", "x:a/b:c"]
)
def test_a_name_may_hold_signs_of_its_own(spec):
    check_spec(spec)


@pytest.mark.parametrize("given", [RunnableLambda(len), None, 3])
async def test_what_is_no_chat_model_is_told_what_is(given):
    with pytest.raises(ConfigError) as caught:
        await resolve_policy(given)  # type: ignore[arg-type]
    said = f"{type(given).__name__} cannot be a policy: give a BaseChatModel"
    assert str(caught.value).startswith(said)
    assert "before .with_structured_output" in str(caught.value)


async def test_a_chat_model_is_taken_as_it_is():
    model = ScriptedModel(script=[])
    model.profile = {"max_input_tokens": 4096}
    policy = await resolve_policy(model)
    assert policy == Policy(model, "ScriptedModel", context_tokens=4096)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ChatOpenAI(model="gpt-5-mini", api_key="none"), "gpt-5-mini"),
        (FakeListChatModel(responses=["x"]), "FakeListChatModel"),
    ],
)
def test_models_are_named_by_what_they_call_themselves(model, name):
    assert model_name(model) == name


def test_a_provider_spec_becomes_its_model(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-key")
    policy = build_policy("openai:gpt-5-mini")
    assert isinstance(policy.model, ChatOpenAI)
    assert (policy.model.model_name, policy.model.max_retries) == ("gpt-5-mini", 0)
    assert policy.name == "openai:gpt-5-mini"


@pytest.mark.parametrize(
    ("spec", "name", "url"),
    [
        ("openai:m@http://127.0.0.1:1/v1", "m", "http://127.0.0.1:1/v1"),
        ("openai:Org/Model-7B@https://h:2/v1", "Org/Model-7B", "https://h:2/v1"),
        ("openai:m@2@http://h/v1", "m@2", "http://h/v1"),
        (" openai:m@http://h/v1 ", "m", "http://h/v1"),
    ],
)
def test_a_url_spec_becomes_a_client_of_that_server(spec, name, url):
    policy = build_policy(spec)
    assert isinstance(policy.model, ChatOpenAI)
    assert (policy.model.model_name, policy.model.openai_api_base) == (name, url)
    assert policy.model.max_retries == 0


def test_a_login_in_the_url_is_not_shown():
    assert build_policy("openai:m@http://me:secret@h/v1").name == "openai:m@http://h/v1"


@pytest.mark.loopback
@pytest.mark.parametrize(("own", "sent"), [(None, "none"), ("my-own", "my-own")])
async def test_another_server_never_gets_the_key_of_openai(monkeypatch, own, sent):
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-of-openai")
    if own:
        monkeypatch.setenv("TPO_POLICY_API_KEY", own)
    with LoopbackServer() as server:
        policy = await resolve_policy(f"openai:m@{server.base_url}")
        await ask(Request(policy, [HumanMessage("hi")]))
        (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {sent}"
    assert "sk-of-openai" not in str(asked.headers)


def test_a_spec_is_shared_within_a_loop_and_not_beyond():
    async def both() -> tuple[Policy, Policy]:
        spec = "openai:m@http://127.0.0.1:1/v1"
        return await resolve_policy(spec), await resolve_policy(spec)

    first, second = asyncio.run(both())
    other, _ = asyncio.run(both())
    assert first is second
    assert first is not other


async def test_first_runs_at_the_same_time_build_one_policy(monkeypatch):
    built = []

    def build(spec: str) -> Policy:
        built.append(spec)
        return Policy(ScriptedModel(script=[]), spec)

    monkeypatch.setattr(policy_module, "build_policy", build)
    specs = [f"openai:{name}@http://127.0.0.1:1/v1" for name in ("once", "once", "other", "once")]
    first, second, other, third = await asyncio.gather(*map(resolve_policy, specs))
    assert first is second is third is not other
    assert sorted(built) == sorted(set(specs))


async def test_a_build_that_fails_or_is_given_up_is_tried_again(monkeypatch):
    tries = []

    def build(spec: str) -> Policy:
        tries.append(spec)
        if len(tries) == 1:
            raise PolicyError("not yet")
        return Policy(ScriptedModel(script=[]), spec)

    monkeypatch.setattr(policy_module, "build_policy", build)
    spec = "openai:again@http://127.0.0.1:1/v1"
    found = await asyncio.gather(*[resolve_policy(spec) for _ in range(3)], return_exceptions=True)
    assert [type(one) for one in found] == [PolicyError, Policy, Policy]
    assert len(tries) == 2
