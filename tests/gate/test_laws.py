"""Laws of the gate over any plan that fits the schema, at any time, whatever is known."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from gate import Phase, Severity, Verdict, check, rules
from plan import (
    Approval,
    Constraints,
    Dependency,
    DependencyKind,
    PlanStatus,
    PlanStep,
    PlanType,
    RevenuePlanV1,
    RiskClass,
    StepStatus,
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
contexts = st.builds(
    lambda empty, changes: CONTEXT.model_copy(
        update={**changes, "situation": KNOWN.model_copy(update=dict.fromkeys(empty, ()))}
    ),
    st.sets(st.sampled_from(FAMILIES)),
    st.fixed_dictionaries(
        {},
        optional={
            "objective_met": st.booleans(),
            "content_digest": st.none(),
            "approvals": st.just(()),
            "step_approvals": st.just(()),
            "step_id": st.none() | st.sampled_from(IDS),
            "slot_holder": st.sampled_from(["other", str(PLAN.plan_id)]),
        },
    ),
)
phases = st.sampled_from(Phase)


@settings(max_examples=150)
@given(plans, contexts, phases, instants)
def test_the_gate_never_raises_and_no_rule_does(plan, context, phase, now):
    decision = check(plan, context, POLICY, phase=phase, now=now)
    assert "PG999" not in decision.codes
    assert decision.verdict is (Verdict.DENY if decision.violations else Verdict.ASK)  # every floor is HARD today
    assert all(v.message.isprintable() and v.mend and v.where for v in decision.violations)
    assert canonical(decision) == canonical(check(plan, context, POLICY, phase=phase, now=now))


@settings(max_examples=50)
@given(plans, contexts, phases, st.dictionaries(st.sampled_from([d.code for d in rules()]), st.sampled_from(Severity)))
def test_no_table_of_severities_makes_the_gate_milder(plan, context, phase, severities):
    other = POLICY.model_copy(update={"severities": severities})
    plain = check(plan, context, POLICY, phase=phase, now=MONDAY)
    assert set(plain.violations) <= set(check(plan, context, other, phase=phase, now=MONDAY).violations)


@settings(max_examples=50)
@given(words)
def test_what_a_stranger_wrote_is_quoted_on_one_printable_line(name):
    meeting = next(s for s in PLAN.steps if s.action_type == "REQUEST_RENEWAL_MEETING")
    asked = meeting.model_copy(update={"params": {**(meeting.params or {}), "contact_id": "\n\x1b[2J\u202e" + name}})
    decision = check(PLAN.with_step(asked), CONTEXT, POLICY, phase=Phase.PROPOSE, now=MONDAY)
    told = [v.message for v in decision.violations if v.code == "PG070"]
    assert told
    assert all(message.isprintable() for message in told)
