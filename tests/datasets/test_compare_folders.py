"""Finished batch folders, compared without a call."""

from __future__ import annotations

import json

import pytest
from batch_folders import best_of, result, searched, two_arms, write_batch

from tpo.core.errors import InputError
from tpo.datasets.compare.comparing import Terms, compare_folders
from tpo.datasets.compare.comparison import Comparison
from tpo.datasets.compare.smaller_search import expected_best
from tpo.datasets.compare.written import write_comparison


def arm(found, name):
    return next(one for one in found["arms"] if one["name"] == name)


def in_measure(found, measure):
    return next(one for one in found["differences"] if one["measure"] == measure)


def test_a_search_that_gains_beats_best_of_n_at_equal_tokens(tmp_path):
    found = compare_folders(two_arms(tmp_path, gain=1.5))
    assert set(found) == set(Comparison.__annotations__)
    assert found["sentences"][0].startswith("tpo beats best_of_n: +1.5")
    assert "on 24 rows, at equal tokens." in found["sentences"][0]
    reward = in_measure(found, "reward")
    assert (reward["arm"], reward["against"], reward["rows"]) == ("tpo", "best_of_n", 24)
    assert 0 < reward["low"] < reward["mean"] < reward["high"]
    assert arm(found, "tpo")["tokens"] == pytest.approx(arm(found, "best_of_n")["tokens"], rel=0.1)
    assert arm(found, "tpo")["settings"] == {"mode": "tpo", "width": 4}
    assert [point["round"] for point in arm(found, "tpo")["curve"]] == [0, 1, 2]
    assert found["recommended"].startswith("tpo batch FILE -o DIR -m tpo -d 2 -w 4")
    assert found["left_out"] == {}


def test_best_of_n_is_cut_to_what_a_search_spent(tmp_path):
    plain = [best_of(f"q{n}", [0.0, 0.1, 0.2, 0.3, 9.0]) for n in range(4)]
    search = [searched(f"q{n}", [0.0, 0.1]) for n in range(4)]
    one, two = write_batch(tmp_path / "plain", plain), write_batch(tmp_path / "search", search)
    found = compare_folders([one, two])
    assert arm(found, "plain")["reward"] == pytest.approx(0.1)
    assert found["rows"][0]["answers"]["plain"]["tokens"] == 200
    whole = compare_folders([one, two], Terms(equal="nothing"))
    assert arm(whole, "plain")["reward"] == 9.0
    assert "plain takes" not in " ".join(found["sentences"])
    assert "search takes 57% of the tokens of plain" in " ".join(whole["sentences"])


def test_what_is_left_of_a_search_is_said_if_it_is_little(tmp_path):
    search = [searched(f"q{n}", [0.0, 0.1], [1.0, 1.1]) for n in range(6)]
    plain = [best_of(f"q{n}", [0.0, 0.1, 0.2]) for n in range(6)]
    two = [write_batch(tmp_path / "plain", plain), write_batch(tmp_path / "search", search)]
    found = compare_folders(two)
    assert any("only the first samples of search" in words for words in found["sentences"])
    assert arm(found, "plain")["tokens"] == arm(found, "search")["tokens"] == 200
    given = compare_folders(two, Terms(like="search"))
    assert "on 6 rows, not at equal tokens (910 against 250 a row)." in given["sentences"][0]
    assert arm(given, "search")["reward"] == pytest.approx(1.1)


def test_rows_that_cannot_be_compared_are_left_out_with_the_reason(tmp_path):
    pools = [best_of(f"q{n}", [0.0, 0.1]) for n in range(6)]
    results = [result(pool["id"], pool) for pool in pools]
    results[0] |= {"answer": None, "error": {"kind": "PolicyError", "message": "it is down"}}
    results[1]["messages"] = [{"role": "user", "content": "something else"}]
    pools[2]["rounds"][0]["ranked_by"] = "fallback"
    write_batch(tmp_path / "a", pools, results)
    write_batch(tmp_path / "b", [best_of(f"q{n}", [0.0, 0.1]) for n in (0, 1, 2, 3, 4, 7)])
    found = compare_folders([tmp_path / "a", tmp_path / "b"])
    assert found["left_out"] == {
        "q0": "a failed: it is down",
        "q1": "the arms were asked different things",
        "q2": "the arms were ranked by fallback, checks",
        "q5": "b does not have it",
        "q7": "a does not have it",
    }
    assert [row["id"] for row in found["rows"]] == ["q3", "q4"]
    assert "5 of 7 rows are left out" in found["sentences"][-1]
    assert (arm(found, "a")["rows"], arm(found, "a")["failed"]) == (2, 1)


def test_a_row_whose_pool_is_gone_is_left_out_and_its_answer_is_not_denied(tmp_path):
    pools = [best_of(f"q{n}", [0.0, 0.1]) for n in range(5)]
    write_batch(tmp_path / "a", pools[:4], [result(pool["id"], pool) for pool in pools])
    write_batch(tmp_path / "b", pools)
    found = compare_folders([tmp_path / "a", tmp_path / "b"])
    assert found["left_out"] == {
        "q4": "a has an answer and no pool (pools.jsonl has lost the line; without its line in "
        "results.jsonl, the row runs again)"
    }


def test_a_row_whose_first_samples_have_lost_their_cost_is_left_out(tmp_path):
    first = [best_of(f"q{n}", [0.0, 0.1]) for n in range(5)]
    write_batch(tmp_path / "first", first[1:])
    for pool in first:
        pool["candidates"] = [{**one, "drafted": True} for one in pool["candidates"]]
    for name in ("a", "b"):
        write_batch(tmp_path / "arms" / name, first)
    assert compare_folders([tmp_path])["left_out"] == {
        "q0": "a had first samples whose cost is gone (first/pools.jsonl has lost it)"
    }


def test_equal_arms_are_not_told_apart(tmp_path):
    pools = [best_of(f"q{n}", [0.0, 0.1 * n]) for n in range(8)]
    write_batch(tmp_path / "a", pools)
    write_batch(tmp_path / "b", pools)
    found = compare_folders([tmp_path / "a", tmp_path / "b"])
    assert found["sentences"][0].startswith(
        "No difference between b and a was found: +0 (+0 to +0) reward"
    )
    assert found["win_rates"][0]["ties"] == 8


def with_heldout(folder, rewards, heldouts, text=""):
    pools, results = [], []
    for number, (reward, heldout) in enumerate(zip(rewards, heldouts, strict=True)):
        pool = best_of(f"q{number}", [reward], heldout=heldout)
        pool["candidates"][0]["text"] += text
        pools.append(pool)
        results.append(result(pool["id"], pool, heldout=heldout))
    return write_batch(folder, pools, results)


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        (0.5, "The held-out reward agrees for new: +0.50"),
        (-0.5, "The held-out reward does not agree for new: -0.50"),
        (0.0, "The held-out reward does not decide it for new: +0 ("),
    ],
)
def test_whether_the_held_out_reward_agrees_is_said(tmp_path, gain, says):
    base = [0.1 * n for n in range(8)]
    old = with_heldout(tmp_path / "old", base, base)
    new = with_heldout(tmp_path / "new", [x + 1 for x in base], [x + gain for x in base])
    found = compare_folders([old, new])
    assert any(words.startswith(says) for words in found["sentences"]), found["sentences"]
    assert any("It is not length" in words for words in found["sentences"])


def rated(folder, ratings, **heldout):
    """A batch whose answers were rated several times, the first time luckily."""
    pools = [best_of(f"q{n}", [sum(ratings) / len(ratings) + n], **heldout) for n in range(8)]
    for number, pool in enumerate(pools):
        if len(ratings) > 1:
            pool["candidates"][0]["ratings"] = [number + rating for rating in ratings]
    results = [result(pool["id"], pool, **heldout) for pool in pools]
    return write_batch(folder, pools, results)


def test_whom_more_ratings_of_one_arm_favour_is_said_where_the_reward_decides(tmp_path):
    once, thrice = rated(tmp_path / "once", [0.9]), rated(tmp_path / "thrice", [0.9, 0.6, 0.3])
    found = compare_folders([once, thrice])
    assert [arm["ratings"] for arm in found["arms"]] == [1.0, 3.0]
    assert (
        "The reward of thrice is a mean of 3 ratings an answer, that of once of 1: the luckiest of "
        "many. That favours once. Hold out a reward, or give all arms the same --ratings."
    ) in found["sentences"]
    again = rated(tmp_path / "again", [0.6])
    assert not any("favours" in words for words in compare_folders([once, again])["sentences"])


def test_a_held_out_reward_is_what_to_go_by_then(tmp_path):
    once = rated(tmp_path / "once", [0.9], heldout=1.0)
    thrice = rated(tmp_path / "thrice", [0.9, 0.6, 0.3], heldout=1.0)
    words = " ".join(compare_folders([once, thrice])["sentences"])
    assert "That favours once. Go by the held-out reward, or give" in words


def test_an_arm_that_is_always_longer_may_win_by_length(tmp_path):
    base = [0.1 * n for n in range(8)]
    old = with_heldout(tmp_path / "old", base, base)
    new = with_heldout(tmp_path / "new", [x + 1 for x in base], base, " and more" * 9)
    words = " ".join(compare_folders([old, new])["sentences"])
    assert "new is nearly always longer" in words
    assert "length cannot be ruled out" in words


def test_rewards_of_two_scales_are_not_compared(tmp_path):
    pools = [[best_of(f"q{n}", [0.1 * n], ranked_by=by) for n in range(4)] for by in ("a", "b")]
    folders = [write_batch(tmp_path / by, pool) for by, pool in zip("ab", pools, strict=True)]
    found = compare_folders(folders)
    assert "reward" not in {one["measure"] for one in found["differences"]}
    assert found["sentences"][0] == (
        "Nothing says whether b or a is better: they were ranked by different rewards, or by one "
        "that compares. Give a held-out reward."
    )
    judged = [best_of(f"q{n}", [0.1 * n], ranked_by="pairwise:openai:x") for n in range(4)]
    folders = [write_batch(tmp_path / name, judged) for name in ("c", "d")]
    assert "reward" not in {d["measure"] for d in compare_folders(folders)["differences"]}


def test_checks_give_an_accuracy(tmp_path):
    checked = [best_of(f"q{n}", [1.0]) for n in range(5)]
    for number, pool in enumerate(checked):
        check = {"criterion": "brief", "passed": number > 0, "why": ""}
        degree = {"criterion": "clarity", "score": 0.25}  # neither passed nor failed
        pool["candidates"][0]["checks"] = [check, degree] if number < 4 else [degree]
    one = write_batch(tmp_path / "a", checked)
    found = compare_folders([one, write_batch(tmp_path / "b", checked)])
    assert arm(found, "a")["accuracy"] == 0.75
    assert found["rows"][0]["answers"]["a"]["passed"] is False
    assert {one["by"] for one in found["win_rates"]} == {"reward", "accuracy"}


def test_the_folder_of_a_comparison_means_its_arms_with_their_first_samples(tmp_path):
    first = [best_of(f"q{n}", [0.1, 0.2]) for n in range(4)]
    write_batch(tmp_path / "first", first)
    for name, rounds in (("best_of_n", ()), ("tpo", ([0.5, 0.4],))):
        pools = [searched(f"q{n}", [0.1, 0.2], *rounds) for n in range(4)]
        for pool in pools:
            del pool["requests"][0]
            for one in pool["candidates"][:2]:
                one["drafted"] = True
        write_batch(tmp_path / "arms" / name, pools, mode=name)
    found = compare_folders([tmp_path], Terms(equal="nothing"))
    assert [one["name"] for one in found["arms"]] == ["best_of_n", "tpo"]
    assert arm(found, "best_of_n")["tokens"] == 200
    assert arm(found, "tpo")["tokens"] == 910
    assert (arm(found, "best_of_n")["from_first"], arm(found, "tpo")["from_first"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("folders", "says"),
    [
        (["a"], "two arms or more"),
        (["a", "missing"], "has no results.jsonl"),
        (["a", "a"], "two arms are called 'a': give one as NAME="),
        (["x=a", "y=other"], "too little to compare: 0 rows are left"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(tmp_path, monkeypatch, folders, says):
    monkeypatch.chdir(tmp_path)
    write_batch(tmp_path / "a", [best_of("q0", [0.1]), best_of("q1", [0.1])])
    write_batch(tmp_path / "other", [best_of("z0", [0.1])])
    with pytest.raises(InputError, match=says):
        compare_folders(folders)


def test_an_arm_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no arm called 'gpt': take one of best_of_n, tpo"):
        compare_folders(two_arms(tmp_path, rows=2), Terms(like="gpt"))


def test_the_best_of_a_smaller_choice_is_the_mean_over_all_choices():
    rewards = [3.0, 1.0, 2.0]
    assert expected_best(rewards, 1) == pytest.approx(2.0)
    assert expected_best(rewards, 2) == pytest.approx((3 + 3 + 2) / 3)
    assert expected_best(rewards, 3) == 3.0


def test_what_a_smaller_search_would_have_given_comes_from_the_pools(tmp_path):
    pools = [searched(f"q{n}", [0.0, 0.2], [1.0, 0.9], [1.1, 0.9]) for n in range(4)]
    folders = [write_batch(tmp_path / name, pools, mode="tpo", depth=2) for name in ("a", "b")]
    found = compare_folders(folders)
    mine = [one for one in found["smaller"] if one["arm"] == "a"]
    assert [(one["depth"], one["width"]) for one in mine] == [(0, 1), (0, 2), (1, 2), (2, 2)]
    assert [one["reward"] for one in mine] == pytest.approx([0.1, 0.2, 1.0, 1.1])
    assert [one["gain_share"] for one in mine] == pytest.approx([0, 0.1, 0.9, 1.0])
    assert [one["token_share"] for one in mine] == pytest.approx(
        [150 / 1620, 200 / 1620, 910 / 1620, 1.0]
    )
    says = (
        "Of a, D1-N2 would have given 90% of the gain over a single sample for 56% of the tokens."
    )
    assert says in found["sentences"]
    assert found["recommended"] == "tpo batch FILE -o DIR -m tpo -d 1 -w 2"


def test_files_are_written_for_their_owner_alone_and_hold_the_record(tmp_path):
    found = compare_folders(two_arms(tmp_path, rows=3))
    path = write_comparison(found, tmp_path / "new" / "folder")
    assert json.loads(path.read_text(encoding="utf-8")) == found
    assert path.stat().st_mode & 0o077 == 0
    text = path.with_name("report.md").read_text(encoding="utf-8")
    assert text.startswith("# best\\_of\\_n and tpo\n\n**")
    assert "<script" in path.with_name("report.html").read_text(encoding="utf-8")
