"""Where an arm stood, and what it had spent by then: figures that can be worked out by hand."""

from __future__ import annotations

import pytest
from batch_folders import best_of, candidate, request, round_record, searched

from tpo.datasets.compare.cut import stand_within
from tpo.datasets.compare.equal_width import price_of_one
from tpo.datasets.compare.spend import Spend, total_spend
from tpo.datasets.compare.trail import trail


def tokens(stands):
    return [round(stand.spend.tokens) for stand in stands]


def best_rewards(stands):
    return [stand.best["reward"] if stand.best else None for stand in stands]


def test_a_request_for_several_is_cut_text_by_text_and_the_first_carries_the_prompt():
    pool = best_of("q", [0.1, 0.5, 0.3, 0.9], cost=0.003)
    stands = trail(pool)
    assert tokens(stands) == [150, 200, 250, 300]
    assert best_rewards(stands) == [0.1, 0.5, 0.5, 0.9]
    assert [stand.spend.texts for stand in stands] == [1, 2, 3, 4]
    assert [stand.spend.requests for stand in stands] == [1, 1, 1, 1]
    assert stands[-1].spend.dollars == pytest.approx(0.003)
    assert stands[0].spend.dollars == pytest.approx(0.0015)


def test_longer_texts_carry_more_of_what_was_written():
    pool = best_of("q", [0.1, 0.5])
    pool["candidates"][1] |= {"text": "a" * 400, "reasoning": "b" * 400}
    short, both = trail(pool)
    assert short.spend.tokens < 103
    assert both.spend.tokens == pytest.approx(200)


def test_each_of_several_requests_brings_its_own_prompt():
    pool = best_of("q", [0.1, 0.5])
    pool["requests"] = [request("sample", 0, 100, 50), request("sample", 0, 100, 50)]
    assert tokens(trail(pool)) == [150, 300]


def test_judging_is_shared_evenly_and_a_failed_request_is_paid_for():
    pool = best_of("q", [0.1, 0.5])
    pool["requests"] += [request("sample", 0, 40, 0, texts=0), request("rank", 0, 20, 10)]
    assert tokens(trail(pool)) == [165, 270]


def test_further_ratings_of_who_leads_are_no_price_of_a_sample():
    """Two samples took four ratings of 10 tokens: one for each, and two after both."""
    pool = best_of("q", [0.1, 0.5])
    pool["requests"] = [*pool["requests"], request("rank", 0, 30, 10)]
    before = tokens(trail(pool))
    pool["candidates"][1]["ratings"] = [0.9, 0.3, 0.3]
    stands = trail(pool)
    assert tokens(stands) == [before[0] - 10, before[1] - 20, before[1]]
    assert [stand.whole for stand in stands] == [False, False, True]
    assert [stand.rated_again for stand in stands] == [False, False, True]
    samples = [stand for stand in stands if not stand.rated_again]
    assert price_of_one(samples, "tokens") == tokens(samples)[1] - tokens(samples)[0]


def test_a_round_counts_with_the_critique_that_it_follows():
    stands = trail(searched("q", [0.1, 0.5], [0.7, 0.2], [0.6, 0.4]))
    assert tokens(stands) == [150, 200, 200 + 460 + 250, 200 + 2 * 710]
    assert best_rewards(stands) == [0.1, 0.5, 0.7, 0.7]
    assert [stand.round for stand in stands] == [0, 0, 1, 2]
    assert [stand.whole for stand in stands] == [False, True, True, True]


def test_shared_first_samples_are_charged_in_full_to_each_arm():
    first = best_of("q", [0.1, 0.5])
    pool = searched("q", [0.1, 0.5], [0.7, 0.2])
    for one in pool["candidates"][:2]:
        one["drafted"] = True
    del pool["requests"][0]
    assert tokens(trail(pool, first)) == [150, 200, 910]
    more = best_of("q", [0.1, 0.5, 0.9])
    for one in more["candidates"][:2]:
        one["drafted"] = True
    more["requests"] = [request("sample", 0, 100, 50)]
    assert tokens(trail(more, first)) == [150, 200, 350]


def test_a_server_that_reports_one_text_of_several_is_not_believed():
    pool = best_of("q", [0.1, 0.5, 0.3, 0.9])
    for one in pool["candidates"]:
        one["text"] = "a" * 1000
    pool["requests"][0]["output_tokens"] = 250
    assert tokens(trail(pool)) == [350, 600, 850, 1100]


def test_an_arm_stands_where_it_had_spent_as_much_as_the_budget():
    stands = trail(searched("q", [0.1, 0.5], [0.7, 0.2], [0.9, 0.4]))
    assert stand_within(stands, "tokens", 199).best["reward"] == 0.1
    assert stand_within(stands, "tokens", 200).best["reward"] == 0.5
    assert stand_within(stands, "tokens", 700).best["reward"] == 0.5
    assert stand_within(stands, "tokens", 10).best["reward"] == 0.1, "the first is always there"
    assert stand_within(stands, "nothing", 0).best["reward"] == 0.9
    assert stand_within(stands, "dollars", 1.0) is None, "the price is not known"


def test_a_round_may_end_a_tenth_above_the_budget():
    stands = trail(searched("q", [0.1, 0.5], [0.7, 0.2]))
    assert stand_within(stands, "tokens", 830).best["reward"] == 0.7
    assert stand_within(stands, "tokens", 820).best["reward"] == 0.5


def test_unusable_answers_cost_and_are_not_reached():
    pool = best_of("q", [0.1, 0.5])
    pool["candidates"][0] |= {"reward": None, "error": "empty", "text": ""}
    assert best_rewards(trail(pool)) == [None, 0.5]
    nothing = {"id": "q", "candidates": [], "rounds": [], "requests": []}
    assert trail(nothing) == []
    assert stand_within([], "tokens", 100) is None


def test_a_critique_that_led_to_nothing_is_paid_for():
    pool = best_of("q", [0.1, 0.5])
    pool["requests"].append(request("loss", 0, 200, 30))
    assert tokens(trail(pool)) == [150, 200, 430]
    assert best_rewards(trail(pool))[-1] == 0.5


def test_sums_know_their_dollars_only_if_all_parts_do():
    assert total_spend([Spend(1, 1, 1, 0.5), Spend(2, 1, 1, 0.25)]) == (3, 2, 2, 0.75)
    assert total_spend([Spend(1, 1, 1, 0.5), Spend(2, 1, 1, None)]).dollars is None
    assert Spend(1, 1, 1, None).plus(Spend()).dollars is None
    assert Spend(4, 2, 2, 1.0).times(0.5) == (2, 1, 1, 0.5)


def test_records_made_by_hand_have_the_fields_of_real_ones():
    from tpo.core.state import Candidate, Round
    from tpo.datasets.records import PaidRequest

    assert set(candidate(0, 0, 1.0)) <= set(Candidate.__annotations__)
    assert set(round_record(0, "r0c0", 1.0)) <= set(Round.__annotations__)
    assert set(request("sample", 0, 1, 1)) <= set(PaidRequest.__annotations__)
