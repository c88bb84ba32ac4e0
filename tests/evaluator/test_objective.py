"""When a renewal is defended: which facts count, until when, and how much must be kept."""

from datetime import date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator import evaluate
from plan import INT_BOUND, Calendar, FactKind, RenewalStatus, deadline
from tests.evaluator.samples import BASELINE, ENOUGH, THEN, TICK, active, fact, retained, status
from tests.plan.samples import DEADLINE, terms

WON = RenewalStatus.CLOSED_WON


def met(*facts, now=DEADLINE, **changes):
    return evaluate(active(**changes), facts, now).objective_met


def read(*facts, now=DEADLINE, **changes):
    (reading,) = evaluate(active(**changes), facts, now).detail
    return reading


@pytest.mark.parametrize(
    ("word", "counts"),
    [("CLOSED_WON", True), ("COMMITMENT_SIGNED", True), ("VERBAL", False), ("OPEN", False), ("CLOSED_LOST", False)],
)  # fmt: skip
def test_only_a_won_or_signed_renewal_meets_the_objective(word, counts):
    assert met(status(word), retained()) is counts


def test_nothing_known_is_not_met():
    assert not met()
    assert not met(retained())


def test_an_empty_subject_is_never_met():
    found = evaluate(active(subject=()), [status(), retained()], DEADLINE)
    assert not found.objective_met
    assert found.detail == ()


ZONES = {
    "Pacific/Auckland": (date(2026, 6, 1), "2026-05-02T11:59:59.999999+00:00"),
    "America/Los_Angeles": (date(2026, 6, 1), "2026-05-03T06:59:59.999999+00:00"),
    "Europe/Berlin": (date(2026, 6, 1), "2026-05-02T21:59:59.999999+00:00"),
}
LEAP = {
    "Pacific/Auckland": (date(2028, 3, 30), "2028-02-29T10:59:59.999999+00:00"),
    "America/Los_Angeles": (date(2028, 3, 30), "2028-03-01T07:59:59.999999+00:00"),
    "Europe/Berlin": (date(2028, 2, 29), "2028-01-30T22:59:59.999999+00:00"),
}
CLOCKS_CHANGE = {
    "Pacific/Auckland": (date(2026, 5, 5), "2026-04-05T11:59:59.999999+00:00"),
    "America/Los_Angeles": (date(2026, 4, 7), "2026-03-09T06:59:59.999999+00:00"),
    "Europe/Berlin": (date(2026, 11, 24), "2026-10-25T22:59:59.999999+00:00"),
}


@pytest.mark.parametrize(
    ("zone", "renews_on", "last"),
    [(zone, *told) for days in (ZONES, LEAP, CLOCKS_CHANGE) for zone, told in days.items()],
)
def test_day_minus_thirty_counts_to_its_last_microsecond_in_the_tenants_zone(zone, renews_on, last):
    end = deadline(renews_on, Calendar(time_zone=zone))
    assert end == datetime.fromisoformat(last)
    window = {"objective_params": terms(deadline=end), "expires_at": end, "now": end + timedelta(days=1)}
    assert met(status(effective=end), retained(effective=end), **window)
    assert not met(status(effective=end + TICK), retained(effective=end), **window)
    assert not met(status(effective=end), retained(effective=end + TICK), **window)


def test_a_fact_counts_by_when_it_became_true_and_by_when_it_was_recorded():
    later = DEADLINE + timedelta(days=3)
    window = {"expires_at": later, "now": later + timedelta(days=9)}
    assert met(status(recorded=later), retained(recorded=later), **window)
    assert not met(status(recorded=later + TICK), retained(), **window)
    assert not met(status(), retained(recorded=later + TICK), **window)
    assert not met(status(effective=DEADLINE + TICK), retained(), **window)


def test_the_evaluation_may_run_late_but_never_early():
    facts = (status(recorded=THEN + timedelta(days=1)), retained())
    assert not met(*facts, now=THEN)
    assert not met(*facts, now=THEN + timedelta(days=1) - TICK)
    assert met(*facts, now=THEN + timedelta(days=1))
    assert met(*facts, now=DEADLINE + timedelta(days=400))


def test_what_becomes_true_only_later_does_not_count_yet():
    announced = status(effective=THEN, recorded=THEN - timedelta(days=5))
    kept = retained(effective=THEN - timedelta(days=5))
    assert not met(announced, kept, now=THEN - TICK)
    assert met(announced, kept, now=THEN)


@pytest.mark.parametrize(
    ("number", "share", "enough"),
    [
        (ENOUGH, 9000, True),
        (ENOUGH - 1, 9000, False),
        (BASELINE, 10_000, True),
        (BASELINE - 1, 10_000, False),
        (0, 0, True),
        (-1, 0, False),
        (10_999_999, 11_000, False),
        (11_000_000, 11_000, True),
    ],
)
def test_enough_is_exact_to_the_minor_unit(number, share, enough):
    assert met(status(), retained(number), objective_params=terms(min_retained_bp=share)) is enough


@pytest.mark.parametrize(("baseline", "least"), [(1, 1), (9, 9), (10, 9), (11, 10), (19, 18), (20, 18), (10_001, 9001)])
def test_enough_is_never_rounded_down(baseline, least):
    told = terms(baseline_arr_minor={"k-1": baseline})
    assert met(status(), retained(least), objective_params=told)
    assert not met(status(), retained(least - 1), objective_params=told)


@given(st.integers(0, INT_BOUND - 1), st.integers(0, 1_000_000), st.integers(0, INT_BOUND - 1))
def test_enough_is_the_share_of_the_baseline_in_whole_numbers(baseline, share, number):
    told = terms(baseline_arr_minor={"k-1": baseline}, min_retained_bp=share)
    found = evaluate(active(objective_params=told), [status(), retained(number)], DEADLINE)
    assert found.objective_met == (number * 10_000 >= baseline * share)
    assert found.digest.startswith("sha256:")


def test_without_a_fact_about_revenue_the_number_that_came_with_the_status_counts():
    assert met(status(number=ENOUGH))
    assert not met(status(number=ENOUGH - 1))
    assert not met(status())
    assert not met(status(number=BASELINE), retained(ENOUGH - 1))
    assert met(status(number=0), retained(ENOUGH))
    assert met(status(number=ENOUGH), retained(None))


def test_without_a_frozen_baseline_nothing_is_enough():
    assert not met(status(), retained(), objective_params=terms(baseline_arr_minor={"k-2": 1}))


def test_every_contract_must_be_won_and_each_keeps_its_own_share():
    told = {
        "subject": ("k-1", "k-2", "k-3"),
        "objective_params": terms(baseline_arr_minor={"k-1": 100, "k-2": 200, "k-3": 300}),
    }

    def third(word, number):
        return status(word, "s-3", subject_id="k-3"), retained(number, "r-3", subject_id="k-3")

    two = (
        status(fact_id="s-1"),
        retained(90, "r-1"),
        status(fact_id="s-2", subject_id="k-2"),
        retained(180, "r-2", subject_id="k-2"),
    )
    assert met(*two, *third("COMMITMENT_SIGNED", 270), **told)
    assert not met(*two, *third("COMMITMENT_SIGNED", 269), **told)
    assert not met(*two, *third("VERBAL", 300), **told)
    assert not met(*two, **told)
    found = evaluate(active(**told), (*two, *third("VERBAL", 300)), DEADLINE)
    assert [(part.contract_id, part.met) for part in found.detail] == [("k-1", True), ("k-2", True), ("k-3", False)]


def test_only_trusted_sources_have_a_say():
    assert not met(status(source="rumour"), retained())
    assert not met(status(), retained(source="rumour"))
    assert met(status(source="esign"), retained(source="crm"))
    denied = status("CLOSED_LOST", "f-9", effective=THEN + TICK, source="rumour")
    assert met(status(), retained(), denied)


def test_another_accounts_or_contracts_facts_say_nothing():
    assert not met(status(account_id="other"), retained())
    assert not met(status(subject_id="k-2"), retained())
    assert not met(status(), retained(account_id="other"))


def test_the_latest_word_counts_by_when_it_became_true():
    won, lost = status(effective=THEN), status("CLOSED_LOST", "f-2", effective=THEN + TICK)
    reopened = status("OPEN", "f-3", effective=THEN + 2 * TICK)
    for order in permutations((won, lost, reopened, retained())):
        assert read(*order).status == "OPEN"
    assert read(won, lost, retained()).status == "CLOSED_LOST"


def test_an_older_word_that_is_learnt_later_does_not_replace_a_newer_one():
    older = status("VERBAL", "f-late", effective=THEN - timedelta(days=5), recorded=THEN + timedelta(days=1))
    for order in permutations((status(), older, retained())):
        assert met(*order)


def test_a_correction_of_an_earlier_fact_counts_from_when_it_was_recorded():
    wrong = status(effective=THEN, recorded=THEN)
    right = status("VERBAL", "f-0", effective=THEN, recorded=THEN + timedelta(days=1))
    for order in permutations((wrong, right, retained())):
        assert met(*order, now=THEN + timedelta(days=1) - TICK)
        assert not met(*order, now=THEN + timedelta(days=1))
    corrected = retained(ENOUGH - 1, "f-0", effective=THEN, recorded=THEN + timedelta(days=1))
    assert not met(status(), retained(), corrected)


def test_a_correction_after_the_plans_end_comes_too_late():
    late = status("VERBAL", "f-9", effective=THEN, recorded=DEADLINE + TICK)
    assert met(status(), retained(), late, now=DEADLINE + timedelta(days=9))


def test_of_two_facts_of_one_moment_the_higher_id_counts():
    one, two = status("VERBAL", "f-1"), status("CLOSED_WON", "f-2")
    assert read(one, two, retained()).status == read(two, one, retained()).status == "CLOSED_WON"


def test_facts_of_other_kinds_say_nothing():
    assert not met(fact("f-1", FactKind.REPLY, value="CLOSED_WON", number=BASELINE))
    paid = fact("f-2", FactKind.PAYMENT, number=0, effective_at=THEN + TICK)
    assert met(status(), retained(), paid)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ((), "Contract k-1 is not met: no trusted source has said in time how it stands."),
        ((status("OPEN"),), "Contract k-1 is not met: it is still open."),
        ((status("VERBAL"),), "Contract k-1 is not met: it has a verbal yes, which never counts."),
        ((status("CLOSED_LOST"),), "Contract k-1 is not met: it is lost."),
        (
            (status(),),
            "Contract k-1 is not met: it is CLOSED_WON, but no trusted source has said in time what yearly revenue it keeps.",
        ),
        (
            (status("COMMITMENT_SIGNED"), retained(ENOUGH - 1)),
            (
                "Contract k-1 is not met: it is COMMITMENT_SIGNED but keeps 89,999.99 EUR a year "
                "where 90,000.00 EUR is needed."
            ),
        ),
        (
            (status(), retained()),
            ("Contract k-1 is met: it is CLOSED_WON and keeps 90,000.00 EUR a year where 90,000.00 EUR is needed."),
        ),
    ],
)
def test_each_contract_says_met_or_why_not_in_one_sentence(facts, says):
    assert read(*facts).sentence == says


def test_a_contract_that_the_plan_froze_no_revenue_for_says_so():
    told = terms(baseline_arr_minor={})
    assert read(status(), retained(), objective_params=told).sentence == (
        "Contract k-1 is not met: it is CLOSED_WON, but the plan froze no yearly revenue for it."
    )


def test_a_reading_names_the_facts_that_it_rests_on_and_no_others():
    old = status("VERBAL", "f-old", effective=THEN - TICK)
    found = evaluate(active(), [retained(), old, status(), status(fact_id="f-x", source="rumour")], DEADLINE)
    assert found.facts == ("f-arr", "f-status")
    assert found.detail[0].status == "CLOSED_WON"
    assert found.detail[0].retained_arr_minor == ENOUGH
    assert read().retained_arr_minor is None
    assert read().status == "UNKNOWN"
