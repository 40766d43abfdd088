"""With deepagents: its own middlewares around ours, its rubric before and after it."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from scripted_agent import TOOLS, AgentModel, agent_model, asked, optimised

deepagents = pytest.importorskip("deepagents", reason="needs deepagents")

THREAD: Any = {"configurable": {"thread_id": "t"}}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*beta:Warning")


def deep(model: Any, *middleware: Any, **options: Any) -> Any:
    return deepagents.create_deep_agent(
        model, TOOLS, middleware=middleware, checkpointer=InMemorySaver(), **options
    )


@pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
async def test_a_deep_agents_answer_is_optimised(sync):
    model = agent_model()
    app = deep(model, optimised())
    result = app.invoke(asked(), THREAD) if sync else await app.ainvoke(asked(), THREAD)
    answer = result["messages"][-1]
    assert (answer.text, answer.response_metadata["tpo"]["outcome"]) == ("better 2", "improved")
    drafts = [tools for tools in model.bound if tools]
    assert len(drafts) == 3
    assert {"weather", "people", "write_file", "task"} <= set(drafts[0])


async def test_no_stream_of_a_deep_agent_shows_the_draft():
    said = []
    modes = ["messages", "updates", "custom"]
    async for part in deep(agent_model(), optimised()).astream(
        asked(), THREAD, stream_mode=modes, subgraphs=True, version="v2"
    ):
        assert "first 0" not in str(part["data"])
        if part["type"] == "messages" and part["data"][0].type == "ai":
            said.append(part["data"][0].text)
    assert said == ["Let me look.", "Let me look.", "better 2"]


def grader(*verdicts: bool) -> AgentModel:
    """Return a model that grades: not good enough, then good enough, as told."""
    said = iter(verdicts)

    def script(messages: Any, index: int, seed: Any) -> AIMessage:
        good = next(said)
        criterion = {"name": "warmth", "passed": good}
        if not good:
            criterion["gap"] = "Say it twice."
        args = {
            "result": "satisfied" if good else "needs_revision",
            "explanation": "well" if good else "Say it twice.",
            "criteria": [criterion],
        }
        call = {"name": "GraderResponse", "args": args, "id": f"grade-{good}"}
        return AIMessage("", tool_calls=[call])

    return AgentModel(script=script)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_rubric_grades_the_optimised_answer(before):
    """What it sends back for revision is optimised anew, like any final answer."""
    graded = grader(False, True)
    rubric = deepagents.RubricMiddleware(model=graded, max_iterations=3)
    order = [rubric, optimised()] if before else [optimised(), rubric]
    app = deep(agent_model(), *order)
    result = await app.ainvoke({**asked(), "rubric": "- The answer is warm."}, THREAD)
    assert len(graded.asked) == 2
    assert "better 2" in graded.asked[0].text
    assert "first 0" not in graded.asked[0].text
    answers = [
        m.text
        for m in result["messages"]
        if isinstance(m, AIMessage) and "tpo" in m.response_metadata
    ]
    assert answers == ["better 2", "better 5"]
    assert sum(isinstance(m, HumanMessage) for m in result["messages"]) == 2


async def test_a_subagent_may_have_its_own():
    """The middleware of a subagent optimises what it reports; the agent around stays as it is."""
    worker, said = agent_model(), iter(["task", "done"])

    def script(messages: Any, index: int, seed: Any) -> AIMessage:
        if next(said) == "task":
            args = {"description": "Is it warm in Rome?", "subagent_type": "looker"}
            return AIMessage("", id="x", tool_calls=[{"name": "task", "args": args, "id": "1"}])
        return AIMessage(messages[-1].text, id="y")

    sub = {
        "name": "looker",
        "description": "Looks things up.",
        "system_prompt": "You know cities.",
        "model": worker,
        "tools": TOOLS,
        "middleware": [optimised()],
    }
    result = await deep(AgentModel(script=script), subagents=[sub]).ainvoke(asked(), THREAD)
    assert result["messages"][-1].text == "better 2"
