"""The statistics hold what they say: intervals cover, tests are as strict as their level, power is as printed."""

import numpy as np
import pytest

from evals import statistics as told


def test_an_interval_of_a_rate_covers_the_truth_as_often_as_it_says():
    drawn = np.random.default_rng(1)
    for truth in (0.6, 0.9, 0.97):
        intervals = [told.rate(int(drawn.binomial(60, truth)), 60) for _ in range(1500)]
        assert np.mean([i.low <= truth <= i.high for i in intervals]) > 0.93


def test_an_interval_of_a_mean_covers_the_truth_though_answers_to_one_case_hang_together():
    drawn = np.random.default_rng(2)
    hits = []
    for _ in range(600):
        centres = drawn.normal(0.5, 0.1, 60)
        groups = [list(drawn.normal(centre, 0.02, 5)) for centre in centres]
        found = told.mean(groups)
        hits.append(found.low <= 0.5 <= found.high)
    assert np.mean(hits) > 0.92


def test_wilsons_interval_is_that_of_the_textbook():
    assert told.rate(0, 20) == (0.0, 0.0, 0.1611)
    assert told.rate(20, 20).low == 0.8389
    assert told.rate(0, 0) == (0.0, 0.0, 1.0)


def test_a_sign_flip_is_exact_for_few_cases():
    assert told.sign_flip(np.array([0.1, 0.2, 0.3])) == pytest.approx(0.25)
    assert told.sign_flip(np.zeros(5)) == 1.0


def test_chance_alone_is_seldom_called_a_difference():
    drawn = np.random.default_rng(3)
    alarms = 0
    for _ in range(60):
        before = {str(n): [float(v)] for n, v in enumerate(drawn.normal(0.8, 0.1, 24))}
        after = {case: [values[0] + float(drawn.normal(0, 0.05))] for case, values in before.items()}
        alarms += told.paired(before, after).p < 0.05
    assert alarms <= 8


def test_a_difference_is_taken_over_shared_cases_and_keeps_its_sign():
    found = told.paired({"a": [0.5], "b": [0.6], "c": [0.9]}, {"a": [0.7], "b": [0.8], "d": [0.0]})
    assert (found.n, found.mean) == (2, 0.2)


def test_one_case_alone_shows_nothing():
    found = told.paired({"a": [0.5]}, {"a": [1.0]})
    assert (found.low, found.high, found.p) == (-1.0, 1.0, 1.0)


def test_mcnemar_counts_only_cases_that_changed_sides():
    assert told.mcnemar(0, 0) == 1.0
    assert told.mcnemar(1, 9) == pytest.approx(0.021484375)
    assert told.mcnemar(9, 1) == told.mcnemar(1, 9)


def test_holm_never_reverses_the_order_and_never_exceeds_one():
    assert told.holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}
    assert told.holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize(("sd", "cases"), [(0.08, 21), (0.12, 46), (0.15, 71), (0.2, 126), (0.25, 197)])
def test_power_for_a_mean_is_as_published(sd, cases):
    assert told.cases_for_mean(sd, 0.05) == pytest.approx(cases, abs=1)


@pytest.mark.parametrize(("share", "cases"), [(0.05, 155), (0.07, 218), (0.1, 312), (0.15, 469), (0.2, 626)])
def test_power_for_a_rate_is_as_published(share, cases):
    assert told.cases_for_rate(share, 0.05) == pytest.approx(cases, abs=1)


def test_a_difference_that_no_case_can_make_is_refused():
    with pytest.raises(ValueError, match="change sides"):
        told.cases_for_rate(0.002, 0.05)


def test_no_failure_still_leaves_room_for_some():
    assert told.none_of(60) == pytest.approx(0.0487, abs=1e-4)
    assert told.none_of(0) == 1.0


def test_all_of_k_is_less_likely_than_one():
    assert told.all_of(1, 19, 20) == pytest.approx(0.95)
    assert told.all_of(3, 19, 20) == pytest.approx(0.85)
    assert told.all_of(3, 2, 2) == 0.0
