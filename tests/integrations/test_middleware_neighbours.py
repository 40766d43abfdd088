"""Together with the middleware of LangChain, before and after it in the list."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    PIIMiddleware,
    SummarizationMiddleware,
    TodoListMiddleware,
    ToolCallLimitMiddleware,
)
from langchain_core.language_models import GenericFakeChatModel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.types import Command, interrupt
from scripted_agent import AgentModel, agent, agent_model, asked, optimised

import tpo

THREAD: Any = {"configurable": {"thread_id": "t"}}


@pytest.fixture(params=["before", "after"])
def beside(request: Any) -> Any:
    """Return what puts other middlewares before ours or after it."""

    def put(*others: Any, model: Any = None, **options: Any) -> Any:
        search = options.pop("search", None) or optimised()
        order = [*others, search] if request.param == "before" else [search, *others]
        return agent(model, *order, checkpointer=InMemorySaver(), **options)

    return put


@pytest.fixture(params=[False, True], ids=["async", "sync"])
def run(request: Any) -> Any:
    """Return what runs an agent in a thread, in sync or async."""

    async def go(app: Any, given: Any = None) -> Any:
        given = given or asked()
        return app.invoke(given, THREAD) if request.param else await app.ainvoke(given, THREAD)

    return go


def outcome(result: Any) -> Any:
    return result["messages"][-1].response_metadata.get("tpo", {}).get("outcome")


async def test_a_person_approves_tool_calls(beside, run):
    model = agent_model()
    app = beside(HumanInTheLoopMiddleware({"weather": True, "people": True}), model=model)
    given: Any = None
    for _ in range(2):
        paused = await run(app, given)
        (action,) = paused["__interrupt__"][0].value["action_requests"]
        assert action["args"] == {"city": "Rome"}
        given = Command(resume={"decisions": [{"type": "approve"}]})
    result = await run(app, given)
    assert (result["messages"][-1].text, outcome(result)) == ("better 2", "improved")
    assert len([tools for tools in model.bound if tools]) == 3


async def test_a_person_edits_and_rejects_tool_calls(beside, run):
    app = beside(HumanInTheLoopMiddleware({"weather": True, "people": True}))
    await run(app)
    edited = {"name": "weather", "args": {"city": "Oslo"}}
    await run(app, Command(resume={"decisions": [{"type": "edit", "edited_action": edited}]}))
    refused = {"type": "reject", "message": "Do not count people."}
    result = await run(app, Command(resume={"decisions": [refused]}))
    weather, people = [m.text for m in result["messages"] if m.type == "tool"]
    assert weather.endswith("22 degrees in Oslo")
    assert people.endswith("Do not count people.")
    assert outcome(result) == "improved"


async def test_a_summary_replaces_old_messages(beside, run):
    summaries = GenericFakeChatModel(messages=iter(["They asked about Rome."] * 9))
    shorter = SummarizationMiddleware(
        summaries, trigger=("messages", 7), keep=("messages", 2), token_counter=len
    )
    app = beside(shorter)
    await run(app)
    result = await run(app, asked("And in Oslo?"))
    assert "They asked about Rome." in result["messages"][0].text
    assert outcome(result) == "improved"
    assert app.get_state(THREAD).values["tpo_spent"]["requests"] == 8


async def test_calls_of_the_model_are_counted_as_without_the_search(beside, run):
    model = agent_model()
    app = beside(ModelCallLimitMiddleware(run_limit=3), model=model)
    assert outcome(await run(app)) == "improved"
    assert app.get_state(THREAD).values["thread_model_call_count"] == 3


async def test_at_the_limit_of_model_calls_the_agent_ends(beside, run):
    model = agent_model()
    result = await run(beside(ModelCallLimitMiddleware(run_limit=2), model=model))
    assert "limit" in result["messages"][-1].text
    assert (outcome(result), len(model.asked)) == (None, 2)


async def test_at_the_limit_of_tool_calls_the_answer_is_optimised(beside, run):
    app = beside(ToolCallLimitMiddleware(run_limit=1))
    result = await run(app)
    assert [m.status for m in result["messages"] if m.type == "tool"] == ["success", "error"]
    assert outcome(result) == "improved"


def flaky(times: int) -> Any:
    """Return a model whose draft fails so many times; candidates do not."""
    failures = iter([ConnectionError("away")] * times)

    def sample(k: int) -> Any:
        return next(failures, None) or f"first {k}"

    return agent_model(sample=sample)


async def test_a_failed_draft_is_tried_again(beside, run):
    model = flaky(2)
    app = beside(ModelRetryMiddleware(max_retries=2, initial_delay=0), model=model)
    result = await run(app)
    assert outcome(result) == "improved"
    drafts = [m for m, tools in zip(model.asked, model.bound, strict=True) if tools]
    assert len(drafts) == 5  # two tool turns, three tries


async def test_the_error_of_a_retry_is_no_draft(beside, run):
    app = beside(ModelRetryMiddleware(max_retries=1, initial_delay=0), model=flaky(99))
    result = await run(app)
    assert "Model call failed after 2 attempts" in result["messages"][-1].text
    assert outcome(result) is None


async def test_another_model_steps_in(beside, run):
    """Before ours it is the policy too; after ours it writes the draft only."""
    spare = agent_model()
    model = agent_model(sample=lambda k: ConnectionError("away"))
    app = beside(ModelFallbackMiddleware(spare), model=model, search=optimised(policy=spare))
    result = await run(app)
    assert (result["messages"][-1].text, outcome(result)) == ("better 2", "improved")


async def test_a_model_that_stepped_in_is_not_streamed(beside):
    app = beside(
        ModelFallbackMiddleware(agent_model()),
        model=agent_model(sample=lambda k: ConnectionError("away")),
    )
    said = []
    async for chunk, _ in app.astream(asked(), THREAD, stream_mode="messages"):
        said += [chunk.text] if chunk.type != "tool" else []
    assert said[:2] == ["Let me look.", "Let me look."]
    assert len(said) == 3
    assert said[-1] != "first 0"


async def test_answers_are_redacted_and_todos_written(beside, run):
    private = PIIMiddleware("email", strategy="redact", apply_to_output=True)
    model = agent_model(update=lambda k: f"<improved_answer>better {k} a@b.org</improved_answer>")
    seen = optimised(reward=lambda query, answer: float(answer.split(" ")[1]) + len(answer))
    result = await run(beside(private, TodoListMiddleware(), model=model, search=seen))
    assert result["messages"][-1].text == "better 2 [REDACTED_EMAIL]"


class Noting(AgentMiddleware):
    """Writes to the stream around the model, pauses before it, and sees what it says."""

    def __init__(self, *, pause: bool = False) -> None:
        super().__init__()
        self.saw: list[str] = []
        self.pause = pause

    def _before(self) -> None:
        get_stream_writer()({"type": "noted"})
        if self.pause:
            interrupt("may it answer?")

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        self._before()
        response = handler(request)
        self.saw.append(response.result[-1].text)
        return response

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        self._before()
        response = await handler(request)
        self.saw.append(response.result[-1].text)
        return response


async def test_those_before_see_the_answer_and_those_after_the_draft(run):
    outside, inside = Noting(), Noting()
    await run(agent(None, outside, optimised(), _Another(inside), checkpointer=InMemorySaver()))
    assert (outside.saw[-1], inside.saw[-1]) == ("better 2", "first 0")


class _Another(Noting):
    """The same under another name: an agent takes one of each."""

    def __init__(self, other: Noting) -> None:
        super().__init__()
        self.saw = other.saw


async def test_events_of_the_others_come_through(beside):
    app = beside(Noting())
    events = [e["type"] async for e in app.astream(asked(), THREAD, stream_mode="custom")]
    assert events.count("noted") == 3
    assert "tpo.final" in events


async def test_the_others_may_interrupt(beside, run):
    """A pause around the model call, inside ours or outside, is answered as without ours."""
    model = agent_model()
    app = beside(Noting(pause=True), model=model)
    given: Any = None
    for _ in range(3):
        paused = await run(app, given)
        assert paused["__interrupt__"][0].value == "may it answer?"
        given = Command(resume=True)
    result = await run(app, given)
    assert outcome(result) == "improved"
    assert len([tools for tools in model.bound if tools]) == 3


class Rewriting(AgentMiddleware):
    """Returns a bare message, as middlewares may."""

    async def awrap_model_call(self, request: Any, handler: Any) -> Any:
        response = await handler(request)
        return response.result[-1]


async def test_a_bare_message_will_do(beside):
    assert outcome(await beside(Rewriting()).ainvoke(asked(), THREAD)) == "improved"


async def test_two_of_ours_with_different_rewards():
    """The second has a name of its own, as agents want it, and begins with what the first found."""

    class Brief(tpo.TPOMiddleware):
        pass

    brief = Brief(lambda query, answer: -len(answer), depth=0, width=2, trace="full")
    answer = (await agent(None, brief, optimised()).ainvoke(asked()))["messages"][-1]
    pool = answer.response_metadata["tpo"]["candidates"]
    assert [(c["text"], c["reward"]) for c in pool] == [("better 2", -8.0), ("first 3", -7.0)]
    assert answer.text == "first 3"


async def test_what_others_set_on_the_request_reaches_every_request(run):
    """A tenant's name, a service tier: not the draft's alone."""
    seen: list[dict[str, Any]] = []

    class Billed(AgentModel):
        def bind_tools(self, tools: Any, **options: Any) -> Any:
            return super().bind_tools(tools).bind(**options)

        async def _agenerate(self, messages: Any, *args: Any, **options: Any) -> Any:
            seen.append({k: v for k, v in options.items() if k in {"user", "tier"}})
            return await super()._agenerate(messages, *args, **options)

        def _generate(self, messages: Any, *args: Any, **options: Any) -> Any:
            seen.append({k: v for k, v in options.items() if k in {"user", "tier"}})
            return super()._generate(messages, *args, **options)

    class Tenant(AgentMiddleware):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(model_settings={"user": "tenant-7", "tier": "flex"}))

        async def awrap_model_call(self, request: Any, handler: Any) -> Any:
            settings = {"user": "tenant-7", "tier": "flex"}
            return await handler(request.override(model_settings=settings))

    app = agent(Billed(script=agent_model().script), Tenant(), optimised())
    assert outcome(await run(app)) == "improved"
    assert len(seen) > 6
    assert seen == [{"user": "tenant-7", "tier": "flex"}] * len(seen)
