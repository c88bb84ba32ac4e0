"""Laws of the gate over any plan that fits the schema, at any time, whatever is known."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gate import Phase, Severity, Verdict, bundle_digest, check, rules
from gate.policy import Blackout, QuietHours
from gate.rules.openings import PATIENCE, Openings
from plan import (
    Approval,
    Calendar,
    Constraints,
    Dependency,
    DependencyKind,
    PlannedTouch,
    PlanStatus,
    PlanStep,
    PlanType,
    RevenuePlanV1,
    RiskClass,
    StepStatus,
    Touch,
    canonical,
    catalogue,
)
from tests import builders
from tests.builders import POLICY
from tests.house import MONDAY

PLAN, CONTEXT = builders.plan(), builders.context()
KNOWN = CONTEXT.situation
IDS = [UUID(int=n) for n in range(1, 6)]
NAMES = [*(spec.action_type for spec in catalogue().actions), "BUY_FLOWERS"]
FAMILIES = ("contracts", "contacts", "tickets", "opportunities", "owners", "signals")

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
instants = st.datetimes(datetime(1900, 1, 2), datetime(8999, 12, 30), timezones=st.just(UTC)) | st.datetimes(
    datetime(2026, 2, 1),
    datetime(2026, 7, 1),
    timezones=st.just(UTC),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words | st.sampled_from(["acme-c1", "acme-t1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)
PARAMS = ("contact_id", "contact_ids", "ticket_ids", "opportunity_id", "candidate_owner", "exec_sponsor_id", "x")
dependencies = st.builds(
    lambda step_id, outcomes: Dependency(
        step_id=step_id, kind=DependencyKind.OUTCOME_IN if outcomes else DependencyKind.SUCCESS, outcomes=outcomes
    ),
    st.sampled_from(IDS),
    st.lists(words | st.just("MEETING_BOOKED"), max_size=2).map(tuple),
)
steps = st.builds(
    PlanStep,
    step_id=st.sampled_from(IDS),
    action_type=st.sampled_from(NAMES),
    status=st.sampled_from(StepStatus),
    approval=st.sampled_from(Approval),
    depends_on=st.lists(dependencies, max_size=3).map(tuple),
    not_before=instants,
    due_by=instants,
    params=st.none() | st.dictionaries(st.sampled_from(PARAMS), values, max_size=4),
    evidence=st.lists(st.sampled_from(["acme-s1", "made-up"]), max_size=2).map(tuple),
    attempts=st.integers(0, 100),
    outcome=st.none() | words,
)
plans = st.builds(
    lambda changes: RevenuePlanV1.model_validate(PLAN.model_dump() | changes),
    st.fixed_dictionaries(
        {"steps": st.lists(steps | st.sampled_from(PLAN.steps), max_size=7)},
        optional={
            "tenant_id": st.sampled_from(["t1", "t2"]),
            "plan_type": st.sampled_from(PlanType),
            "status": st.sampled_from(PlanStatus),
            "risk": st.sampled_from(RiskClass),
            "subject": st.sampled_from([(), ("acme-k1",), ("acme-k1", "acme-k1"), ("other",)]),
            "objective": words,
            "created_at": instants,
            "expires_at": instants,
            "revision": st.integers(1, 3),
            "constraints": st.builds(Constraints, no_external_contact_without_approval=st.booleans()),
        },
    ),
)
near = st.datetimes(MONDAY.replace(tzinfo=None) - timedelta(days=60), datetime(2026, 7, 1), timezones=st.just(UTC))
zones = st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"])
contact_ids = st.sampled_from(["acme-c1", "acme-c2", "zed"])
touches = st.builds(
    Touch,
    touch_id=st.uuids().map(str),
    account_id=st.just("acme"),
    at=near | instants,
    contact_id=st.none() | contact_ids,
    action_type=st.none() | st.sampled_from(NAMES),
    outcome=st.none() | st.sampled_from(["VALUE_CONFIRMED", "BRIEF_READY"]),
    step_id=st.none() | st.sampled_from([str(s.step_id) for s in PLAN.steps]),
    external=st.booleans(),
)
touch_lists = st.lists(touches, max_size=8).map(tuple)
planned_touches = st.lists(
    st.builds(
        PlannedTouch,
        plan_id=st.sampled_from(["other", str(PLAN.plan_id)]),
        plan_type=st.sampled_from(PlanType),
        action_type=st.sampled_from(NAMES),
        at=near | instants,
        contact_ids=st.lists(contact_ids, max_size=2).map(tuple),
    ),
    max_size=4,
).map(tuple)
calendars = st.builds(
    Calendar,
    time_zone=zones,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    holidays=st.frozensets(st.dates(date(2026, 2, 1), date(2026, 7, 1)), max_size=3),
)
contacts = st.tuples(*(st.none() | zones for _ in KNOWN.contacts)).map(
    lambda chosen: tuple(c.model_copy(update={"time_zone": z}) for c, z in zip(KNOWN.contacts, chosen, strict=True))
)
situations = st.builds(
    lambda changes, calendar, empty: KNOWN.model_copy(
        update={
            **changes,
            **dict.fromkeys(empty, ()),
            "tenant": KNOWN.tenant.model_copy(update={"calendar": calendar or KNOWN.tenant.calendar}),
        }
    ),
    st.fixed_dictionaries({}, optional={"history": touch_lists, "contacts": contacts}),
    st.none() | calendars,
    st.sets(st.sampled_from(FAMILIES)),
)
blackouts = st.builds(
    lambda first, days: Blackout(first=first, last=first + timedelta(days=days), why="closed"),
    st.dates(date(2026, 2, 1), date(2026, 7, 1)),
    st.integers(0, 90),
)
quiet_hours = st.builds(QuietHours, starts=st.integers(12, 23), ends=st.integers(1, 12))
blackout_lists = st.lists(blackouts, max_size=2).map(tuple)
policies = st.builds(
    lambda changes: POLICY.model_copy(update=changes),
    st.fixed_dictionaries({}, optional={"quiet_hours": quiet_hours, "blackouts": blackout_lists}),
)
contexts = st.builds(
    lambda situation, changes: CONTEXT.model_copy(update={**changes, "situation": situation}),
    situations,
    st.fixed_dictionaries(
        {},
        optional={
            "objective_met": st.booleans(),
            "content_digest": st.none(),
            "approvals": st.just(()),
            "step_approvals": st.just(()),
            "step_id": st.none() | st.sampled_from(IDS),
            "rendered_digest": st.none(),
            "planned": planned_touches,
            "switches": st.frozensets(st.sampled_from(["tenant", "action:RUN_VALUE_REVIEW", "connector:smtp"])),
            "connector": st.sampled_from(["", "smtp"]),
            "inactive_principals": st.frozensets(st.sampled_from(["mara", "otto"])),
            "accepted_owner": st.none() | st.just("vera"),
            "approver_limit_minor": st.none() | st.integers(0, 2**53 - 1),
            "slot_holder": st.sampled_from(["other", str(PLAN.plan_id)]),
        },
    ),
)
phases = st.sampled_from(Phase)


@settings(max_examples=150)
@given(plans, contexts, policies, phases, near | instants)
def test_the_gate_never_raises_and_no_rule_does(plan, context, policy, phase, now):
    decision = check(plan, context, policy, phase=phase, now=now)
    assert "PG999" not in decision.codes
    hard = any(v.severity is Severity.HARD for v in decision.violations)
    assert decision.verdict is (Verdict.DENY if hard else Verdict.ASK)
    assert all(v.message.isprintable() and v.mend and v.where for v in decision.violations)
    assert canonical(decision) == canonical(check(plan, context, policy, phase=phase, now=now))


@settings(max_examples=50)
@given(plans, contexts, phases, st.dictionaries(st.sampled_from([d.code for d in rules()]), st.sampled_from(Severity)))
def test_no_table_of_severities_makes_the_gate_milder(plan, context, phase, severities):
    other = POLICY.model_copy(update={"severities": severities})
    plain = check(plan, context, POLICY, phase=phase, now=MONDAY)
    under = tuple(a.model_copy(update={"policy_digest": bundle_digest(other)}) for a in context.approvals)
    raised = check(plan, context.model_copy(update={"approvals": under}), other, phase=phase, now=MONDAY)
    assert len(plain.violations) == len(raised.violations)
    for before, after in zip(plain.violations, raised.violations, strict=True):
        assert after.severity.rank >= before.severity.rank
        assert after.model_copy(update={"severity": before.severity}) == before
    assert not (plain.verdict is Verdict.DENY and raised.verdict is not Verdict.DENY)


@settings(max_examples=50)
@given(words)
def test_what_a_stranger_wrote_is_quoted_on_one_printable_line(name):
    meeting = next(s for s in PLAN.steps if s.action_type == "REQUEST_RENEWAL_MEETING")
    asked = meeting.model_copy(update={"params": {**(meeting.params or {}), "contact_id": "\n\x1b[2J\u202e" + name}})
    decision = check(PLAN.with_step(asked), CONTEXT, POLICY, phase=Phase.PROPOSE, now=MONDAY)
    told = [v.message for v in decision.violations if v.code == "PG070"]
    assert told
    assert all(message.isprintable() for message in told)


def capped(context, phase, now):
    """Which step breaks which cap, whatever the numbers are."""
    decision = check(PLAN, context, POLICY, phase=phase, now=now)
    return {(v.where, v.message.split(" contacts ")[1]) for v in decision.violations if v.code == "PG060"}


@settings(max_examples=80)
@given(touch_lists, touches, planned_touches, st.sampled_from([Phase.APPROVE, Phase.STEP]), near)
def test_a_touch_more_never_makes_room_for_a_contact(history, one_more, planned, phase, now):
    def knowing(*touches):
        known = KNOWN.model_copy(update={"history": touches})
        return CONTEXT.model_copy(update={"situation": known, "planned": planned})

    assert capped(knowing(*history), phase, now) <= capped(knowing(*history, one_more), phase, now)


@settings(max_examples=80)
@given(st.lists(st.integers(1, 60 * 24 * 20), max_size=12), near)
def test_a_step_that_waits_as_long_as_the_caps_say_then_has_room(minutes, now):
    history = tuple(
        Touch(touch_id=f"x{n}", account_id="acme", at=now - timedelta(minutes=ago), contact_id="acme-c1")
        for n, ago in enumerate(minutes)
    )
    context = CONTEXT.model_copy(update={"situation": KNOWN.model_copy(update={"history": history})})
    decision = check(PLAN, context, POLICY, phase=Phase.STEP, now=now)
    waits = [v.clears_at for v in decision.violations if v.code == "PG060"]
    assume(waits)
    assert all(at is not None and at > now for at in waits)
    last = max(waits)
    assert capped(context, Phase.STEP, last - timedelta(microseconds=1))
    assert not capped(context, Phase.STEP, last)


openings = st.builds(
    Openings, quiet_hours, calendars, blackout_lists, st.lists(zones, min_size=1, max_size=3, unique=True).map(tuple)
)
changing = st.sampled_from(
    [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC)]
)
"""Days on which some of the zones change their clocks."""


@settings(max_examples=200)
@given(
    openings, near | st.builds(lambda day, minutes: day + timedelta(minutes=minutes), changing, st.integers(0, 4000))
)
def test_the_first_open_instant_is_open_and_nothing_before_it_is(found, asked):
    first = found.first_open(asked)
    last = asked + PATIENCE if first is None else first
    assert first is None or (first >= asked and found.is_open(first))
    quarter = timedelta(minutes=15)
    at = asked
    while at < last:
        assert not found.is_open(at)
        at += quarter
