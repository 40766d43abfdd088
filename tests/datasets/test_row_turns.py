"""Several questions in a row: each is asked after the answer to the one before, on one thread."""

from __future__ import annotations

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from scripted_model import Ask, ScriptedModel
from steps import by_step

import tpo
from tpo.datasets.batch.json_lines import read_lines
from tpo.datasets.export.folders import sources_in
from tpo.datasets.rows.row_file import rows_of

ROW = {"question_id": 81, "turns": ["Write a post.", "Now begin each line with A."]}


class Answering:
    """Answers by what is asked, longer with each index; the question that `fails` names fails."""

    def __init__(self) -> None:
        self.fails = ""

    def __call__(self, messages, index, seed):
        last, step = messages[-1].text, Ask(messages, 1, {}).step
        if step == "sample" and self.fails and self.fails in last:
            raise ValueError("no answer to this one")
        more = {"sample": f"{last} " + "x" * index, "update": "better " * (index + 2)}
        return by_step(messages, **more)


def by_length(query: str, answer: str) -> float:
    return len(answer)


def settings(model, folder, **more):
    few = {"policy": model, "reward": by_length, "depth": 0, "width": 2}
    return {**few, "folder": folder, **more}


async def run(rows, **more):
    return [row async for row in tpo.abatch(rows, **more)]


async def test_the_second_question_follows_the_first_answer(tmp_path):
    model = ScriptedModel(script=Answering())
    (row,) = await run([ROW], **settings(model, tmp_path, depth=0))
    first, second = row["turns"]
    assert [turn["stop_reason"] for turn in row["turns"]] == ["depth", "depth"]
    assert first["answer"] == "Write a post. x"
    asked = [
        {"role": "user", "content": ROW["turns"][0]},
        {"role": "assistant", "content": first["answer"]},
        {"role": "user", "content": ROW["turns"][1]},
    ]
    assert row["messages"] == asked
    seconds = [one.messages for one in model.asked if one.messages[-1].text == asked[-1]["content"]]
    assert [[m.text for m in messages] for messages in seconds] == [[m["content"] for m in asked]]
    assert (row["answer"], row["reward"]) == (second["answer"], second["reward"])
    both = [turn["usage"]["total"]["requests"] for turn in row["turns"]]
    assert row["usage"]["total"]["requests"] == sum(both) == len(model.asked)
    (pool,) = read_lines(tmp_path / "pools.jsonl")
    assert [c["turn"] for c in pool["candidates"]] == [2] * 2
    assert [c["turn"] for c in pool["earlier"][0]["candidates"]] == [1] * 2
    requests = [len(one["requests"]) for one in (*pool["earlier"], pool)]
    assert requests == both
    sources = list(sources_in(tmp_path))
    assert [source.prompt for source in sources] == [asked[:1], asked]
    assert sources[0].origin.endswith("/81, turn 1")


async def test_the_same_call_again_asks_nothing(tmp_path):
    model = ScriptedModel(script=Answering())
    first = await run([ROW], **settings(model, tmp_path))
    paid = len(model.asked)
    assert await run([ROW], **settings(model, tmp_path)) == first
    assert len(model.asked) == paid == 2


async def test_a_row_whose_second_question_failed_keeps_the_first_answer(tmp_path):
    answering = Answering()
    answering.fails = "begin each line"
    model = ScriptedModel(script=answering)
    (row,) = await run([ROW], **settings(model, tmp_path))
    assert row["answer"] is None
    assert "no answer to this one" in row["error"]["message"]
    assert [turn["answer"] for turn in row["turns"]] == ["Write a post. x"]
    answering.fails, asked = "", len(model.asked)
    (again,) = await run([ROW], **settings(model, tmp_path, retry_failed=True))
    assert again["turns"][0] == row["turns"][0]
    assert again["answer"] == "Now begin each line with A. x"
    assert {one.messages[-1].text for one in model.asked[asked:]} == {ROW["turns"][1]}
    (pool,) = read_lines(tmp_path / "pools.jsonl")
    assert [len(one["requests"]) for one in (*pool["earlier"], pool)] == [1, 1]


async def test_a_second_question_that_is_under_way_leaves_the_first_as_it_was(tmp_path):
    def reward(query: str, answer: str) -> float:
        if fails and "begin each line" in query:
            raise ValueError("no reward for this one")
        return len(answer)

    fails = True
    given = settings(ScriptedModel(script=Answering()), tmp_path / "a", depth=1, reward=reward)
    (row,) = await run([ROW], **given)
    assert "no reward for this one" in row["error"]["message"]
    fails = False
    (again,) = await run([ROW], **given, retry_failed=True)
    assert again["turns"][0] == row["turns"][0]
    model = ScriptedModel(script=Answering())
    (whole,) = await run([ROW], **{**given, "policy": model, "folder": tmp_path / "b"})
    assert again["messages"] == whole["messages"]
    assert again["usage"]["total"]["requests"] == len(model.asked)


async def test_a_row_cut_off_before_the_checkpoint_with_its_first_answer(tmp_path, monkeypatch):
    save = SqliteSaver.put

    def dies(self, config, checkpoint, metadata, versions):
        if len(checkpoint["channel_values"].get("messages", [0])) == 2:
            raise OSError("the process dies")
        return save(self, config, checkpoint, metadata, versions)

    given = settings(ScriptedModel(script=Answering()), tmp_path / "a", depth=1)
    with monkeypatch.context() as patched:
        patched.setattr(SqliteSaver, "put", dies)
        (row,) = await run([ROW], **given)
    assert "the process dies" in row["error"]["message"]
    (again,) = await run([ROW], **given, retry_failed=True)
    model = ScriptedModel(script=Answering())
    (whole,) = await run([ROW], **{**given, "policy": model, "folder": tmp_path / "b"})
    assert again["messages"] == whole["messages"]
    assert again["answer"] == whole["answer"]
    assert len(given["policy"].asked) == len(model.asked)


@pytest.mark.parametrize(
    ("turns", "asked"),
    [
        (["Why?"], ("Why?",)),
        ("Why?", ("Why?",)),
        ([{"content": "Why?"}, {"content": "How?"}], ("Why?", "How?")),
        ([{"role": "user", "content": "Why?"}], ("Why?",)),
        (
            [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hello"},
                {"role": "user", "content": "Why?"},
            ],
            ("Hi", "Hello", "Why?"),
        ),
    ],
)
def test_the_turns_that_people_have(turns, asked):
    (row,) = rows_of([{"turns": turns}]).checked()
    assert tuple(m["content"] for m in [*row.messages, *row.further]) == asked


@pytest.mark.parametrize("second", ["", None, 7, {"text": "How?"}])
def test_a_question_that_asks_nothing_is_refused_with_the_line(second):
    with pytest.raises(tpo.InputError, match="the rows, line 1: turn 2"):
        rows_of([{"turns": ["Why?", second]}]).checked()


async def test_a_comparison_asks_the_first_question(tmp_path):
    rows = [{"turns": [f"Why {i}?", "And then?"]} for i in range(2)]
    model = ScriptedModel(script=Answering())
    arms = {"one": {"depth": 0}, "two": {"depth": 1}}
    found = await tpo.acompare(
        rows, policy=model, reward=by_length, width=2, arms=arms, folder=tmp_path
    )
    assert len(found["rows"]) == 2
    assert not [one for one in model.asked if "And then?" in one.text]
