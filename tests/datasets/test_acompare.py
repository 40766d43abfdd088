"""Arms that are run and compared: shared first samples, equal cost, and nothing paid twice."""

from __future__ import annotations

import pytest
from fake_judge import obey, read
from scripted_model import ScriptedModel
from steps import by_step

import tpo
from tpo.datasets.batch.json_lines import read_lines

ROWS = [{"id": f"r{n}", "prompt": f"Question {n}", "answer": "long"} for n in range(6)]
TWO = {"best_of_n": {"mode": "best_of_n"}, "tpo": {"mode": "tpo"}}


def answers(messages, index, seed):
    last = messages[-1].text
    if "Which answer is better" in last or ("better" in last and "answer_a" in last.lower()):
        return "A"
    more = {"sample": "short " * (index % 3 + 60), "update": "long " * (index + 90)}
    return by_step(messages, **more)


def first_place(messages, index, seed):
    return "A"


def by_length(query: str, answer: str) -> float:
    return len(answer)


def by_words(query: str, answer: str) -> float:
    return -len(answer.split())


@pytest.fixture
def model():
    return ScriptedModel(script=answers)


def common(model, folder, **more):
    return {"policy": model, "reward": by_length, "depth": 1, "width": 3, "folder": folder, **more}


def pools(folder):
    return {pool["id"]: pool for pool in read_lines(folder / "pools.jsonl")}


async def test_arms_share_the_first_samples_and_are_charged_for_them_in_full(tmp_path, model):
    found = await tpo.acompare(ROWS, arms=TWO, **common(model, tmp_path))
    assert [arm["name"] for arm in found["arms"]] == ["best_of_n", "tpo"]
    first, search = pools(tmp_path / "first"), pools(tmp_path / "arms" / "tpo")
    for id, pool in search.items():
        drafts = [c["text"] for c in pool["candidates"] if c.get("drafted")]
        assert drafts == [c["text"] for c in first[id]["candidates"]]
        assert {request["phase"] for request in pool["requests"]} == {"loss", "gradient", "update"}
    assert found["sentences"][0].startswith("tpo beats best_of_n: +")
    assert found["rows"][0]["answers"]["tpo"]["text"].startswith("long")
    assert {path.name for path in tmp_path.iterdir()} >= {"comparison.json", "report.html"}


async def test_best_of_n_is_as_wide_as_the_searches_spend(tmp_path, model):
    found = await tpo.acompare(ROWS, arms=TWO, **common(model, tmp_path))
    plain, search = found["arms"]
    assert len(pools(tmp_path / "arms" / "best_of_n")["r0"]["candidates"]) > 3
    assert plain["tokens"] == pytest.approx(search["tokens"], rel=0.25)
    assert "width" in plain["settings"]


async def test_judging_counts_in_what_is_made_equal(tmp_path):
    """Else best-of-N is as wide as the whole search has cost, and each answer is judged too."""

    def script(messages, index, seed):
        blocks, _ = read(messages[-1].text)
        judge = "answer" in blocks and "chosen" not in messages[-1].text
        if judge:
            return obey(len)(messages, index, seed)
        return by_step(messages, sample="short " * (index + 9), update="long " * (index + 9))

    place = common(ScriptedModel(script=script), tmp_path, reward="judge")
    await tpo.acompare(ROWS, arms=TWO, **place)
    plain, search = (
        [row["usage"]["total"] for row in read_lines(tmp_path / "arms" / name / "results.jsonl")]
        for name in TWO
    )
    tokens = [sum(t["input_tokens"] + t["output_tokens"] for t in arm) for arm in (plain, search)]
    assert 0.6 * tokens[1] < tokens[0] < 1.2 * tokens[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"heldout": [lambda q, a: 1.0, lambda q, a: 2.0]}, "two held-out rewards are called"),
        ({"judge": "pairwise"}, "unknown policy 'pairwise'"),
    ],
)
async def test_what_cannot_judge_is_refused_before_anything_is_paid(tmp_path, model, more, said):
    with pytest.raises(tpo.ConfigError, match=said):
        await tpo.acompare(ROWS, arms=TWO, **common(model, tmp_path, **more))
    assert model.asked == []


async def test_another_lambda_is_asked_again(tmp_path, model):
    """Nothing tells it from the one in the call before."""
    for reward in (lambda query, answer: 1.0, lambda query, answer: 2.0):
        found = await tpo.acompare(ROWS, arms=TWO, heldout=[reward], **common(model, tmp_path))
        assert found["arms"][0]["heldout"] == reward("", "")


async def test_the_same_call_again_asks_for_nothing(tmp_path, model):
    place = common(model, tmp_path, heldout=[by_words], judge=ScriptedModel(script=first_place))
    found = await tpo.acompare(ROWS, arms=TWO, **place)
    paid, judged = len(model.asked), len(place["judge"].asked)
    again = await tpo.acompare(ROWS, arms=TWO, **place)
    assert (len(model.asked), len(place["judge"].asked)) == (paid, judged)
    assert again["sentences"] == found["sentences"]
    assert again["rows"] == found["rows"]


async def test_another_arm_later_runs_alone(tmp_path, model):
    await tpo.acompare(ROWS, arms=TWO, **common(model, tmp_path))
    paid = len(model.asked)
    more = {**TWO, "revision": {"mode": "revision"}}
    found = await tpo.acompare(ROWS, arms=more, **common(model, tmp_path))
    assert [arm["name"] for arm in found["arms"]] == ["best_of_n", "tpo", "revision"]
    assert 0 < len(model.asked) - paid <= 6 * 5


async def test_held_out_rewards_score_what_is_compared(tmp_path, model):
    found = await tpo.acompare(
        ROWS, arms=TWO, heldout=[by_words, by_length], **common(model, tmp_path)
    )
    measures = {one["measure"]: one["mean"] for one in found["differences"]}
    assert measures["heldout"] < 0 < measures["heldout by_length"]
    assert measures["heldout by_length"] == pytest.approx(measures["reward"])
    assert any("does not agree for tpo" in words for words in found["sentences"])
    answer = found["rows"][0]["answers"]["tpo"]
    assert answer["heldout"] == -len(answer["text"].split())


async def test_a_verifier_gives_an_accuracy_with_what_each_row_expects(tmp_path, model):
    place = common(model, tmp_path, heldout="verify:exact", verify_field="answer")
    found = await tpo.acompare(ROWS, arms=TWO, **place)
    assert [arm["accuracy"] for arm in found["arms"]] == [0.0, 0.0]
    own = common(model, tmp_path / "2", heldout=[lambda query, answer, row: len(row["id"])])
    found = await tpo.acompare(ROWS, arms=TWO, **own)
    assert [arm["heldout"] for arm in found["arms"]] == [2.0, 2.0]


async def test_a_verifier_with_an_answer_for_each_row_ranks_on_one_scale(tmp_path, model):
    place = common(model, tmp_path) | {"reward": "verify:exact", "verify_field": "answer"}
    found = await tpo.acompare(ROWS, arms=TWO, **place)
    assert (len(found["rows"]), found["left_out"]) == (6, {})
    assert {"reward", "accuracy"} <= {one["measure"] for one in found["differences"]}
    assert [arm["accuracy"] for arm in found["arms"]] == [0.0, 0.0]
    assert found["recommended"].endswith("-r verify:exact --verify-field answer")


async def test_best_of_n_is_widened_also_if_nothing_is_shared(tmp_path, model):
    arms = {"best_of_n": {"mode": "best_of_n"}, "hot": {"mode": "tpo", "temperature": 1.3}}
    found = await tpo.acompare(ROWS, arms=arms, **common(model, tmp_path))
    assert not (tmp_path / "first").exists()
    assert found["arms"][0]["settings"]["width"] > 3


async def test_a_judge_that_looks_at_places_calls_ties(tmp_path, model):
    judge = ScriptedModel(script=first_place)
    found = await tpo.acompare(ROWS, arms=TWO, judge=judge, **common(model, tmp_path))
    by_judge = next(w for w in found["win_rates"] if w["by"].startswith("pairwise:"))
    assert (by_judge["wins"], by_judge["ties"], by_judge["losses"]) == (0, 6, 0)
    assert len(judge.asked) == 12
    assert found["metadata"]["judge"]["usage"]["requests"] == 12


async def test_a_judge_that_says_nothing_leaves_pairs_out_and_is_asked_again(tmp_path, model):
    silent = ScriptedModel(script=lambda messages, index, seed: "Hm.")
    found = await tpo.acompare(ROWS, arms=TWO, judge=silent, **common(model, tmp_path))
    assert not any(won["by"].startswith("pairwise:") for won in found["win_rates"])
    asked = found["metadata"]["judge"]["usage"]["requests"]
    assert asked == len(silent.asked) > 0
    again = await tpo.acompare(ROWS, arms=TWO, judge=silent, **common(model, tmp_path))
    assert again["metadata"]["judge"]["usage"]["requests"] == 2 * asked


async def test_a_single_sample_sets_no_limit_and_is_not_at_equal_cost(tmp_path, model):
    arms = {"policy": {"mode": "policy"}, "tpo": {"mode": "tpo"}}
    found = await tpo.acompare(ROWS, arms=arms, against="policy", **common(model, tmp_path))
    assert found["arms"][0]["texts"] == 1
    assert found["arms"][1]["texts"] > 3
    assert "not at equal tokens" in found["sentences"][0]


async def test_an_arm_with_other_sampling_draws_its_own_samples(tmp_path, model):
    arms = {**TWO, "hot": {"mode": "tpo", "temperature": 1.3}}
    await tpo.acompare(ROWS, arms=arms, **common(model, tmp_path))
    hot = pools(tmp_path / "arms" / "hot")["r0"]
    assert not any(c.get("drafted") for c in hot["candidates"])


async def test_rows_and_results_need_no_folder(model):
    found = await tpo.acompare(["One?", "Two?"], arms=TWO, **common(model, None))
    assert len(found["rows"]) == 2


@pytest.mark.parametrize(
    ("arms", "says"),
    [
        ({"tpo": {}}, "two arms or more"),
        ({"a": {"depth": 99}, "b": {}}, "arm a: .*depth"),
        ({"../a": {}, "b": {}}, "cannot name an arm"),
        ({"a": {"speed": 3}, "b": {}}, "arm a: .*speed"),
    ],
)
async def test_arms_that_cannot_be_right_are_refused_before_anything_is_paid(
    tmp_path, model, arms, says
):
    with pytest.raises((tpo.ConfigError, tpo.InputError), match=says):
        await tpo.acompare(ROWS, arms=arms, **common(model, tmp_path))
    assert model.asked == []


async def test_other_settings_in_the_same_folder_are_refused(tmp_path, model):
    await tpo.acompare(ROWS, arms=TWO, **common(model, tmp_path))
    paid = len(model.asked)
    with pytest.raises(tpo.InputError, match="begun with other settings"):
        await tpo.acompare(ROWS, arms=TWO, **common(model, tmp_path) | {"depth": 2})
    assert len(model.asked) == paid
