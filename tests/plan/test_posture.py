"""How an account stands, derived from what was noticed."""

from datetime import timedelta

import pytest

from plan import Calendar, Posture, Signal, SignalType, derive_posture
from tests.plan.samples import BERLIN, NOW, contract

TODAY = BERLIN.local_date(NOW)
TICK = timedelta(microseconds=1)

HARD = "CHAMPION_LEFT"
SECOND_HARD = "SLA_BREACHED"
SOFT = ("USAGE_DROP", "LOW_ADOPTION", "EXEC_SILENCE")
THREAT = "CHURN_THREAT"
GROWTH = "UPGRADE"


def noticed(*types, age=timedelta(days=1)):
    return tuple(
        Signal(
            signal_id=f"S-{number}",
            account_id="acme",
            type=SignalType(name),
            observed_at=NOW - age,
            source="crm",
        )
        for number, name in enumerate(types, start=1)
    )


def posture(*types, days=120, age=timedelta(days=1)):
    renewal = contract(renews_on=TODAY + timedelta(days=days))
    return derive_posture(noticed(*types, age=age), (renewal,), NOW, BERLIN).posture


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ((), Posture.SECURE),
        (SOFT[:1], Posture.WATCH),
        (SOFT[:2], Posture.WATCH),
        (SOFT, Posture.AT_RISK),
        ((HARD,), Posture.WATCH),
        ((HARD, SOFT[0]), Posture.AT_RISK),
        ((HARD, SECOND_HARD), Posture.AT_RISK),
        ((HARD, HARD), Posture.WATCH),
        ((THREAT,), Posture.AT_RISK),
        ((THREAT, SOFT[0]), Posture.CRITICAL),
        ((THREAT, HARD), Posture.CRITICAL),
        ((GROWTH,), Posture.EXPANSION_READY),
        ((GROWTH, SOFT[0]), Posture.WATCH),
        ((GROWTH, HARD), Posture.WATCH),
        (("LEGAL_HOLD",), Posture.SECURE),
    ],
)
def test_each_mix_of_signals_has_its_posture(types, expected):
    assert posture(*types) is expected


def test_an_account_without_a_contract_is_a_prospect():
    found = derive_posture(noticed(HARD, THREAT), (), NOW, BERLIN)
    assert (found.posture, found.as_of, found.evidence_ids) == (Posture.PROSPECT, NOW, ())


@pytest.mark.parametrize(("days", "expected"), [(61, Posture.AT_RISK), (60, Posture.CRITICAL), (0, Posture.CRITICAL)])
def test_an_account_at_risk_is_critical_from_sixty_days_on(days, expected):
    assert posture(HARD, SECOND_HARD, days=days) is expected


def test_a_renewal_that_has_passed_does_not_count():
    past, future = contract("k-0", TODAY - timedelta(days=1)), contract("k-1", TODAY + timedelta(days=61))
    assert derive_posture(noticed(*SOFT), (past,), NOW, BERLIN).posture is Posture.AT_RISK
    assert derive_posture(noticed(*SOFT), (past, future), NOW, BERLIN).posture is Posture.AT_RISK


def test_the_nearest_renewal_counts():
    near, far = contract("k-0", TODAY + timedelta(days=60)), contract("k-1", TODAY + timedelta(days=300))
    assert derive_posture(noticed(*SOFT), (far, near), NOW, BERLIN).posture is Posture.CRITICAL


def test_today_is_the_tenants_day():
    renewal = (contract(renews_on=TODAY + timedelta(days=61)),)
    auckland = Calendar(time_zone="Pacific/Auckland")
    evening = NOW.replace(hour=20)
    assert derive_posture(noticed(*SOFT), renewal, evening, BERLIN).posture is Posture.AT_RISK
    assert derive_posture(noticed(*SOFT), renewal, evening, auckland).posture is Posture.CRITICAL


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(days=90), Posture.WATCH),
        (timedelta(days=90) + TICK, Posture.SECURE),
        (timedelta(), Posture.WATCH),
        (-TICK, Posture.SECURE),
    ],
)
def test_a_signal_speaks_for_ninety_days_and_not_before_it_was_seen(age, expected):
    assert posture(HARD, age=age) is expected


def test_a_reading_cites_the_fresh_signals_that_bear_on_it_in_order():
    fresh = noticed("USAGE_DROP", "LEGAL_HOLD", "UPGRADE")
    stale = tuple(s.model_copy(update={"signal_id": "S-9"}) for s in noticed("CHURN_THREAT", age=timedelta(days=91)))
    found = derive_posture(tuple(reversed(fresh + stale)), (contract(),), NOW, BERLIN)
    assert found.evidence_ids == ("S-1", "S-3")
