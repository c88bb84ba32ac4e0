"""For the rules of limits, timing and words: every way to break one, and what only just keeps it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from gate.policy import Blackout, ContactCap
from plan import (
    Approval,
    Constraints,
    ContactRole,
    Dependency,
    OpenPlan,
    PlannedTouch,
    PlanType,
    Posture,
    PostureReading,
    RiskClass,
    StepStatus,
    Touch,
)
from tests.builders import POLICY, step_approval
from tests.gate.cases import (
    BRIEF,
    DAY,
    MEETING,
    PLAN,
    REVIEW,
    SITUATION,
    STEP,
    A,
    Case,
    P,
    R,
    S,
    V,
    account,
    contact,
    context,
    knowing,
    touch,
    with_plan,
    with_step,
)
from tests.house import MONDAY

NOTICE = STEP["NOTIFY_ACCOUNT_TEAM"]
MINUTE = timedelta(minutes=1)
SIGNAL = SITUATION.signals[0]


def policy(**changes):
    return POLICY.model_copy(update=changes)


def at_meeting(**changes):
    """Return what is known when the meeting wants to start."""
    return context(step_id=MEETING.step_id, **changes)


def met_before(*days_ago, contact_id="acme-c1", at=MONDAY, known=context, **more):
    """Return a history of touches of one contact, so many days before an instant."""
    touches = tuple(
        Touch(touch_id=f"h{n}", account_id="acme", at=at - d * DAY, contact_id=contact_id, **more)
        for n, d in enumerate(days_ago)
    )
    return known(situation=SITUATION.model_copy(update={"history": touches}))


def texting(step, **params):
    return with_step(step, params={**step.params, **params})


def plan_of_type(plan_type, at):
    touching = PlannedTouch(plan_id="p9", plan_type=plan_type, action_type="REQUEST_DEMO", at=at)
    return context(planned=(touching,))


def discount(basis_points, *after):
    """Return the plan with a discount request of so much, after some steps."""
    made = BRIEF.model_copy(
        update={
            "step_id": UUID(int=700),
            "action_type": "REQUEST_DISCOUNT_APPROVAL",
            "approval": Approval.APPROVE,
            "params": {"discount_bp": basis_points, "lever": "VOLUME", "reason": "They ask for it."},
            "not_before": REVIEW.not_before + 20 * DAY,
            "due_by": PLAN.expires_at,
        }
    )
    waits = made.model_copy(update={"depends_on": tuple(Dependency(step_id=s.step_id) for s in (BRIEF, *after))})
    return with_plan(steps=(*PLAN.steps, waits), risk=RiskClass.HIGH)


def automatic(number):
    """Return the plan with so many more automatic steps in a row after the brief."""
    extra = tuple(
        NOTICE.model_copy(update={"step_id": UUID(int=800 + n), "not_before": NOTICE.not_before + (n + 1) * MINUTE})
        for n in range(number)
    )
    return with_plan(steps=(*PLAN.steps, *extra))


def ticket(**changes):
    return SITUATION.tickets[0].model_copy(update=changes)


UNTRUSTED = REVIEW.model_copy(update={"evidence": ("acme-t1",), "approval": Approval.AUTO})
OFF_HOURS = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)  # 19:00 in Berlin
IN_BERLIN_AT_EIGHT = MONDAY

CASES: tuple[Case, ...] = (
    Case("a tenant that is switched off", "PG003", "plan", S, context=context(switches={"tenant"})),
    Case(
        "a plan type that is switched off",
        "PG003",
        "plan_type",
        P,
        context=context(switches={"plan_type:RENEWAL_DEFENSE"}),
    ),
    Case(
        "an action that is switched off",
        "PG003",
        "steps[3]",
        S,
        context=context(switches={"action:REQUEST_RENEWAL_MEETING"}),
    ),
    Case(
        "a connector that is switched off",
        "PG003",
        "steps[3]",
        S,
        context=context(switches={"connector:crm"}, connector="crm"),
    ),
    Case("a plan of too many bytes", "PG004", "plan", P, policy=policy(max_plan_bytes=1024)),
    Case(
        "a rationale too long",
        "PG004",
        "steps[0].rationale",
        A,
        with_step(BRIEF, rationale="a" * 101),
        policy=policy(max_text_chars=100),
    ),
    Case(
        "a text too long",
        "PG004",
        "steps[4].params.agenda",
        P,
        texting(REVIEW, agenda="a" * 101),
        policy=policy(max_text_chars=100),
    ),
    Case("a schema nobody reads", "PG004", "schema_version", P, with_plan(schema_version=2)),
    Case("no brief", "PG012", "steps", P, with_plan(steps=PLAN.steps[1:])),
    Case("a brief that may be skipped", "PG012", "steps", A, with_step(BRIEF, required=False)),
    Case("a brief that was skipped", "PG012", "steps", A, with_step(BRIEF, status=StepStatus.SKIPPED)),
    Case(
        "a deeper discount than the tenant's",
        "PG032",
        "constraints.max_discount_bp",
        S,
        with_plan(constraints=Constraints(max_discount_bp=2001)),
    ),
    Case(
        "contact without approval",
        "PG032",
        "constraints.no_external_contact_without_approval",
        P,
        with_plan(constraints=Constraints(no_external_contact_without_approval=False, max_discount_bp=0)),
    ),
    Case("more risky steps than N", "PG033", "steps", A, policy=policy(max_risky_steps=2)),
    Case("automatic steps without end", "PG034", "steps", A, automatic(2), policy=policy(max_automatic_in_a_row=2)),
    Case(
        "another draft of the account",
        "PG041",
        "account_id",
        P,
        context=knowing(open_plans=(OpenPlan(plan_id="p8", plan_type=PlanType.RENEWAL_DEFENSE, status="DRAFT"),)),
    ),
    Case(
        "an expansion in the same weeks",
        "PG042",
        "steps",
        A,
        context=plan_of_type(PlanType.EXPANSION, MEETING.not_before),
    ),
    Case("an hour too late", "PG051", "steps[3]", S, context=at_meeting(), after=OFF_HOURS - MONDAY),
    Case(
        "early in New York",
        "PG051",
        "steps[3]",
        S,
        context=contact(ContactRole.CHAMPION, time_zone="America/New_York"),
    ),
    Case("a Sunday", "PG051", "steps[3]", S, context=at_meeting(), after=6 * DAY),
    Case(
        "a blackout",
        "PG051",
        "steps[3]",
        S,
        policy=policy(blackouts=(Blackout(first=date(2026, 3, 2), last=date(2026, 3, 2), why="a holiday"),)),
    ),
    Case(
        "a window that is one blackout",
        "PG051",
        "steps[3]",
        A,
        policy=policy(blackouts=(Blackout(first=date(2026, 3, 1), last=date(2026, 6, 30), why="no mails"),)),
    ),
    Case("a third touch of a contact in a week", "PG060", "steps[3]", S, context=met_before(1, 6)),
    Case("too many touches of an account", "PG060", "steps[3]", S, context=met_before(1, 2, 3, 4, contact_id=None)),
    Case(
        "a planned touch too many",
        "PG060",
        "steps[3]",
        A,
        context=met_before(1, 2, at=MEETING.not_before),
    ),
    Case(
        "another plan's touches",
        "PG060",
        "steps[3]",
        A,
        context=context(
            planned=tuple(
                PlannedTouch(
                    plan_id=f"p{n}",
                    plan_type=PlanType.EXPANSION,
                    action_type="REQUEST_DEMO",
                    at=MEETING.not_before - n * DAY,
                    contact_ids=("acme-c1",),
                )
                for n in (1, 2)
            )
        ),
    ),
    Case("a step that cites nothing", "PG071", "steps[0].evidence", P, with_step(BRIEF, evidence=())),
    Case(
        "a posture from long ago",
        "PG072",
        "account_id",
        A,
        context=knowing(posture=PostureReading(posture=Posture.AT_RISK, as_of=MONDAY - 31 * DAY)),
    ),
    Case(
        "evidence from long ago",
        "PG072",
        "steps[0].evidence",
        V,
        context=knowing(signals=(SIGNAL.model_copy(update={"observed_at": MONDAY - 181 * DAY}),)),
    ),
    Case("a discount beyond the plan's own bound", "PG080", "steps[7].params", P, discount(2001)),
    Case(
        "an amount that nobody may approve",
        "PG080",
        "objective_params.baseline_arr_minor",
        A,
        context=context(approver_limit_minor=11_999_999),
    ),
    Case(
        "strangers' words that would leave alone",
        "PG081",
        "steps[4]",
        A,
        PLAN.with_step(UNTRUSTED),
    ),
    Case(
        "strangers' words whose rendering nobody read",
        "PG081",
        "steps[4]",
        S,
        PLAN.with_step(UNTRUSTED),
        context(step_id=REVIEW.step_id, step_approvals=()),
    ),
    Case("a link", "PG082", "steps[4].params.agenda", P, texting(REVIEW, agenda="See https://x.example now.")),
    Case(
        "a link in words",
        "PG082",
        "steps[0].rationale",
        S,
        with_step(BRIEF, rationale="Look at WWW.x.example"),
        context(step_id=BRIEF.step_id),
    ),
    Case("markup", "PG082", "steps[4].params.agenda", P, texting(REVIEW, agenda="<img src=x>")),
    Case("a markdown link", "PG082", "steps[4].params.agenda", P, texting(REVIEW, agenda="[here](x)")),
    Case("text that runs backwards", "PG082", "steps[4].params.agenda", P, texting(REVIEW, agenda="a\u202eb")),
    Case("a letter without width", "PG082", "steps[0].rationale", P, with_step(BRIEF, rationale="a\u200bb")),
    Case("a bell", "PG082", "steps[0].rationale", R, with_step(BRIEF, rationale="a\u0007b")),
    Case("an owner who left", "PG090", "owner", P, context=context(inactive_principals={"mara"})),
    Case(
        "an owner whom the CRM no longer has",
        "PG090",
        "owner",
        S,
        context=knowing(owners=(SITUATION.owners[0].model_copy(update={"active": False}),)),
    ),
    Case("somebody else's account", "PG090", "owner", V, context=account(owner_id="jonas")),
    Case("a discount before any review", "PG091", "steps[7]", A, discount(500)),
)
"""For every code, at least one way to break it."""

FITS: tuple[Case, ...] = (
    Case("another plan type that is switched off", "PG003", "", P, context=context(switches={"plan_type:EXPANSION"})),
    Case(
        "a task beside a connector that is switched off",
        "PG003",
        "",
        S,
        context=context(switches={"connector:crm"}, connector="crm", step_id=REVIEW.step_id),
    ),
    Case(
        "an action that was sent before its switch",
        "PG003",
        "",
        R,
        with_step(MEETING, status=StepStatus.DONE),
        context(switches={"action:REQUEST_RENEWAL_MEETING"}),
    ),
    Case(
        "a text as long as it may be",
        "PG004",
        "",
        P,
        with_step(BRIEF, rationale="a" * 100),
        policy=policy(max_text_chars=100),
    ),
    Case(
        "a fresh brief in the history",
        "PG012",
        "",
        P,
        with_plan(steps=PLAN.steps[1:]),
        knowing(history=(touch(action_type="PREP_RENEWAL_BRIEF", outcome="BRIEF_READY", at=MONDAY - DAY),)),
    ),
    Case("a plan stricter than its tenant", "PG032", "", P, with_plan(constraints=Constraints(max_discount_bp=0))),
    Case("as many risky steps as N", "PG033", "", A, policy=policy(max_risky_steps=3)),
    Case(
        "as many automatic steps in a row as allowed",
        "PG034",
        "",
        A,
        automatic(1),
        policy=policy(max_automatic_in_a_row=2),
    ),
    Case(
        "the plan itself among the open ones",
        "PG041",
        "",
        P,
        context=knowing(
            open_plans=(OpenPlan(plan_id=str(PLAN.plan_id), plan_type=PlanType.RENEWAL_DEFENSE, status="DRAFT"),)
        ),
    ),
    Case(
        "an expansion after the plan's last step",
        "PG042",
        "",
        A,
        context=plan_of_type(PlanType.EXPANSION, PLAN.expires_at + DAY),
    ),
    Case(
        "the last minute before the quiet hours",
        "PG051",
        "",
        S,
        context=at_meeting(),
        after=OFF_HOURS - MONDAY - MINUTE,
    ),
    Case("the first minute after them", "PG051", "", S, context=at_meeting(), after=IN_BERLIN_AT_EIGHT - MONDAY),
    Case("a task in the night", "PG051", "", S, context=context(step_id=REVIEW.step_id), after=OFF_HOURS - MONDAY),
    Case(
        "a blackout that leaves a day",
        "PG051",
        "",
        A,
        policy=policy(
            blackouts=(Blackout(first=date(2026, 3, 1), last=(MEETING.due_by - 4 * DAY).date(), why="few mails"),)
        ),
    ),
    Case("a second touch of a contact in a week", "PG060", "", S, context=met_before(1)),
    Case("a third touch a week and a moment later", "PG060", "", S, context=met_before(1, 7)),
    Case("touches of somebody else", "PG060", "", S, context=met_before(1, 2, contact_id="acme-c2")),
    Case("internal touches", "PG060", "", S, context=met_before(1, 2, 3, external=False)),
    Case(
        "one step that reached three people is one occasion for the account",
        "PG060",
        "",
        S,
        context=met_before(2, 2, 2, contact_id="acme-c2", step_id="s"),
        policy=policy(contact_caps=(ContactCap(per="account", days=7, most=2),)),
    ),
    Case("evidence for every step", "PG071", "", P),
    Case(
        "a posture just fresh",
        "PG072",
        "",
        A,
        context=knowing(posture=PostureReading(posture=Posture.AT_RISK, as_of=MONDAY - 30 * DAY)),
    ),
    Case(
        "an old ticket that is still open",
        "PG072",
        "",
        A,
        with_step(BRIEF, evidence=("acme-t1",)),
        knowing(tickets=(ticket(opened_at=MONDAY - 400 * DAY),)),
    ),
    Case("a discount as deep as allowed", "PG080", "", P, discount(2000)),
    Case("an amount exactly at the limit", "PG080", "", A, context=context(approver_limit_minor=12_000_000)),
    Case(
        "strangers' words that a person reads",
        "PG081",
        "",
        A,
        PLAN.with_step(UNTRUSTED.model_copy(update={"approval": Approval.TASK})),
    ),
    Case(
        "strangers' words that were read as rendered",
        "PG081",
        "",
        S,
        PLAN.with_step(UNTRUSTED),
        context(step_id=REVIEW.step_id, step_approvals=(step_approval(step_id=REVIEW.step_id),)),
    ),
    Case("our own words", "PG081", "", A, PLAN.with_step(UNTRUSTED.model_copy(update={"evidence": ("acme-s1",)}))),
    Case("plain words over two lines", "PG082", "", P, texting(REVIEW, agenda="Risks < 3,\nÜbergabe & Zahlen: a > b.")),
    Case(
        "an owner who accepted the plan",
        "PG090",
        "",
        S,
        context=account(owner_id="jonas").model_copy(update={"accepted_owner": "mara"}),
    ),
    Case("a discount after the review", "PG091", "", A, discount(500, REVIEW)),
    Case(
        "a discount after a fresh review in the history",
        "PG091",
        "",
        A,
        discount(500),
        knowing(history=(touch(action_type="RUN_VALUE_REVIEW", outcome="VALUE_CONFIRMED", at=MONDAY - DAY),)),
    ),
)
"""For every code, what only just does not break it."""
