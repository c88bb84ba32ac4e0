"""The playbook's own drafts hold before the gate, whatever the situation."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from agent import Deps, playbook_drafter, propose
from evals.judging import judged
from plan import (
    Calendar,
    Contact,
    ContactRole,
    Invoice,
    NoPlan,
    OpportunityKind,
    Posture,
    PostureReading,
    Proposal,
    Severity,
    SignalType,
    Tenant,
    Ticket,
    Touch,
)
from tests.agent.samples import NOW, known, request, signal
from tests.plan.samples import contract

RENEWS = date(2026, 8, 31)
POSTURES = (Posture.WATCH, Posture.AT_RISK, Posture.CRITICAL, Posture.RECOVERING)
ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland")


@st.composite
def requests(draw):
    """Draw a request inside the window about any kind of account."""
    zone = draw(st.sampled_from(ZONES))
    day = RENEWS - timedelta(days=draw(st.integers(31, 180)))
    hour = draw(st.integers(0, 23))
    now = datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
    holidays = draw(st.frozensets(st.integers(0, 60), max_size=6))
    calendar = Calendar(time_zone=zone, holidays=frozenset(day + timedelta(days=n) for n in holidays))
    kinds = draw(st.lists(st.sampled_from(SignalType), max_size=5, unique=True))
    flags = st.booleans()
    contacts = tuple(
        Contact(
            contact_id=f"c{n}",
            account_id="acme",
            name="Someone",
            role=draw(st.sampled_from(ContactRole)),
            contactable=draw(flags),
            opted_out=draw(flags),
            left_company=draw(flags),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    tickets = tuple(
        Ticket(
            ticket_id=f"t{n}",
            account_id="acme",
            opened_at=now - timedelta(days=9),
            closed_at=draw(st.none() | st.just(now - timedelta(days=1))),
            urgent=draw(flags),
            escalated=draw(flags),
            priority=draw(st.none() | st.sampled_from(Severity)),
        )
        for n in range(draw(st.integers(0, 2)))
    )
    invoices = tuple(
        Invoice(
            invoice_id=f"i{n}",
            account_id="acme",
            amount_minor=1,
            currency="EUR",
            due_on=day + timedelta(days=draw(st.integers(-20, 20))),
            disputed=draw(flags),
        )
        for n in range(draw(st.integers(0, 2)))
    )
    history = tuple(
        Touch(
            touch_id=f"h{n}",
            account_id="acme",
            at=now - timedelta(days=draw(st.integers(0, 50)), hours=draw(st.integers(0, 23))),
            contact_id=draw(st.none() | st.sampled_from(["c0", "c1"])),
            action_type=draw(
                st.none()
                | st.sampled_from(
                    ["PREP_RENEWAL_BRIEF", "RUN_VALUE_REVIEW", "MAP_STAKEHOLDERS", "ESCALATE_SUPPORT_RISK"]
                )
            ),
            external=draw(flags),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    account = known().account.model_copy(
        update={
            "owner_id": draw(st.none() | st.just("u-1")),
            "exec_sponsor_id": draw(st.none() | st.just("u-9")),
            "legal_hold": draw(st.sampled_from([False, False, True])),
            "do_not_contact": draw(st.sampled_from([False, False, True])),
        }
    )
    contracts = [contract("k-1", RENEWS)]
    if draw(flags):
        contracts.append(contract("k-2", RENEWS + timedelta(days=20), currency=draw(st.sampled_from(["EUR", "USD"]))))
    situation = known(
        tenant=Tenant(tenant_id="t-1", name="Tenant", calendar=calendar),
        account=account,
        as_of=now,
        posture=PostureReading(posture=draw(st.sampled_from(POSTURES)), as_of=now),
        contracts=tuple(contracts),
        contacts=contacts,
        tickets=tickets,
        invoices=invoices,
        history=history,
        signals=tuple(
            signal(n, kind).model_copy(update={"observed_at": now - timedelta(days=n)})
            for n, kind in enumerate(kinds, 1)
        ),
        opportunities=draw(st.sampled_from([(), known().opportunities])),
    )
    return request(now=now).model_copy(update={"situation": situation})


@settings(max_examples=150, deadline=None)
@given(requests())
def test_no_draft_of_the_playbook_is_denied(asked):
    outcome = propose(asked, Deps(playbook_drafter())).outcome
    if isinstance(outcome, NoPlan):
        return
    decision = judged(outcome, asked)
    assert decision.verdict == "ASK", [f"{v.code} {v.where}: {v.message}" for v in decision.violations]


def drafted(changes=None, **more) -> Proposal:
    outcome = propose(request(changes, **more), Deps(playbook_drafter())).outcome
    assert isinstance(outcome, Proposal)
    return outcome


def actions(plan: Proposal) -> list[str]:
    return [s.action_type for s in plan.steps]


def test_a_usage_drop_is_met_with_enablement_and_cites_its_signal():
    plan = drafted()
    adoption = next(s for s in plan.steps if s.action_type == "LAUNCH_ADOPTION_PLAY")
    assert adoption.evidence == ("sig-1",)
    assert plan.goal == "keep-95"
    assert plan.provenance.drafter == "playbook"


def test_an_open_urgent_ticket_comes_before_the_meeting():
    plan = drafted()
    meeting = next(s for s in plan.steps if s.action_type == "REQUEST_RENEWAL_MEETING")
    assert "escalate" in {d.key for d in meeting.depends_on}


def test_a_ticket_that_was_escalated_lately_rests_first():
    past = Touch(
        touch_id="h1",
        account_id="acme",
        at=NOW - timedelta(days=1),
        action_type="ESCALATE_SUPPORT_RISK",
        external=False,
    )
    [fresh], [rested] = (
        [s.start_day for s in drafted({"history": history}).steps if s.action_type == "ESCALATE_SUPPORT_RISK"]
        for history in ((), (past,))
    )
    assert fresh < 4 <= rested


def test_without_a_ticket_nothing_is_escalated_and_nothing_waits_for_it():
    plan = drafted({"tickets": ()})
    assert "ESCALATE_SUPPORT_RISK" not in actions(plan)
    assert {d.key for s in plan.steps for d in s.depends_on} <= {s.key for s in plan.steps}


def test_with_nobody_to_reach_nothing_leaves_the_company():
    plan = drafted({"contacts": ()})
    assert set(actions(plan)) <= {
        "PREP_RENEWAL_BRIEF",
        "CONFIRM_RENEWAL_OWNER",
        "ESCALATE_SUPPORT_RISK",
        "NOTIFY_ACCOUNT_TEAM",
        "MAP_STAKEHOLDERS",
        "RECORD_COMMITMENT",
    }


def test_the_champion_is_asked_before_a_user():
    people = tuple(
        Contact(contact_id=name, account_id="acme", name="Someone", role=role)
        for name, role in (("a-user", ContactRole.USER), ("z-champion", ContactRole.CHAMPION))
    )
    plan = drafted({"contacts": people})
    meeting = next(s for s in plan.steps if s.action_type == "REQUEST_RENEWAL_MEETING")
    assert meeting.params["contact_id"] == "z-champion"


def test_late_enablement_is_left_out():
    late = NOW.replace(month=4, day=20)
    assert "LAUNCH_ADOPTION_PLAY" not in actions(drafted({"as_of": late}, now=late))


def test_without_a_known_deal_no_commitment_is_recorded():
    deals = tuple(o.model_copy(update={"kind": OpportunityKind.EXPANSION}) for o in known().opportunities)
    assert "RECORD_COMMITMENT" not in actions(drafted({"opportunities": deals}))


def test_an_action_that_policy_does_not_approve_is_left_out():
    plan = drafted(approved_actions=("PREP_RENEWAL_BRIEF", "NOTIFY_ACCOUNT_TEAM"))
    assert actions(plan) == ["PREP_RENEWAL_BRIEF", "NOTIFY_ACCOUNT_TEAM"]


def test_contracts_of_another_currency_are_left_for_another_plan():
    contracts = (contract(), contract("k-2", date(2026, 6, 20)), contract("k-3", date(2026, 6, 25), currency="USD"))
    assert drafted({"contracts": contracts}).subject == ("k-1", "k-2")


def test_the_playbook_does_not_say_how_sure_it_is():
    assert drafted().confidence_percent is None
