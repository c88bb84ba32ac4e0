"""What needs no drafter: each refusal is decided before anyone is asked."""

from datetime import date, datetime, timedelta

import pytest

from agent import Deps, ProposalRequest, ProposalResult, propose
from plan import (
    NoPlan,
    NoPlanReason,
    OpenPlan,
    PlanType,
    Posture,
    PostureReading,
    Proposal,
    deadline,
)
from tests.agent.samples import NOW, request
from tests.plan.samples import BERLIN, contract, proposal


class Asked:
    """A drafter that remembers that it was asked."""

    name = "asked"

    def __init__(self):
        self.requests: list[ProposalRequest] = []

    def draft(self, request: ProposalRequest) -> ProposalResult:
        self.requests.append(request)
        return ProposalResult(outcome=proposal())


def answer(asked: ProposalRequest) -> NoPlan | Proposal:
    drafter = Asked()
    outcome = propose(asked, Deps(drafter)).outcome
    assert (len(drafter.requests) == 1) == isinstance(outcome, Proposal)
    return outcome


def on(days: int, **more) -> ProposalRequest:
    """Return a request so many days before the renewal."""
    day = date(2026, 6, 1) - timedelta(days=days)
    return request(now=BERLIN.at(day, 12), **more)


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (181, NoPlanReason.NOTHING_TO_DEFEND),
        (180, None),
        (90, None),
        (31, None),
        (30, NoPlanReason.DEADLINE_PASSED),
        (1, NoPlanReason.DEADLINE_PASSED),
        (-1, NoPlanReason.NOTHING_TO_DEFEND),
    ],
)
def test_the_window_is_open_from_day_180_to_day_31(days, reason):
    told = answer(on(days))
    assert getattr(told, "reason", None) is reason


def test_a_request_after_the_deadlines_last_instant_is_too_late():
    last: datetime = deadline(date(2026, 6, 1), BERLIN)
    assert answer(request(now=last + timedelta(microseconds=1))).reason is NoPlanReason.DEADLINE_PASSED


def test_a_second_plan_of_the_type_is_refused_by_name():
    other = OpenPlan(plan_id="plan-7", plan_type=PlanType.RENEWAL_DEFENSE, status="ACTIVE")
    told = answer(request({"open_plans": (other,)}))
    assert told.reason is NoPlanReason.PLAN_OPEN
    assert "plan-7" in told.suggestion


def test_a_plan_of_another_type_is_no_obstacle():
    other = OpenPlan(plan_id="plan-7", plan_type=PlanType.EXPANSION, status="ACTIVE")
    assert isinstance(answer(request({"open_plans": (other,)})), Proposal)


@pytest.mark.parametrize("posture", list(Posture))
def test_only_fitting_postures_are_defended(posture):
    told = answer(request({"posture": PostureReading(posture=posture, as_of=NOW)}))
    fits = posture in {Posture.WATCH, Posture.AT_RISK, Posture.CRITICAL, Posture.RECOVERING}
    assert isinstance(told, Proposal) == fits
    assert fits or told.reason is NoPlanReason.POSTURE_UNFIT


def test_an_account_without_a_contract_has_nothing_to_defend():
    assert answer(request({"contracts": ()})).reason is NoPlanReason.NOTHING_TO_DEFEND


def test_an_empty_catalogue_is_refused_before_anyone_is_asked():
    told = answer(request(approved_actions=()))
    assert told.reason is NoPlanReason.NOTHING_TO_DEFEND
    assert "policy" in told.suggestion


def test_a_type_without_a_playbook_is_refused():
    assert answer(request(plan_type=PlanType.EXPANSION)).reason is NoPlanReason.NOTHING_TO_DEFEND


def test_approved_actions_are_sorted_and_stand_once():
    given = ("PREP_RENEWAL_BRIEF", "MAP_STAKEHOLDERS", "PREP_RENEWAL_BRIEF")
    assert request(approved_actions=given).approved_actions == ("MAP_STAKEHOLDERS", "PREP_RENEWAL_BRIEF")


def test_a_later_contract_in_the_window_is_defended_when_the_first_is_past_saving():
    contracts = (contract("k-0", date(2026, 3, 20)), contract())
    assert isinstance(answer(request({"contracts": contracts})), Proposal)
