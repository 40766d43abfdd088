"""Human pick: the run waits for a person, who confirms, changes or ends it."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import ValidationError
from steps import QUERY, prefer_later, says

import tpo
from tpo.nodes.choose import pick_among


class Session:
    """One thread of a graph that asks a person."""

    def __init__(self, depth: int = 1, **steps: Any) -> None:
        self.model = says(**steps)
        self.app = tpo.build_tpo(self.model, prefer_later).compile(checkpointer=InMemorySaver())
        self.config: Any = {"configurable": {"thread_id": "t"}}
        self.knobs: Any = {"human_pick": True, "depth": depth, "width": 3}

    async def start(self) -> Any:
        return await self._go({"messages": [("user", QUERY)]})

    async def say(self, pick: Any) -> Any:
        return await self._go(Command(resume=pick))

    async def _go(self, given: Any) -> Any:
        return await self.app.ainvoke(given, self.config, context=self.knobs, version="v2")


async def test_the_person_is_shown_the_ranked_candidates():
    session = Session()
    (pause,) = (await session.start()).interrupts
    asked = pause.value
    assert (asked["kind"], asked["round"]) == ("tpo.pick", 0)
    assert (asked["chosen"], asked["rejected"]) == ("r0c2", "r0c0")
    assert [c["id"] for c in asked["candidates"]] == ["r0c2", "r0c1", "r0c0"]
    assert asked["candidates"][0] == {"id": "r0c2", "round": 0, "text": "first 2", "reward": 2.0}
    assert len(session.model.asked) == 1


@pytest.mark.parametrize("by_id", [True, False])
async def test_accepting_keeps_the_rewards_choice(by_id):
    """A bare `{}` answers no pause in LangGraph; as one of a map of pauses it does."""
    session = Session(depth=2)
    result = await session.start()
    for nth in (0, 1, 2):
        (pause,) = result.interrupts
        assert pause.value["round"] == nth
        result = await session.say({pause.id: {}} if by_id else {"stop": False})
    assert "first 2" in session.model.asked.of("loss")[0].text
    end = result.value
    assert [r["picked_by"] for r in end["rounds"]] == ["reward"] * 3
    assert (end["answer"], end["stop_reason"]) == ("better 5", "depth")
    assert end["usage"]["total"]["requests"] == len(session.model.asked) == 7


@pytest.mark.parametrize(
    ("pick", "chosen", "rejected"),
    [
        ({"chosen": "r0c1"}, "first 1", "first 0"),
        ({"rejected": "r0c1"}, "first 2", "first 1"),
        ({"chosen": "r0c1", "rejected": "r0c2"}, "first 1", "first 2"),
        # Never against itself: the worst of the others then.
        ({"chosen": "r0c0"}, "first 0", "first 1"),
        ({"chosen": "r0c1", "rejected": "r0c1"}, "first 1", "first 0"),
    ],
)
async def test_another_choice_is_what_the_critique_is_about(pick, chosen, rejected):
    session = Session()
    await session.start()
    result = await session.say(pick)
    loss = session.model.asked.of("loss")[0].text
    assert f"<chosen_answer>\n{chosen}\n</chosen_answer>" in loss
    assert f"<rejected_answer>\n{rejected}\n</rejected_answer>" in loss
    first = result.value["rounds"][0]
    assert (first["picked_by"], first["chosen"]) == ("human", pick.get("chosen", "r0c2"))


async def test_what_a_person_picks_last_is_the_answer():
    session = Session(depth=0)
    await session.start()
    result = (await session.say({"chosen": "r0c1"})).value
    assert (result["answer"], result["reward"], result["stop_reason"]) == ("first 1", 1.0, "depth")


@pytest.mark.parametrize(("chosen", "answer"), [(None, "first 2"), ("r0c0", "first 0")])
async def test_a_person_may_end_the_run_with_a_choice_or_without(chosen, answer):
    session = Session(depth=3)
    await session.start()
    result = (await session.say({"stop": True, "chosen": chosen})).value
    assert (result["answer"], result["stop_reason"]) == (answer, "human")
    assert len(session.model.asked) == 1


@pytest.mark.parametrize(
    ("pick", "said"),
    [
        ({"chosen": "r9c9"}, "Input should be 'r0c2', 'r0c1' or 'r0c0'"),
        ({"rejected": "x"}, "Input should be 'r0c2', 'r0c1' or 'r0c0'"),
        ({"chosen": 3}, "chosen"),
        ({"choose": "r0c1"}, "choose"),
        ({"stop": "perhaps"}, "stop"),
        ("r0c1", "valid dictionary"),
    ],
)
async def test_a_wrong_pick_is_told_and_can_be_made_again(pick, said):
    session = Session(depth=0)
    await session.start()
    with pytest.raises(ValidationError, match=said):
        await session.say(pick)
    result = (await session.say({"chosen": "r0c1"})).value
    assert (result["answer"], len(session.model.asked)) == ("first 1", 1)


def test_a_form_has_its_candidates_in_their_order_whatever_was_asked_before():
    for ids in (["a", "b"], ["b", "a"]):
        fields = pick_among(ids).model_json_schema()["properties"]
        assert fields["chosen"]["anyOf"] == [{"enum": ids, "type": "string"}, {"type": "null"}]
        assert fields["rejected"]["anyOf"] == fields["chosen"]["anyOf"]


async def test_a_persons_critique_stands_in_for_the_critic():
    session = Session()
    await session.start()
    texts = {"loss": " It omits the sun. ", "gradient": "Name the sun."}
    result = (await session.say({"chosen": "r0c1", **texts})).value
    first = result["rounds"][0]
    assert (first["loss"], first["gradient"]) == ("It omits the sun.", "Name the sun.")
    assert (first["by_hand"], first["chosen"]) == (["loss", "gradient"], "r0c1")
    assert [a.step for a in session.model.asked] == ["sample", "update"]
    update = session.model.asked.of("update")[0].text
    assert "It omits the sun." in update
    assert "Name the sun." in update
    phases = result["usage"]["phases"]
    assert (phases["loss"]["requests"], phases["gradient"]["requests"]) == (0, 0)
    assert phases["loss"]["output_tokens"] == phases["gradient"]["input_tokens"] == 0
    assert result["usage"]["total"]["requests"] == len(session.model.asked) == 2


@pytest.mark.parametrize(
    ("pick", "asked"),
    [
        ({"loss": "mine"}, ["gradient"]),
        ({"gradient": "mine"}, ["loss"]),
        ({"loss": "  ", "gradient": ""}, ["loss", "gradient"]),  # blanks are no words
        ({"loss": None, "stop": False}, ["loss", "gradient"]),
    ],
)
async def test_only_what_the_person_left_out_is_asked_for(pick, asked):
    session = Session()
    await session.start()
    result = (await session.say(pick)).value
    steps = [a.step for a in session.model.asked]
    assert [s for s in steps if s in {"loss", "gradient"}] == asked
    given = [text for text in pick.values() if isinstance(text, str) and text.strip()]
    first = result["rounds"][0]
    assert [first[s] for s in ("loss", "gradient") if s not in asked] == given
    assert (first["picked_by"], first["chosen"]) == ("reward", "r0c2")  # that was kept
    if "loss" in pick and given:
        assert "mine" in session.model.asked.of("gradient")[0].text


async def test_a_persons_critique_is_told_as_events():
    session = Session()
    await session.start()
    events = [
        event
        async for event in session.app.astream(
            Command(resume={"loss": "mine", "gradient": "too"}),
            session.config,
            context=session.knobs,
            stream_mode="custom",
        )
    ]
    told = {e["type"]: e["text"] for e in events if e["type"] in {"tpo.loss", "tpo.gradient"}}
    assert told == {"tpo.loss": "mine", "tpo.gradient": "too"}
    assert not [e for e in events if e.get("phase") in {"loss", "gradient"}]


async def test_the_next_round_is_criticised_by_the_critic_again():
    session = Session(depth=2)
    await session.start()
    await session.say({"loss": "mine", "gradient": "too"})
    result = (await session.say({"chosen": "r1c0"})).value
    assert len(session.model.asked.of("loss")) == len(session.model.asked.of("gradient")) == 1
    assert result["rounds"][1]["loss"] == "loss 0"


async def test_an_answer_written_anew_takes_no_critique_of_the_old_one():
    """Where the round is ranked again, what was written about it is gone."""
    session = Session()
    await session.start()
    await session.say({"loss": "mine", "gradient": "too"})
    states = [s async for s in session.app.aget_state_history(session.config)]
    loss = next(s for s in states if s.next == ("loss",))
    edited = [{"turn": 1, "id": "r0c2", "text": "first 7", "reward": None}]
    fork = await session.app.aupdate_state(loss.config, {"candidates": edited}, as_node="sample")
    session.knobs["human_pick"] = False
    result = await session.app.ainvoke(None, fork, context=session.knobs)
    assert result["rounds"][0]["loss"] == "loss 0"
    assert len(session.model.asked.of("loss")) == 1
