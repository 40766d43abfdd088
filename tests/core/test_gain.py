"""What a run's updates were worth: the gain, its price, and what is best so far."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from scored_pool import ranked

from tpo.core.gain import Gain, best_so_far, gain_of, gain_phrase
from tpo.core.message_json import as_json, plain_messages
from tpo.core.pool import best, summarise
from tpo.core.state import Candidate
from tpo.core.usage import Phase, Usage, add_usage, cost, no_usage, usage_of


def paid(**tokens: int) -> Usage:
    """Return a usage of one text per 100 tokens in each phase; scores are texts of none."""
    usage = no_usage(1)
    for name, amount in tokens.items():
        phase: Phase = name  # type: ignore[assignment]
        spent = cost(sequences=amount // 100, output_tokens=amount)
        usage = add_usage(usage, usage_of(1, phase, spent, 0.0))
    return usage


def gain(pool: list[Candidate], usage: Usage) -> Gain:
    found = gain_of(pool, usage, best(pool))
    assert found
    return found


FIRST = [ranked("a", 1.0), ranked("b", 3.0)]
WHOLE = {"sample": 500, "loss": 200, "gradient": 200, "update": 1000}


def test_the_answer_is_held_against_the_best_first_sample():
    made = gain([*FIRST, ranked("c", 3.42, 1), ranked("d", 3.2, 2)], paid(**WHOLE))
    assert (round(made["reward"], 9), made["best_first"], made["best_update"]) == (0.42, 3.0, 3.42)
    assert (made["texts"], made["texts_after"], made["times"]) == (19, 14, 3.8)
    assert gain_phrase(made) == "+0.42 over the best first sample, for 3.8 times the tokens"


def test_a_run_that_bought_nothing_says_so():
    made = gain([*FIRST, ranked("c", 2.9, 1)], paid(**WHOLE))
    assert (
        gain_phrase(made) == "no update beat the best first sample: 14 of 19 texts bought nothing"
    )


def test_an_answer_that_a_person_or_the_guard_chose_may_be_worse():
    pool = [*FIRST, ranked("c", 5.0, 1)]
    worse = gain_of(pool, paid(**WHOLE), pool[0])
    assert gain_phrase(worse).startswith("-2.00 against the best first sample, for 3.8 times")
    same = gain_of(pool, paid(**WHOLE), pool[1])
    assert gain_phrase(same) == "the answer is a first sample: 14 of 19 texts bought nothing"


def test_first_samples_have_their_share_of_what_judges_cost():
    pool = [*FIRST, ranked("c", 4.0, 1), ranked("d", 4.0, 2)]
    assert gain(pool, paid(sample=100, rank=400, update=100))["times"] == 2.0


def test_what_was_not_written_or_not_scored_has_no_share_of_what_judges_cost():
    lost: list[Candidate] = [
        {**ranked(name, 0.0, 1), "reward": None, "error": error, "failure": failure}
        for name, error, failure in (("c", "no request left", "budget"), ("d", "off", "unscored"))
    ]
    assert gain([*FIRST, *lost], paid(sample=100, rank=400))["times"] == 1.0
    vetoed: Candidate = {**lost[0], "error": "vetoed by short", "failure": "vetoed"}
    assert gain([*FIRST, vetoed, lost[1]], paid(sample=100, rank=300))["times"] == 1.333


def test_each_rating_has_its_share_of_what_judges_cost():
    again: Candidate = {**ranked("c", 4.0, 1), "ratings": [4.0, 5.0, 3.0]}
    assert gain([*FIRST, again], paid(sample=100, rank=500))["times"] == 2.0


def test_drafts_cost_nothing_so_the_price_is_in_tokens():
    pool = [*FIRST, ranked("c", 4.0, 1)]
    made = gain(pool, paid(update=1200))
    assert made["times"] is None
    assert gain_phrase(made) == "+1.00 over the best first sample, for 1,200 tokens"


@pytest.mark.parametrize("pool", [[], [ranked("c", 4.0, 1)]])
def test_without_a_ranked_first_sample_there_is_nothing_to_say(pool):
    assert gain_of(pool, paid(sample=100), best(pool)) is None
    assert gain_phrase(None) == ""


def test_best_of_n_has_nothing_beside_its_first_samples():
    made = gain(FIRST, paid(sample=500))
    assert (made["reward"], made["times"], gain_phrase(made)) == (0.0, 1.0, "")


def rounds(*bests: float, ranked_by: str = "one") -> list:
    pool: list[Candidate] = []
    made = []
    for nth, value in enumerate(bests):
        pool.append(ranked(str(nth), value, nth))
        made.append(summarise(pool, 1, nth, ranked_by))
    return made


def test_best_so_far_is_not_the_last_round_s_own_best():
    """A summary once showed `best 1.02 -> 2.26` of a run whose answer scored 3.36."""
    assert best_so_far(rounds(1.02, 3.36, 2.26)) == [1.02, 3.36, 3.36]


def test_rounds_on_another_scale_are_left_out():
    before, after = rounds(70.0, 80.0), rounds(0.5, 0.4, ranked_by="fallback")
    assert best_so_far([*before, *after]) == [None, None, 0.5, 0.5]


def test_a_result_is_json_with_its_messages():
    odd = HumanMessage([{"text": "Why?"}, {"cachePoint": {"type": "default"}}])
    result = {"answer": "So.", "messages": [odd, AIMessage("So.")]}
    back = json.loads(json.dumps(as_json(result)))
    assert back["messages"][1] == {"role": "assistant", "content": "So."}
    assert back["messages"][0]["role"] == "user"


def test_tool_calls_stay_beside_the_text():
    call = {"name": "look", "args": {"at": 1}, "id": "1"}
    (said,) = plain_messages([AIMessage("", tool_calls=[call])])
    assert said["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": 1}'}
