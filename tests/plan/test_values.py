"""The small values that all others are built of."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from plan import Account, Dependency, DependencyKind, latest_end
from tests.plan.samples import NOW, plan, step


def test_values_never_change_and_refuse_what_they_do_not_know():
    with pytest.raises(ValidationError, match="frozen"):
        plan().owner = "u-2"
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        plan(colour="green")


def test_a_time_without_a_zone_is_refused_and_every_other_is_kept_in_utc():
    with pytest.raises(ValidationError, match="created_at"):
        plan(created_at="2026-01-12T09:00:00")
    assert plan(created_at="2026-01-12T22:00:00+13:00").created_at == NOW
    assert plan(created_at="2026-01-12T22:00:00+13:00").created_at.utcoffset() == timedelta()


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b"])
def test_a_text_holds_no_nul_and_no_lone_surrogate(name):
    with pytest.raises(ValidationError, match="name"):
        Account(account_id="acme", name=name)


@pytest.mark.parametrize("account_id", ["", "a b", "a\n", "ä", "a" * 81])
def test_an_id_is_short_printable_ascii(account_id):
    with pytest.raises(ValidationError, match="account_id"):
        Account(account_id=account_id, name="Acme")


@pytest.mark.parametrize(
    ("kind", "outcomes", "right"),
    [
        (DependencyKind.SUCCESS, (), True),
        (DependencyKind.FINISHED, (), True),
        (DependencyKind.OUTCOME_IN, ("MEETING_BOOKED",), True),
        (DependencyKind.SUCCESS, ("MEETING_BOOKED",), False),
        (DependencyKind.FINISHED, ("MEETING_BOOKED",), False),
        (DependencyKind.OUTCOME_IN, (), False),
    ],
)
def test_outcomes_belong_to_the_kind_that_asks_for_them(kind, outcomes, right):
    if right:
        assert Dependency(step_id=UUID(int=1), kind=kind, outcomes=outcomes).outcomes == outcomes
    else:
        with pytest.raises(ValidationError, match="outcomes belong to OUTCOME_IN"):
            Dependency(step_id=UUID(int=1), kind=kind, outcomes=outcomes)


def test_a_step_that_starts_on_time_typically_ends_so_much_later():
    assert latest_end(step(1, "PREP_RENEWAL_BRIEF"), timedelta(days=2)) == NOW + timedelta(days=2)


def test_a_step_has_settled_when_nothing_more_is_awaited():
    assert step(1, "PREP_RENEWAL_BRIEF", status="SKIPPED").settled
    assert not step(1, "PREP_RENEWAL_BRIEF", status="AWAITING_OUTCOME").settled
