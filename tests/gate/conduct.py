"""Ways to break, and only just to keep, the rules about limits, timing, texts, owners and kill switches."""

from datetime import datetime, timedelta
from uuid import UUID

from gate import GateContext, PolicyBundle
from gate.policy import Blackout, ContactCap
from plan import (
    ActorKind,
    Approval,
    Constraints,
    Dependency,
    OpenPlan,
    Owner,
    PlannedTouch,
    PlanStep,
    PlanType,
    Posture,
    PostureReading,
    RevenuePlanV1,
    RiskClass,
    StepStatus,
    Touch,
)
from tests.builders import POLICY, approval, step_approval
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
    brief_made,
    contact,
    context,
    knowing,
    with_plan,
    with_step,
)
from tests.house import MONDAY

HOUR = timedelta(hours=1)
NOTICE, ESCALATE = STEP["NOTIFY_ACCOUNT_TEAM"], STEP["ESCALATE_SUPPORT_RISK"]


def policy(**changes) -> PolicyBundle:
    return POLICY.model_copy(update=changes)


def saying(text: str, step: PlanStep = NOTICE) -> RevenuePlanV1:
    return with_step(step, rationale=text)


def messaging(text: str) -> RevenuePlanV1:
    return with_step(NOTICE, params={**NOTICE.params, "message": text})


def giving(
    action: str = "REQUEST_DISCOUNT_APPROVAL", discount_bp: int = 1000, after: PlanStep = REVIEW
) -> RevenuePlanV1:
    """The plan with one more step that gives a discount once another one succeeded."""
    params = {
        "REQUEST_DISCOUNT_APPROVAL": {"lever": "VOLUME", "reason": "They take more seats."},
        "SEND_RENEWAL_PROPOSAL": {"opportunity_id": "acme-o1", "contact_id": "acme-c2"},
    }[action]
    waits = tuple(Dependency(step_id=step.step_id) for step in (BRIEF, MEETING, after))
    changes = {
        "step_id": UUID(int=600),
        "action_type": action,
        "approval": Approval.APPROVE,
        "depends_on": tuple(dict.fromkeys(waits)),
        "params": {**params, "discount_bp": discount_bp},
        "not_before": REVIEW.not_before + 9 * DAY,
        "due_by": PLAN.expires_at,
    }
    return with_plan(steps=(*PLAN.steps, BRIEF.model_copy(update=changes)), risk=RiskClass.HIGH)


def automatic(number: int) -> RevenuePlanV1:
    """The plan after whose first human touch so many notices run in a row."""
    steps = [step for step in PLAN.steps if step is not NOTICE]
    start = ESCALATE.not_before
    steps += [
        NOTICE.model_copy(update={"step_id": UUID(int=700 + n), "not_before": start + (n + 1) * HOUR})
        for n in range(number)
    ]
    return with_plan(steps=tuple(steps))


def many(**changes) -> PolicyBundle:
    """The policy under which a notice may stand often."""
    actions = POLICY.actions[PlanType.RENEWAL_DEFENSE]
    often = actions["NOTIFY_ACCOUNT_TEAM"].model_copy(update={"max_count": 9})
    return policy(actions={PlanType.RENEWAL_DEFENSE: {**actions, "NOTIFY_ACCOUNT_TEAM": often}}, **changes)


def reached(days_ago: float, number: int, contact_id: str | None = "acme-c1", at: datetime = MONDAY) -> Touch:
    """An external touch so many days before an instant, of no action that rests."""
    return Touch(touch_id=f"x{number}", account_id="acme", at=at - days_ago * DAY, contact_id=contact_id, external=True)


def touched(*days_ago: float, contact_id: str | None = "acme-c1", at: datetime = MONDAY) -> GateContext:
    return knowing(history=tuple(reached(days, n, contact_id, at) for n, days in enumerate(days_ago)))


def planned(days: float, contact_id: str = "acme-c1", plan_type: PlanType = PlanType.RENEWAL_DEFENSE) -> PlannedTouch:
    at = MEETING.not_before + days * DAY
    return PlannedTouch(
        plan_id="other", plan_type=plan_type, action_type="REBUILD_CHAMPION", at=at, contact_ids=(contact_id,)
    )


def beside(*plans: OpenPlan) -> GateContext:
    return knowing(open_plans=plans)


def cap(per: str, most: int, days: int = 30) -> PolicyBundle:
    return policy(contact_caps=(ContactCap(per=per, days=days, most=most),))


def dark(first: datetime, last: datetime) -> PolicyBundle:
    return policy(blackouts=(Blackout(first=first.date(), last=last.date(), why="stock-taking"),))


def aged(signal_days: int) -> GateContext:
    """Every signal so many days old."""
    at = MONDAY - signal_days * DAY
    return knowing(signals=tuple(s.model_copy(update={"observed_at": at}) for s in SITUATION.signals))


def waiting(days: int) -> GateContext:
    """Every ticket open for so many days."""
    opened = MONDAY - days * DAY
    return knowing(tickets=tuple(t.model_copy(update={"opened_at": opened}) for t in SITUATION.tickets))


def read(days_ago: int) -> GateContext:
    return knowing(posture=PostureReading(posture=Posture.AT_RISK, as_of=MONDAY - days_ago * DAY))


def doubtful(**changes) -> RevenuePlanV1:
    """The plan whose review speaks of a ticket."""
    return with_step(REVIEW, evidence=("acme-t1",), **changes)


def noted() -> GateContext:
    return knowing(signals=tuple(s.model_copy(update={"note": "They wrote to us."}) for s in SITUATION.signals))


def starting(step: PlanStep, *approvals, **changes) -> GateContext:
    given = tuple(a.model_copy(update={"step_id": step.step_id}) for a in approvals)
    return context(step_id=step.step_id, step_approvals=given, **changes)


def review_held(days_ago: int) -> Touch:
    return reached(days_ago, 1, None).model_copy(
        update={"action_type": "RUN_VALUE_REVIEW", "outcome": "VALUE_CONFIRMED", "external": False}
    )


def reviewed(days_ago: int) -> GateContext:
    return knowing(history=(review_held(days_ago),))


RISKIER = policy(
    actions={
        PlanType.RENEWAL_DEFENSE: {
            name: given.model_copy(update={"risk": RiskClass.HIGH})
            if name == "REQUEST_RENEWAL_MEETING"
            else given.model_copy()
            for name, given in POLICY.actions[PlanType.RENEWAL_DEFENSE].items()
        }
    }
)
"""The policy under which a meeting is HIGH."""
HIGH_PLAN = with_plan(risk=RiskClass.HIGH)
LONG = "x" * POLICY.max_text_chars

CASES: tuple[Case, ...] = (
    Case("the tenant's switch", "PG003", "tenant_id", S, context=context(switches=frozenset({"tenant"}))),
    Case(
        "the plan type's switch",
        "PG003",
        "plan_type",
        P,
        context=context(switches=frozenset({"plan_type:RENEWAL_DEFENSE"})),
    ),
    Case(
        "an action's switch",
        "PG003",
        "steps[3]",
        S,
        context=context(switches=frozenset({"action:REQUEST_RENEWAL_MEETING"})),
    ),
    Case(
        "the connector's switch",
        "PG003",
        "steps[3]",
        S,
        context=context(switches=frozenset({"connector:smtp"}), connector="smtp"),
    ),
    Case("a schema version of the future", "PG004", "schema_version", P, with_plan(schema_version=2)),
    Case("a plan too big", "PG004", "steps", P, policy=policy(max_plan_bytes=1024)),
    Case("a text too long", "PG004", "steps[6].rationale", A, saying(LONG + "x")),
    Case("a parameter too long", "PG004", "steps[6].params", P, messaging(LONG + "x"), also=("PG013",)),
    Case("a must-have that is optional", "PG012", "steps", P, with_step(BRIEF, required=False)),
    Case(
        "a must-have that was skipped",
        "PG012",
        "steps",
        A,
        with_step(BRIEF, status=StepStatus.SKIPPED),
        also=("PG021",),
    ),
    Case(
        "a must-have that ended well too long ago",
        "PG012",
        "steps",
        P,
        with_step(BRIEF, required=False),
        knowing(history=(brief_made(31),)),
    ),
    Case(
        "a must-have that ended badly of late",
        "PG012",
        "steps",
        A,
        with_step(BRIEF, required=False),
        knowing(history=(brief_made(20).model_copy(update={"outcome": "INSUFFICIENT_DATA"}),)),
    ),
    Case(
        "another action that ended well of late",
        "PG012",
        "steps",
        P,
        with_step(BRIEF, required=False),
        reviewed(30),
        also=("PG014",),
    ),
    Case(
        "a looser discount",
        "PG032",
        "constraints.max_discount_bp",
        S,
        with_plan(constraints=Constraints(max_discount_bp=2001)),
    ),
    Case(
        "the contact constraint looser than policy's",
        "PG032",
        "constraints.no_external_contact_without_approval",
        P,
        with_plan(constraints=Constraints(no_external_contact_without_approval=False, max_discount_bp=2000)),
        also=("PG031",),
    ),
    Case("many risky steps", "PG033", "steps", A, policy=policy(max_risky_steps=2)),
    Case("four automatic steps in a row", "PG034", "steps[9]", A, automatic(4), policy=many()),
    Case(
        "another draft of the same type",
        "PG041",
        "account_id",
        P,
        context=beside(OpenPlan(plan_id="p2", plan_type="RENEWAL_DEFENSE", status="DRAFT")),
    ),
    Case(
        "a plan of another type in the same days",
        "PG042",
        "steps",
        A,
        context=context(planned=(planned(0, "acme-c2", PlanType.EXPANSION),)),
    ),
    Case("a start before the day begins", "PG051", "steps[3]", S, after=-timedelta(seconds=1)),
    Case("a start when the quiet begins", "PG051", "steps[3]", S, after=11 * HOUR),
    Case("a start on a Saturday", "PG051", "steps[3]", S, after=5 * DAY - timedelta(hours=1), also=("PG101",)),
    Case("a start in a blackout", "PG051", "steps[3]", S, policy=dark(MONDAY, MONDAY)),
    Case(
        "a start at the recipient's night",
        "PG051",
        "steps[3]",
        S,
        context=contact(time_zone="America/Los_Angeles"),
    ),
    Case(
        "a step with no open hour",
        "PG051",
        "steps[3]",
        A,
        with_step(MEETING, due_by=MEETING.not_before + 2 * DAY),
        policy=dark(MEETING.not_before, MEETING.not_before + 3 * DAY),
    ),
    Case("a third mail in a week", "PG060", "steps[3]", S, context=touched(3, 6), also=("PG014",)),
    Case("a mail over a monthly cap", "PG060", "steps[3]", S, context=touched(8, 9, 10, 20, 29)),
    Case(
        "a fifth contact with the account", "PG060", "steps[3]", S, context=touched(3, 4, 5, 6.9, contact_id="acme-c2")
    ),
    Case(
        "a step that the other plans leave no room for",
        "PG060",
        "steps[3]",
        A,
        context=context(planned=(planned(-1), planned(-2))),
    ),
    Case("a plan over its own cap", "PG060", "steps[4]", A, policy=cap("account", 1)),
    Case("a step without evidence", "PG071", "steps[0].evidence", P, with_step(BRIEF, evidence=())),
    Case("an old posture", "PG072", "posture", A, context=read(31)),
    Case("old evidence", "PG072", "steps[3].evidence", V, context=aged(181)),
    Case("too deep a discount", "PG080", "steps[7].params", A, giving(discount_bp=2001)),
    Case(
        "a discount deeper than the plan's own word",
        "PG080",
        "steps[7].params",
        P,
        giving(discount_bp=901).model_copy(update={"constraints": Constraints(max_discount_bp=900)}),
    ),
    Case(
        "more than anyone may approve",
        "PG080",
        "objective_params.baseline_arr_minor",
        A,
        context=context(approver_limit_minor=PLAN.amount_minor - 1),
    ),
    Case("a stranger's words nobody reads", "PG081", "steps[4]", A, doubtful(approval=Approval.AUTO), also=("PG031",)),
    Case(
        "a noted signal's words nobody reads",
        "PG081",
        "steps[4]",
        A,
        with_step(REVIEW, approval=Approval.AUTO),
        noted(),
        also=("PG031", "PG083"),
    ),
    Case(
        "a stranger's words that nobody approved",
        "PG081",
        "steps[4]",
        S,
        doubtful(approval=Approval.DRAFT),
        starting(REVIEW),
        also=("PG101",),
    ),
    Case("a stranger's words in a notice", "PG083", "steps[6]", A, with_step(NOTICE, evidence=("acme-s1", "acme-t1"))),
    Case("a noted signal's words in a notice", "PG083", "steps[6]", A, context=noted()),
    Case("a control character", "PG082", "steps[6].rationale", P, saying("Hm\x1b[2J")),
    Case("a bidi control", "PG082", "steps[6].rationale", P, saying("\u202egnp.exe")),
    Case("a zero width space", "PG082", "steps[6].params", P, messaging("Ac\u200bme")),
    Case("invisible tags", "PG082", "steps[3].rationale", S, saying("Fine\U000e0041", MEETING)),
    Case("a tag", "PG082", "steps[6].params", P, messaging("<IMG src=x>")),
    Case("a link in markup", "PG082", "steps[6].params", P, messaging("[bill](pay)")),
    Case("an address of a page", "PG082", "steps[6].params", P, messaging("See HTTPS://x.example")),
    Case("a page without a scheme", "PG082", "steps[6].params", P, messaging("See WWW.x.example")),
    Case("a mail address with its scheme", "PG082", "steps[6].params", P, messaging("mailto:a@x.example")),
    Case("a bare mail address", "PG082", "steps[6].params", P, messaging("Pay to billing@evil.example today")),
    Case("a bare page with a path", "PG082", "steps[3].rationale", S, saying("Pay at evil.rocks/pay", MEETING)),
    Case("a bare page", "PG082", "steps[6].params", A, messaging("See evil.example.")),
    Case(
        "the account's own page with a path",
        "PG082",
        "steps[6].params",
        P,
        messaging("See booking.example/pay"),
        account(name="Booking.example"),
    ),
    Case("a script", "PG082", "steps[6].params", P, messaging("javascript: alert(1)")),
    Case("data as a link", "PG082", "steps[6].params", P, messaging("data:text/html;base64,AA")),
    Case(
        "a link as evidence",
        "PG082",
        "steps[6].evidence",
        A,
        with_step(NOTICE, evidence=("https://x",)),
        also=("PG070",),
    ),
    Case("a link as goal", "PG082", "goal", S, with_plan(goal="https://x")),
    Case("an owner who may act no more", "PG090", "owner", S, context=context(inactive_principals=frozenset({"mara"}))),
    Case(
        "an owner on file who left",
        "PG090",
        "owner",
        A,
        context=knowing(owners=(Owner(owner_id="mara", name="M", active=False),)),
    ),
    Case("an owner who owns nothing", "PG090", "owner", V, with_plan(owner="vera")),
    Case("an account with a new owner", "PG090", "owner", R, context=account(owner_id="vera")),
    Case("a concession before the review", "PG091", "steps[7]", A, giving(after=MEETING)),
    Case(
        "a discount in an offer before the review",
        "PG091",
        "steps[7]",
        A,
        giving("SEND_RENEWAL_PROPOSAL", 1, after=MEETING),
    ),
    Case("a review too long ago", "PG091", "steps[7]", A, giving(after=MEETING), reviewed(31), also=("PG014",)),
    Case("a policy that raised a risk", "PG030", "risk", S, policy=RISKIER),
    Case(
        "an approval by a machine",
        "PG101",
        "approvals",
        V,
        context=context(approvals=(approval(actor_kind=ActorKind.POLICY),)),
    ),
    Case(
        "two approvals that share a person",
        "PG101",
        "approvals",
        V,
        HIGH_PLAN,
        context(
            approvals=(approval(), approval(principal_id="sara", on_behalf_of="otto")),
            active_principals=frozenset({"otto", "sara"}),
        ),
    ),
    Case(
        "an approval on behalf of an editor",
        "PG101",
        "approvals",
        V,
        context=context(
            approvals=(approval(on_behalf_of="sara"),),
            active_principals=frozenset({"otto", "sara"}),
            editors=frozenset({"sara"}),
        ),
    ),
    Case(
        "a step that a machine approved",
        "PG101",
        "steps[3]",
        S,
        context=starting(MEETING, step_approval(actor_kind=ActorKind.SYSTEM)),
    ),
)
"""Ways to break a code, and the codes that each breaks with it."""

FITS: tuple[Case, ...] = (
    Case(
        "other switches",
        "PG003",
        "",
        S,
        context=context(
            switches=frozenset({"action:RUN_VALUE_REVIEW", "plan_type:EXPANSION", "connector:other"}), connector="smtp"
        ),
    ),
    Case(
        "a task beside a connector that is off",
        "PG003",
        "",
        S,
        with_step(MEETING, approval=Approval.TASK),
        context(switches=frozenset({"connector:smtp"}), connector="smtp"),
    ),
    Case("a text as long as allowed", "PG004", "", A, saying(LONG)),
    Case("a must-have that is done", "PG012", "", A, with_step(BRIEF, status=StepStatus.DONE, outcome="BRIEF_READY")),
    Case(
        "a must-have that ended well of late",
        "PG012",
        "",
        P,
        with_step(BRIEF, status=StepStatus.CANCELLED),
        knowing(history=(brief_made(30),)),
    ),
    Case("a plan stricter than policy", "PG032", "", P, with_plan(constraints=Constraints(max_discount_bp=0))),
    Case("as many risky steps as allowed", "PG033", "", A, policy=policy(max_risky_steps=3)),
    Case("three automatic steps in a row", "PG034", "", A, automatic(3), policy=many()),
    Case(
        "an open plan of another type",
        "PG041",
        "",
        P,
        context=beside(OpenPlan(plan_id="p2", plan_type="EXPANSION", status="ACTIVE")),
    ),
    Case(
        "a plan of another type later on",
        "PG042",
        "",
        A,
        context=context(planned=(planned(200, "acme-c2", PlanType.EXPANSION),)),
    ),
    Case("a start when the day begins", "PG051", "", S),
    Case("a start just before the quiet", "PG051", "", S, after=11 * HOUR - timedelta(seconds=1)),
    Case("a task at night", "PG051", "", S, with_step(MEETING, approval=Approval.TASK), after=13 * HOUR),
    Case(
        "a step with one open hour after the blackout",
        "PG051",
        "",
        A,
        with_step(MEETING, due_by=MEETING.not_before + DAY),
        policy=dark(MEETING.not_before, MEETING.not_before),
    ),
    Case("a second mail in a week", "PG060", "", S, context=touched(3, 7)),
    Case("a fourth contact with the account", "PG060", "", S, context=touched(3, 4, 6.9, 7, contact_id="acme-c2")),
    Case("a third contact long ago", "PG060", "", A, context=touched(1, 7, at=MEETING.not_before)),
    Case(
        "one occasion with many people",
        "PG060",
        "",
        S,
        context=knowing(
            history=tuple(reached(3, n, f"acme-c{n + 2}").model_copy(update={"step_id": "s9"}) for n in range(6))
        ),
    ),
    Case(
        "an internal touch",
        "PG060",
        "",
        S,
        context=knowing(history=tuple(reached(3, n).model_copy(update={"external": False}) for n in range(6))),
    ),
    Case(
        "a plan's other self",
        "PG060",
        "",
        A,
        context=context(planned=tuple(planned(-1).model_copy(update={"plan_id": str(PLAN.plan_id)}) for _ in range(6))),
    ),
    Case("one piece of evidence", "PG071", "", P, with_step(BRIEF, evidence=("acme-k1",))),
    Case("a posture just fresh", "PG072", "", A, context=read(30)),
    Case("evidence just fresh", "PG072", "", V, context=aged(180)),
    Case("evidence without a date", "PG072", "", A, with_step(BRIEF, evidence=("acme-k1", "acme-o1"))),
    Case("an old ticket that is open", "PG072", "", A, context=waiting(400)),
    Case("a discount as deep as allowed", "PG080", "", A, giving(discount_bp=2000)),
    Case("as much as someone may approve", "PG080", "", A, context=context(approver_limit_minor=PLAN.amount_minor)),
    Case("a stranger's words in a task", "PG081", "", A, doubtful()),
    Case(
        "a stranger's words that someone read",
        "PG081",
        "",
        S,
        doubtful(approval=Approval.DRAFT),
        starting(REVIEW, step_approval()),
    ),
    Case(
        "a stranger's words with no free text",
        "PG081",
        "",
        A,
        with_step(MEETING, approval=Approval.AUTO, evidence=("acme-t1",)),
    ),
    Case("a notice about a signal without a note", "PG083", "", A),
    Case(
        "a notice that a person approves",
        "PG083",
        "",
        A,
        with_step(NOTICE, evidence=("acme-t1",), approval=Approval.APPROVE),
    ),
    Case(
        "a stranger's words in a brief, which has no free text", "PG083", "", A, with_step(BRIEF, evidence=("acme-t1",))
    ),
    Case("a stranger's words that leave the company", "PG083", "", A, doubtful(approval=Approval.AUTO)),
    Case(
        "line breaks, figures and brackets",
        "PG082",
        "",
        P,
        messaging("Usage data: 3 < 5\n\t[sic] (so) -> AT&T, 5 @ 40.50, @mara: 10:30"),
    ),
    Case(
        "an account that is called as its page",
        "PG082",
        "",
        P,
        messaging("Usage at Booking.example fell; booking.example is told."),
        account(name="Booking.example"),
    ),
    Case("letters of other scripts", "PG082", "", P, messaging("Grüße, 東京, Ελλάδα, שלום")),
    Case("a contact's odd id", "PG082", "", P, with_step(MEETING, params={**MEETING.params, "contact_id": "<b>www.x"})),
    Case("an owner who accepted", "PG090", "", V, with_plan(owner="vera"), context(accepted_owner="vera")),
    Case("a concession after the review", "PG091", "", A, giving()),
    Case("an offer without a discount", "PG091", "", A, giving("SEND_RENEWAL_PROPOSAL", 0, after=MEETING)),
    Case("a concession after a review just fresh", "PG091", "", A, giving(after=MEETING), reviewed(30)),
    Case("a policy that lowered a risk", "PG030", "", S, HIGH_PLAN),
    Case(
        "a HIGH plan approved by two",
        "PG101",
        "",
        V,
        HIGH_PLAN,
        context(approvals=(approval(), approval(principal_id="sara")), active_principals=frozenset({"otto", "sara"})),
    ),
    Case(
        "a HIGH step approved once: people are asked again, the plan goes on", "PG101", "", S, HIGH_PLAN, policy=RISKIER
    ),
)
"""What only just does not break a code."""
