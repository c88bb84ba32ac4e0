"""One clean case, and ways to break the rules about a plan's form, its order and its approvals."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from gate import GateContext, Phase, PolicyBundle
from plan import (
    Approval,
    Constraints,
    ContactRole,
    Dependency,
    DependencyKind,
    PlanStep,
    PlanType,
    Posture,
    PostureReading,
    RevenuePlanV1,
    RiskClass,
    StepStatus,
    Touch,
)
from tests import builders
from tests.builders import OTHER, POLICY, approval, step_approval
from tests.house import MONDAY

PLAN = builders.plan()
CONTEXT = builders.context()
SITUATION = CONTEXT.situation
STEP = {step.action_type: step for step in PLAN.steps}
MEETING, BRIEF = STEP["REQUEST_RENEWAL_MEETING"], STEP["PREP_RENEWAL_BRIEF"]
REVIEW, COMMITMENT = STEP["RUN_VALUE_REVIEW"], STEP["RECORD_COMMITMENT"]


P, A, V, R, S = Phase
DAY = timedelta(days=1)


class Case(NamedTuple):
    """One input: which code it breaks and where (and which codes it cannot but break too), or which it just keeps."""

    name: str
    code: str
    where: str
    phase: Phase
    plan: RevenuePlanV1 = PLAN
    context: GateContext = CONTEXT
    after: timedelta = timedelta(0)
    policy: PolicyBundle = POLICY
    also: tuple[str, ...] = ()


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


def contact(role=ContactRole.CHAMPION, **changes) -> GateContext:
    return knowing(contacts=tuple(c.model_copy(update=changes) if c.role is role else c for c in SITUATION.contacts))


def renewing(at: datetime) -> GateContext:
    return knowing(contracts=(SITUATION.contracts[0].model_copy(update={"renews_on": at.date()}),))


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


def unbriefed() -> RevenuePlanV1:
    escalate = STEP["ESCALATE_SUPPORT_RISK"]
    freed = with_step(escalate, depends_on=())
    return freed.with_step(MEETING.model_copy(update={"depends_on": (Dependency(step_id=escalate.step_id),)}))


def brief_made(days_ago: int) -> Touch:
    at = MONDAY - days_ago * DAY
    return touch(action_type="PREP_RENEWAL_BRIEF", outcome="BRIEF_READY", contact_id=None, at=at, external=False)


def two_ways() -> RevenuePlanV1:
    """The review waits for the meeting however it ends, and for the commitment, which waits for its success."""
    loose = Dependency(step_id=MEETING.step_id, kind=DependencyKind.OUTCOME_IN, outcomes=("DECLINED", "MEETING_BOOKED"))
    waits = with_step(REVIEW, depends_on=(loose, Dependency(step_id=COMMITMENT.step_id)))
    return waits.with_step(COMMITMENT.model_copy(update={"depends_on": (Dependency(step_id=MEETING.step_id),)}))


def doubled() -> RevenuePlanV1:
    return with_plan(steps=(*PLAN.steps, BRIEF))


def again(action: PlanStep, number: int) -> RevenuePlanV1:
    extra = tuple(action.model_copy(update={"step_id": UUID(int=500 + n)}) for n in range(number))
    return with_plan(steps=(*PLAN.steps, *extra))


CASES: tuple[Case, ...] = (
    Case("a plan type that is not enabled", "PG001", "plan_type", P, with_plan(plan_type=PlanType.EXPANSION)),
    Case("another tenant's plan", "PG002", "tenant_id", P, with_plan(tenant_id="t2")),
    Case("another tenant's situation", "PG002", "tenant_id", P, context=context(tenant_id="t2")),
    Case("another account's situation", "PG002", "account_id", S, with_plan(account_id="other")),
    Case("an empty plan", "PG010", "steps", P, with_plan(steps=())),
    Case("a step id that stands twice", "PG010", "steps", P, doubled()),
    Case("more steps than allowed", "PG010", "steps", A, again(STEP["NOTIFY_ACCOUNT_TEAM"], 8)),
    Case("an action nobody knows", "PG011", "steps[0]", P, with_step(BRIEF, action_type="BUY_FLOWERS")),
    Case("an action more often than allowed", "PG011", "steps", P, again(BRIEF, 1)),
    Case("no parameters", "PG013", "steps[3].params", P, with_step(MEETING, params=None)),
    Case(
        "a parameter out of bounds",
        "PG013",
        "steps[3].params",
        P,
        with_step(MEETING, params={**MEETING.params, "proposed_slots": 9}),
    ),
    Case(
        "a free recipient",
        "PG013",
        "steps[3].params",
        P,
        with_step(MEETING, params={**MEETING.params, "to": "cfo@acme.example"}),
    ),
    Case(
        "a value bound too early",
        "PG013",
        "steps[5].params",
        P,
        with_step(COMMITMENT, params={**COMMITMENT.params, "evidence_ref": "E"}),
    ),
    Case("an escalation without an open ticket", "PG014", "steps[2]", P, context=knowing(tickets=())),
    Case("a contact who was written to yesterday", "PG014", "steps[3]", P, context=knowing(history=(touch(),))),
    Case(
        "a brief made last week",
        "PG014",
        "steps[0]",
        P,
        context=knowing(
            history=(touch(action_type="PREP_RENEWAL_BRIEF", contact_id=None, at=MONDAY - 5 * DAY, external=False),)
        ),
    ),
    Case(
        "a dependency on nothing",
        "PG020",
        "steps[3].depends_on",
        P,
        with_step(MEETING, depends_on=(Dependency(step_id=UUID(int=999)),)),
    ),
    Case("steps that wait for each other", "PG020", "steps", P, needs(BRIEF, MEETING)),
    Case(
        "a meeting without a brief",
        "PG021",
        "steps[3]",
        P,
        needs(MEETING, STEP["ESCALATE_SUPPORT_RISK"], STEP["CONFIRM_RENEWAL_OWNER"]).with_step(
            STEP["ESCALATE_SUPPORT_RISK"].model_copy(update={"depends_on": ()})
        ),
    ),
    Case(
        "a meeting whose brief may have failed",
        "PG021",
        "steps[3]",
        P,
        needs(MEETING, BRIEF, STEP["ESCALATE_SUPPORT_RISK"], kind=DependencyKind.FINISHED),
    ),
    Case(
        "a review after the wrong outcome",
        "PG021",
        "steps[4]",
        P,
        needs(REVIEW, MEETING, kind=DependencyKind.OUTCOME_IN, outcomes=("DECLINED",)),
    ),
    Case(
        "a meeting before the urgent ticket is escalated",
        "PG021",
        "steps[3]",
        P,
        needs(MEETING, BRIEF, STEP["CONFIRM_RENEWAL_OWNER"]),
    ),
    Case("a step due before it starts", "PG022", "steps[3]", P, with_step(MEETING, due_by=MEETING.not_before)),
    Case("a step due after the end", "PG022", "steps[3]", P, with_step(MEETING, due_by=PLAN.expires_at + DAY)),
    Case(
        "a child before its parent ends", "PG022", "steps[4]", P, with_step(REVIEW, not_before=MEETING.not_before + DAY)
    ),
    Case(
        "a meeting outside its window",
        "PG022",
        "steps[3]",
        P,
        context=knowing(
            contracts=(SITUATION.contracts[0].model_copy(update={"renews_on": (MEETING.not_before + 29 * DAY).date()}),)
        ),
    ),
    Case("a risk declared too low", "PG030", "risk", P, with_plan(risk=RiskClass.LOW)),
    Case(
        "a risk above the ceiling", "PG030", "risk", P, policy=POLICY.model_copy(update={"risk_ceiling": RiskClass.LOW})
    ),
    Case(
        "an external step that runs alone", "PG031", "steps[3].approval", P, with_step(MEETING, approval=Approval.AUTO)
    ),
    Case(
        "the contact constraint off",
        "PG031",
        "constraints.no_external_contact_without_approval",
        S,
        with_plan(constraints=Constraints(no_external_contact_without_approval=False)),
    ),
    Case("another ACTIVE plan", "PG040", "account_id", V, context=context(slot_holder="other-plan")),
    Case("a plan past its end", "PG050", "expires_at", S, after=365 * DAY),
    Case("a horizon too far", "PG050", "expires_at", P, with_plan(expires_at=PLAN.created_at + 300 * DAY)),
    Case(
        "a deadline after the end", "PG050", "objective_params.deadline", P, with_plan(expires_at=PLAN.expires_at - DAY)
    ),
    Case("a legal hold", "PG061", "steps[3]", S, context=account(legal_hold=True)),
    Case("do not contact", "PG061", "steps[3]", P, context=account(do_not_contact=True)),
    Case("an opted-out contact", "PG061", "steps[3].params", S, context=contact(opted_out=True)),
    Case("a contact who left", "PG061", "steps[3].params", P, context=contact(left_company=True)),
    Case("a contact without consent", "PG061", "steps[3].params", R, context=contact(contactable=False)),
    Case("a goal nobody set", "PG070", "goal", P, with_plan(goal="world-peace")),
    Case("evidence nobody has", "PG070", "steps[3].evidence", P, with_step(MEETING, evidence=("made-up",))),
    Case(
        "another account's contact",
        "PG070",
        "steps[3].params",
        P,
        with_step(MEETING, params={**MEETING.params, "contact_id": "zed"}),
    ),
    Case(
        "another account's deal",
        "PG070",
        "steps[5].params",
        A,
        with_step(COMMITMENT, params={"opportunity_id": "other-o1"}),
    ),
    Case("an objective in other words", "PG073", "objective", P, with_plan(objective="Make them happy")),
    Case("an empty subject", "PG073", "subject", P, with_plan(subject=())),
    Case("another account's contract", "PG073", "subject", P, with_plan(subject=("other-k1",))),
    Case(
        "a baseline of other contracts",
        "PG073",
        "objective_params.baseline_arr_minor",
        P,
        terms(baseline_arr_minor={"other": 1}),
    ),
    Case("a lower bar than policy's", "PG073", "objective_params.min_retained_bp", P, terms(min_retained_bp=100)),
    Case(
        "a source that policy does not trust",
        "PG073",
        "objective_params.trusted_sources",
        A,
        terms(trusted_sources=("gossip",)),
    ),
    Case(
        "a deadline that is not day -30",
        "PG073",
        "objective_params.deadline",
        P,
        terms(deadline=PLAN.objective_params.deadline - DAY),
    ),
    Case("an objective already true", "PG074", "objective", V, context=context(objective_met=True)),
    Case(
        "a secure account",
        "PG092",
        "account_id",
        P,
        context=knowing(posture=PostureReading(posture=Posture.SECURE, as_of=MONDAY)),
    ),
    Case(
        "a lost account",
        "PG092",
        "account_id",
        R,
        context=knowing(posture=PostureReading(posture=Posture.LOST, as_of=MONDAY)),
    ),
    Case("content that was not approved", "PG100", "steps", V, context=context(content_digest=OTHER)),
    Case("a step of unapproved content", "PG100", "steps", S, context=context(content_digest=OTHER)),
    Case("no approval at all", "PG101", "approvals", V, context=context(approvals=())),
    Case("an approval of an earlier revision", "PG101", "approvals", R, with_plan(revision=2)),
    Case(
        "an approval under another policy",
        "PG101",
        "approvals",
        V,
        context=context(approvals=(approval(policy_digest=OTHER),)),
    ),
    Case("a lapsed approval", "PG101", "approvals", V, context=context(approvals=(approval(expires_at=MONDAY - DAY),))),
    Case("an approver who is gone", "PG101", "approvals", V, context=context(active_principals=frozenset())),
    Case("an approver who edited", "PG101", "approvals", V, context=context(editors=frozenset({"otto"}))),
    Case("a HIGH plan with one approval", "PG101", "approvals", V, with_plan(risk=RiskClass.HIGH)),
    Case("a step without its own approval", "PG101", "steps[3]", S, context=context(step_approvals=())),
    Case("a step with another text", "PG101", "steps[3]", S, context=context(rendered_digest=OTHER)),
    Case("a step approval of an earlier try", "PG101", "steps[3]", S, with_step(MEETING, attempts=1)),
    Case(
        "a lapsed step approval",
        "PG101",
        "steps[3]",
        S,
        context=context(step_approvals=(step_approval(expires_at=MONDAY - DAY),)),
    ),
    Case(
        "a review after a meeting that may have been declined",
        "PG021",
        "steps[4]",
        P,
        needs(REVIEW, MEETING, kind=DependencyKind.OUTCOME_IN, outcomes=("DECLINED", "MEETING_BOOKED")),
    ),
    Case(
        "a meeting on a brief that is too old", "PG021", "steps[3]", P, unbriefed(), knowing(history=(brief_made(31),))
    ),
    Case("a start of no step", "PG101", "steps", S, context=context(step_id=None)),
    Case(
        "a step approval of an earlier revision",
        "PG101",
        "steps[3]",
        S,
        with_plan(revision=2),
        context(approvals=(approval(revision=2),)),
    ),
    Case(
        "a HIGH plan approved twice by one person",
        "PG101",
        "approvals",
        V,
        with_plan(risk=RiskClass.HIGH),
        context(approvals=(approval(), approval(role="senior_approver"))),
    ),
)
"""Ways to break a code."""

FITS: tuple[Case, ...] = (
    Case("an enabled type while it runs", "PG001", "", S),
    Case("an owner who is somebody else", "PG002", "", S, with_plan(owner="vera")),
    Case("as many steps as allowed", "PG010", "", A, again(STEP["NOTIFY_ACCOUNT_TEAM"], 5)),
    Case("an action as often as allowed", "PG011", "", P, again(STEP["NOTIFY_ACCOUNT_TEAM"], 2)),
    Case(
        "a second brief that was cancelled",
        "PG011",
        "",
        P,
        again(BRIEF.model_copy(update={"status": StepStatus.CANCELLED}), 1),
    ),
    Case(
        "a parameter at its bound", "PG013", "", P, with_step(MEETING, params={**MEETING.params, "proposed_slots": 5})
    ),
    Case(
        "a contact who was written to a week before",
        "PG014",
        "",
        P,
        context=knowing(history=(touch(at=MEETING.not_before - 7 * DAY),)),
    ),
    Case("a step's own earlier try", "PG014", "", P, context=knowing(history=(touch(step_id=str(MEETING.step_id)),))),
    Case(
        "a dependency on a step that is listed later",
        "PG020",
        "",
        P,
        needs(COMMITMENT, REVIEW, STEP["NOTIFY_ACCOUNT_TEAM"]),
    ),
    Case("a brief in the history that is just fresh", "PG021", "", P, unbriefed(), knowing(history=(brief_made(30),))),
    Case(
        "a review after exactly the right outcome",
        "PG021",
        "",
        P,
        needs(REVIEW, MEETING, kind=DependencyKind.OUTCOME_IN, outcomes=("MEETING_BOOKED",)),
    ),
    Case("a prerequisite along one of two ways", "PG021", "", P, two_ways()),
    Case(
        "a meeting with no urgent ticket and no escalation", "PG021", "", P, needs(MEETING, BRIEF), knowing(tickets=())
    ),
    Case("a step due at the very end", "PG022", "", P, with_step(COMMITMENT, due_by=PLAN.expires_at)),
    Case("a meeting on its window's last day", "PG022", "", S, context=renewing(MEETING.not_before + 30 * DAY)),
    Case("a risk at the ceiling", "PG030", "", P, policy=POLICY.model_copy(update={"risk_ceiling": RiskClass.MEDIUM})),
    Case(
        "a HIGH step that was cancelled",
        "PG030",
        "",
        P,
        again(BRIEF.model_copy(update={"action_type": "ENGAGE_EXEC_SPONSOR", "status": StepStatus.CANCELLED}), 1),
    ),
    Case("an external step that a person sends", "PG031", "", P, with_step(MEETING, approval=Approval.DRAFT)),
    Case("the plan itself in the slot", "PG040", "", R, context=context(slot_holder=str(PLAN.plan_id))),
    Case("the last instant of the window", "PG050", "", S, after=PLAN.expires_at - MONDAY),
    Case(
        "a horizon as far as allowed", "PG050", "", P, with_plan(expires_at=PLAN.created_at + POLICY.horizon_days * DAY)
    ),
    Case(
        "an opted-out contact whom nobody addresses",
        "PG061",
        "",
        P,
        context=contact(ContactRole.ECONOMIC_BUYER, opted_out=True),
    ),
    Case(
        "an internal step under a legal hold",
        "PG061",
        "",
        S,
        context=account(legal_hold=True).model_copy(update={"step_id": BRIEF.step_id}),
    ),
    Case(
        "a touch as evidence",
        "PG070",
        "",
        P,
        with_step(MEETING, evidence=("x1",)),
        knowing(history=(touch(at=MONDAY - 30 * DAY),)),
    ),
    Case(
        "a bar that policy raised after the approval",
        "PG073",
        "",
        S,
        policy=POLICY.model_copy(update={"min_retained_bp": 9500}),
    ),
    Case("an objective not yet true", "PG074", "", A),
    Case(
        "an account that recovers",
        "PG092",
        "",
        P,
        context=knowing(posture=PostureReading(posture=Posture.RECOVERING, as_of=MONDAY)),
    ),
    Case(
        "an approval of an earlier revision beside today's",
        "PG100",
        "",
        V,
        with_plan(revision=2),
        context(approvals=(approval(content_digest=OTHER), approval(revision=2))),
    ),
    Case("the last instant of an approval", "PG101", "", V, context=context(approvals=(approval(expires_at=MONDAY),))),
    Case(
        "a running plan whose approval is old, under another policy, by someone who left",
        "PG101",
        "",
        R,
        context=context(
            approvals=(approval(expires_at=MONDAY - DAY, policy_digest=OTHER),), active_principals=frozenset()
        ),
    ),
    Case(
        "a running plan under a policy that now asks for two",
        "PG101",
        "",
        R,
        policy=POLICY.model_copy(
            update={"authority": {**POLICY.authority, RiskClass.MEDIUM: POLICY.authority[RiskClass.HIGH]}}
        ),
    ),
    Case(
        "an internal step without an approval of its own",
        "PG101",
        "",
        S,
        context=context(step_id=BRIEF.step_id, step_approvals=()),
    ),
)
"""What only just does not break a code."""
