"""One clean case, and for every code a way to break it (and only to break it)."""

import itertools
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from agent import ProposalRequest, playbook_drafter
from gate import GateContext, Phase, bundle_digest, default_bundle
from plan import (
    Approval,
    Cause,
    Constraints,
    ContactRole,
    Dependency,
    DependencyKind,
    PlanApproval,
    PlanStep,
    PlanType,
    Posture,
    PostureReading,
    RevenuePlanV1,
    RiskClass,
    Situation,
    StepApproval,
    Tenant,
    Terms,
    Touch,
    assemble,
)
from tests.house import BERLIN, MONDAY, records

POLICY = default_bundle()
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def situation(**changes) -> Situation:
    known = records(urgent_ticket=True)
    parts = {name: values for name, values in known.items() if name != "accounts"}
    found = Situation(
        tenant=Tenant(tenant_id="t1", name="T", calendar=BERLIN),
        account=known["accounts"][0],
        as_of=MONDAY,
        posture=PostureReading(posture=Posture.AT_RISK, as_of=MONDAY, evidence_ids=("acme-s1",)),
        **parts,
    )
    return found.model_copy(update=changes)


def plan() -> RevenuePlanV1:
    known = situation()
    request = ProposalRequest(
        situation=known,
        plan_type=PlanType.RENEWAL_DEFENSE,
        approved_actions=POLICY.approved_actions(PlanType.RENEWAL_DEFENSE),
        now=MONDAY,
    )
    proposal = playbook_drafter().draft(request).outcome
    ids = itertools.count(1)
    terms = Terms(min_retained_bp=POLICY.min_retained_bp, trusted_sources=POLICY.trusted_sources)
    cause = Cause(kind="posture", ref="test")
    return assemble(proposal, known, terms, new_id=lambda: UUID(int=next(ids)), now=MONDAY, cause=cause)


PLAN = plan()
SITUATION = situation()
STEP = {step.action_type: step for step in PLAN.steps}
MEETING, BRIEF = STEP["REQUEST_RENEWAL_MEETING"], STEP["PREP_RENEWAL_BRIEF"]
REVIEW, COMMITMENT = STEP["RUN_VALUE_REVIEW"], STEP["RECORD_COMMITMENT"]


def approval(**changes) -> PlanApproval:
    return PlanApproval(
        principal_id="otto",
        role="plan_approver",
        revision=1,
        content_digest=DIGEST,
        policy_digest=bundle_digest(POLICY),
        gate_digest=DIGEST,
        authenticated="test",
        at=MONDAY,
        expires_at=MONDAY + timedelta(days=7),
    ).model_copy(update=changes)


def step_approval(**changes) -> StepApproval:
    return StepApproval(
        step_id=MEETING.step_id,
        attempt=1,
        principal_id="otto",
        role="plan_approver",
        revision=1,
        rendered_digest=DIGEST,
        at=MONDAY,
        expires_at=MONDAY + timedelta(days=3),
    ).model_copy(update=changes)


CONTEXT = GateContext(
    tenant_id="t1",
    situation=SITUATION,
    content_digest=DIGEST,
    approvals=(approval(),),
    step_approvals=(step_approval(),),
    active_principals=frozenset({"otto"}),
    step_id=MEETING.step_id,
    rendered_digest=DIGEST,
)


class Case(NamedTuple):
    """One broken input: which code it breaks, where, and how."""

    name: str
    code: str
    phase: Phase
    plan: RevenuePlanV1 = PLAN
    context: GateContext = CONTEXT
    after: timedelta = timedelta(0)
    policy: object = POLICY


def with_plan(**changes) -> RevenuePlanV1:
    return PLAN.model_copy(update=changes)


def with_step(step: PlanStep, **changes) -> RevenuePlanV1:
    return PLAN.with_step(step.model_copy(update=changes))


def context(**changes) -> GateContext:
    return CONTEXT.model_copy(update=changes)


def knowing(**changes) -> GateContext:
    return context(situation=SITUATION.model_copy(update=changes))


def account(**changes) -> GateContext:
    return knowing(account=SITUATION.account.model_copy(update=changes))


def contact(**changes) -> GateContext:
    champion = next(c for c in SITUATION.contacts if c.role is ContactRole.CHAMPION)
    others = tuple(c for c in SITUATION.contacts if c is not champion)
    return knowing(contacts=(champion.model_copy(update=changes), *others))


def terms(**changes) -> RevenuePlanV1:
    return with_plan(objective_params=PLAN.objective_params.model_copy(update=changes))


def touch(**changes) -> Touch:
    at = MEETING.not_before - timedelta(days=1)
    return Touch(touch_id="x1", account_id="acme", at=at, contact_id="acme-c1", external=True).model_copy(
        update=changes
    )


def needs(step: PlanStep, *others: PlanStep, kind=DependencyKind.SUCCESS, outcomes=()) -> RevenuePlanV1:
    wanted = tuple(Dependency(step_id=o.step_id, kind=kind, outcomes=outcomes) for o in others)
    return with_step(step, depends_on=wanted)


def doubled() -> RevenuePlanV1:
    return with_plan(steps=(*PLAN.steps, BRIEF))


def again(action: PlanStep, number: int) -> RevenuePlanV1:
    extra = tuple(action.model_copy(update={"step_id": UUID(int=500 + n)}) for n in range(number))
    return with_plan(steps=(*PLAN.steps, *extra))


P, A, V, R, S = Phase.PROPOSE, Phase.APPROVE, Phase.ACTIVATE, Phase.RESUME, Phase.STEP
DAY = timedelta(days=1)

# fmt: off
CASES: tuple[Case, ...] = (
    Case("a plan type that is not enabled", "PG001", P, with_plan(plan_type=PlanType.EXPANSION)),
    Case("another tenant's plan", "PG002", P, with_plan(tenant_id="t2")),
    Case("another tenant's situation", "PG002", P, context=context(tenant_id="t2")),
    Case("another account's situation", "PG002", S, with_plan(account_id="other")),
    Case("an empty plan", "PG010", P, with_plan(steps=())),
    Case("a step id that stands twice", "PG010", P, doubled()),
    Case("more steps than allowed", "PG010", A, again(STEP["NOTIFY_ACCOUNT_TEAM"], 8)),
    Case("an action nobody knows", "PG011", P, with_step(BRIEF, action_type="BUY_FLOWERS")),
    Case("an action more often than allowed", "PG011", P, again(BRIEF, 1)),
    Case("no parameters", "PG013", P, with_step(MEETING, params=None)),
    Case("a parameter out of bounds", "PG013", P, with_step(MEETING, params={**MEETING.params, "proposed_slots": 9})),
    Case("a free recipient", "PG013", P, with_step(MEETING, params={**MEETING.params, "to": "cfo@acme.example"})),
    Case(
        "a value bound too early", "PG013", P, with_step(COMMITMENT, params={**COMMITMENT.params, "evidence_ref": "E"})
    ),
    Case("an escalation without an open ticket", "PG014", P, context=knowing(tickets=())),
    Case("a contact who was written to yesterday", "PG014", P, context=knowing(history=(touch(),))),
    Case(
        "a brief made last week",
        "PG014",
        P,
        context=knowing(
            history=(touch(action_type="PREP_RENEWAL_BRIEF", contact_id=None, at=MONDAY - 5 * DAY, external=False),)
        ),
    ),
    Case("a dependency on nothing", "PG020", P, with_step(MEETING, depends_on=(Dependency(step_id=UUID(int=999)),))),
    Case("steps that wait for each other", "PG020", P, needs(BRIEF, MEETING)),
    Case(
        "a meeting without a brief",
        "PG021",
        P,
        needs(MEETING, STEP["ESCALATE_SUPPORT_RISK"], STEP["CONFIRM_RENEWAL_OWNER"]).with_step(
            STEP["ESCALATE_SUPPORT_RISK"].model_copy(update={"depends_on": ()})
        ),
    ),
    Case(
        "a meeting whose brief may have failed",
        "PG021",
        P,
        needs(MEETING, BRIEF, STEP["ESCALATE_SUPPORT_RISK"], kind=DependencyKind.FINISHED),
    ),
    Case(
        "a review after the wrong outcome",
        "PG021",
        P,
        needs(REVIEW, MEETING, kind=DependencyKind.OUTCOME_IN, outcomes=("DECLINED",)),
    ),
    Case(
        "a meeting before the urgent ticket is escalated",
        "PG021",
        P,
        needs(MEETING, BRIEF, STEP["CONFIRM_RENEWAL_OWNER"]),
    ),
    Case("a step due before it starts", "PG022", P, with_step(MEETING, due_by=MEETING.not_before)),
    Case("a step due after the end", "PG022", P, with_step(MEETING, due_by=PLAN.expires_at + DAY)),
    Case("a child before its parent ends", "PG022", P, with_step(REVIEW, not_before=MEETING.not_before + DAY)),
    Case(
        "a meeting outside its window",
        "PG022",
        P,
        context=knowing(
            contracts=(SITUATION.contracts[0].model_copy(update={"renews_on": (MEETING.not_before + 29 * DAY).date()}),)
        ),
    ),
    Case("a risk declared too low", "PG030", P, with_plan(risk=RiskClass.LOW)),
    Case("a risk above the ceiling", "PG030", P, policy=POLICY.model_copy(update={"risk_ceiling": RiskClass.LOW})),
    Case("an external step that runs alone", "PG031", P, with_step(MEETING, approval=Approval.AUTO)),
    Case(
        "the contact constraint off",
        "PG031",
        S,
        with_plan(constraints=Constraints(no_external_contact_without_approval=False)),
    ),
    Case("another ACTIVE plan", "PG040", V, context=context(slot_holder="other-plan")),
    Case("a plan past its end", "PG050", S, after=365 * DAY),
    Case("a horizon too far", "PG050", P, with_plan(expires_at=PLAN.created_at + 300 * DAY)),
    Case("a deadline after the end", "PG050", P, with_plan(expires_at=PLAN.expires_at - DAY)),
    Case("a legal hold", "PG061", S, context=account(legal_hold=True)),
    Case("do not contact", "PG061", P, context=account(do_not_contact=True)),
    Case("an opted-out contact", "PG061", S, context=contact(opted_out=True)),
    Case("a contact who left", "PG061", P, context=contact(left_company=True)),
    Case("a contact without consent", "PG061", R, context=contact(contactable=False)),
    Case("evidence nobody has", "PG070", P, with_step(MEETING, evidence=("made-up",))),
    Case("another account's contact", "PG070", P, with_step(MEETING, params={**MEETING.params, "contact_id": "zed"})),
    Case("another account's deal", "PG070", A, with_step(COMMITMENT, params={"opportunity_id": "other-o1"})),
    Case("an objective in other words", "PG073", P, with_plan(objective="Make them happy")),
    Case("an empty subject", "PG073", P, with_plan(subject=())),
    Case("another account's contract", "PG073", P, with_plan(subject=("other-k1",))),
    Case("a baseline of other contracts", "PG073", P, terms(baseline_arr_minor={"other": 1})),
    Case("a lower bar than policy's", "PG073", P, terms(min_retained_bp=100)),
    Case("a source that policy does not trust", "PG073", A, terms(trusted_sources=("gossip",))),
    Case("a deadline that is not day -30", "PG073", P, terms(deadline=PLAN.objective_params.deadline - DAY)),
    Case("an objective already true", "PG074", V, context=context(objective_met=True)),
    Case("a secure account", "PG092", P, context=knowing(posture=PostureReading(posture=Posture.SECURE, as_of=MONDAY))),
    Case("a lost account", "PG092", R, context=knowing(posture=PostureReading(posture=Posture.LOST, as_of=MONDAY))),
    Case("content that was not approved", "PG100", V, context=context(content_digest=OTHER)),
    Case("a step of unapproved content", "PG100", S, context=context(content_digest=OTHER)),
    Case("no approval at all", "PG101", V, context=context(approvals=())),
    Case("an approval of an earlier revision", "PG101", R, with_plan(revision=2)),
    Case("an approval under another policy", "PG101", V, context=context(approvals=(approval(policy_digest=OTHER),))),
    Case("a lapsed approval", "PG101", V, context=context(approvals=(approval(expires_at=MONDAY - DAY),))),
    Case("an approver who is gone", "PG101", V, context=context(active_principals=frozenset())),
    Case("an approver who edited", "PG101", V, context=context(editors=frozenset({"otto"}))),
    Case("a HIGH plan with one approval", "PG101", V, with_plan(risk=RiskClass.HIGH)),
    Case("a step without its own approval", "PG101", S, context=context(step_approvals=())),
    Case("a step with another text", "PG101", S, context=context(rendered_digest=OTHER)),
    Case("a step approval of an earlier try", "PG101", S, with_step(MEETING, attempts=1)),
    Case(
        "a lapsed step approval", "PG101", S, context=context(step_approvals=(step_approval(expires_at=MONDAY - DAY),))
    ),
)
# fmt: on
