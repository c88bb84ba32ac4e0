"""Pairs at the edges of the rules: what is just found beside what just is not."""

from datetime import date, timedelta
from uuid import UUID

from gate.judging import weigh
from gate.view import View
from plan import (
    Approval,
    OpenPlan,
    OpportunityKind,
    PlanStep,
    PlanType,
    RevenuePlanV1,
    RiskClass,
    StepStatus,
    TenantGoal,
    canonical,
)
from tests.builders import POLICY, approval, step_approval
from tests.gate.cases import (
    BRIEF,
    CONTEXT,
    DAY,
    MEETING,
    OTHER,
    PLAN,
    REVIEW,
    SITUATION,
    A,
    Case,
    P,
    S,
    V,
    context,
    knowing,
    renewing,
    touch,
    with_plan,
    with_step,
)
from tests.gate.conduct import (
    ESCALATE,
    HIGH_PLAN,
    HOUR,
    NOTICE,
    beside,
    dark,
    doubtful,
    giving,
    many,
    messaging,
    planned,
    policy,
    reached,
    starting,
    touched,
)
from tests.house import MONDAY

START = MEETING.not_before
GOAL = TenantGoal(
    goal_id="g1",
    plan_type=PlanType.RENEWAL_DEFENSE,
    metric="retained ARR",
    target_bp=9500,
    horizon_on=date(2026, 6, 30),
)


def doing(action_type: str, **params) -> RevenuePlanV1:
    """The plan whose meeting is another action."""
    return with_step(MEETING, action_type=action_type, params=params)


def signals(*days_ago: int):
    """So many signals `n0, n1 ...`, each so many days old."""
    made = (
        SITUATION.signals[0].model_copy(update={"signal_id": f"n{n}", "observed_at": MONDAY - days * DAY})
        for n, days in enumerate(days_ago)
    )
    return knowing(signals=tuple(made))


def closed(days_ago: int):
    """The ticket that was closed so many days ago."""
    at = MONDAY - days_ago * DAY
    return knowing(tickets=tuple(t.model_copy(update={"closed_at": at}) for t in SITUATION.tickets))


def early(number: int) -> RevenuePlanV1:
    """The plan that begins with so many notices before its brief."""
    extra = (
        NOTICE.model_copy(update={"step_id": UUID(int=800 + n), "not_before": MONDAY - n * HOUR}) for n in range(number)
    )
    return with_plan(steps=(*PLAN.steps, *extra))


def twin(step: PlanStep) -> RevenuePlanV1:
    """The plan whose first step bears the id of another one."""
    return with_plan(steps=(BRIEF.model_copy(update={"step_id": step.step_id}), *PLAN.steps))


def said(plan=PLAN, context=CONTEXT, phase=P, *, policy=POLICY, now=MONDAY, code="") -> list[tuple[str, str]]:
    """Return where each violation lies and what it says, of one code or of all; any policy will do, also an unsound one."""
    found = weigh(View(plan, context, policy, phase=phase, now=now)).violations
    return [(v.where, v.message) for v in found if v.code.startswith(code)]


def escalating(after, ticket_id="acme-t1", **changes) -> RevenuePlanV1:
    """The plan with a second escalation, so long after the first."""
    at = ESCALATE.not_before + after
    params = {**ESCALATE.params, "ticket_ids": [ticket_id]}
    second = {"step_id": UUID(int=900), "not_before": at, "due_by": PLAN.expires_at, "params": params} | changes
    return with_plan(steps=(*PLAN.steps, ESCALATE.model_copy(update=second)))


def taken(action_type: str, at, by="s9", **changes):
    """A touch of ours: by a step of this plan, or of one that nobody knows."""
    return touch(action_type=action_type, at=at, contact_id=None, external=False, step_id=by, **changes)


def escalated(days_ago: int, **changes):
    """The account whose only ticket somebody escalated so many days before the plan would."""
    return knowing(history=(taken("ESCALATE_SUPPORT_RISK", ESCALATE.not_before - days_ago * DAY),), **changes)


def ticket(number: int, **changes):
    return SITUATION.tickets[0].model_copy(update={"ticket_id": f"acme-t{number}"} | changes)


TWO_TICKETS = (ticket(1), ticket(2))
OFFER = giving("SEND_RENEWAL_PROPOSAL", 0)
ASKING = giving()


def given(days_ago: int, plan: RevenuePlanV1, **changes):
    """The account to which somebody gave the same that a plan's last step gives, so many days before it."""
    last = plan.steps[-1]
    return knowing(history=(taken(last.action_type, last.not_before - days_ago * DAY),), **changes)


def deals(*kinds: OpportunityKind):
    """So many deals, one of each kind named, beside the account's own."""
    own = SITUATION.opportunities[0]
    others = (own.model_copy(update={"opportunity_id": f"acme-o{n + 2}", "kind": kind}) for n, kind in enumerate(kinds))
    return (own, *others)


def contracts():
    return two_contracts().situation.contracts


def foreign():
    return knowing(tenant=SITUATION.tenant.model_copy(update={"tenant_id": "t2"}))


def two_contracts():
    """The account has a second contract, which renews a year after the first."""
    first = SITUATION.contracts[0]
    second = first.model_copy(update={"contract_id": "acme-k2", "renews_on": first.renews_on.replace(year=2027)})
    return knowing(contracts=(first, second))


def approving(**actions):
    """The policy that approves other actions: each by its name, None for none."""
    given = {**POLICY.actions[PlanType.RENEWAL_DEFENSE], **actions}
    return policy(actions={PlanType.RENEWAL_DEFENSE: {name: rule for name, rule in given.items() if rule is not None}})


def without(action_type: str):
    return approving(**{action_type: None})


def riskier(action_type: str):
    given = POLICY.actions[PlanType.RENEWAL_DEFENSE][action_type]
    return approving(**{action_type: given.model_copy(update={"risk": RiskClass.HIGH})})


def crossing(at):
    return planned(0, "acme-c2", PlanType.EXPANSION).model_copy(update={"at": at})


LONGER = with_plan(expires_at=PLAN.expires_at + 10 * DAY)
TWO_CONTRACTS = with_plan(
    subject=("acme-k1", "acme-k2"),
    objective_params=PLAN.objective_params.model_copy(update={"baseline_arr_minor": {"acme-k1": 1, "acme-k2": 2}}),
)
DONE_EARLY = with_step(BRIEF, status=StepStatus.DONE, outcome="BRIEF_READY", not_before=START + 5 * DAY)
CASES: tuple[Case, ...] = (
    Case("nothing approved at all", "PG100", "steps", V, context=context(approvals=()), also=("PG101",)),
    Case(
        "one of two approvals is of other content",
        "PG100",
        "steps",
        V,
        context=context(
            approvals=(approval(), approval(principal_id="sara", content_digest=OTHER)),
            active_principals=frozenset({"otto", "sara"}),
        ),
    ),
    Case(
        "a step that the system sends without its own approval",
        "PG101",
        "steps[3]",
        S,
        with_step(MEETING, approval=Approval.APPROVE),
        context(step_approvals=()),
    ),
    Case(
        "a step behind another one of its id",
        "PG101",
        "steps[4]",
        S,
        twin(MEETING),
        context(step_approvals=()),
        also=("PG010", "PG011"),
    ),
    Case("a touch at the very instant", "PG014", "steps[3]", P, context=knowing(history=(touch(at=START),))),
    Case(
        "somebody else of the account was written to yesterday",
        "PG014",
        "steps[3]",
        P,
        context=knowing(history=(touch(contact_id="acme-c2"),)),
    ),
    Case(
        "the newest of several touches",
        "PG014",
        "steps[3]",
        P,
        context=knowing(history=(touch(at=START - 20 * DAY), touch(touch_id="x2", at=START - 6 * DAY))),
    ),
    Case(
        "the same ticket again too soon in one plan",
        "PG014",
        "steps[7]",
        P,
        escalating(5 * DAY - timedelta(microseconds=1)),
    ),
    Case("the same ticket twice at one instant", "PG014", "steps[2]", A, escalating(0 * DAY)),
    Case(
        "a ticket that a step of the plan escalated three days ago",
        "PG014",
        "steps[7]",
        V,
        escalating(DAY).with_step(ESCALATE.model_copy(update={"status": StepStatus.DONE, "outcome": "RESOLVED"})),
        knowing(
            tickets=TWO_TICKETS,
            history=(taken("ESCALATE_SUPPORT_RISK", ESCALATE.not_before, by=str(ESCALATE.step_id)),),
        ),
    ),
    Case("the account's only ticket, escalated four days ago", "PG014", "steps[2]", P, context=escalated(4)),
    Case(
        "the only ticket that was open then",
        "PG014",
        "steps[2]",
        P,
        context=escalated(
            1,
            tickets=(
                ticket(1, opened_at=ESCALATE.not_before - DAY),
                ticket(2, opened_at=ESCALATE.not_before),
                ticket(3, closed_at=ESCALATE.not_before - DAY),
            ),
        ),
    ),
    Case("a second offer for the account's only deal", "PG014", "steps[7]", P, OFFER, given(6, OFFER)),
    Case(
        "a second offer for the only contract",
        "PG014",
        "steps[7]",
        P,
        ASKING,
        given(29, ASKING, opportunities=deals(OpportunityKind.RENEWAL)),
    ),
    Case(
        "a second offer beside a deal about more",
        "PG014",
        "steps[7]",
        P,
        OFFER,
        given(6, OFFER, opportunities=deals(OpportunityKind.EXPANSION), contracts=contracts()),
    ),
    Case(
        "a ticket closed long ago",
        "PG072",
        "steps[3].evidence",
        V,
        with_step(MEETING, evidence=("acme-t1",)),
        closed(181),
        also=("PG014",),
    ),
    Case(
        "a must-have that was cancelled",
        "PG012",
        "steps",
        A,
        with_step(BRIEF, status=StepStatus.CANCELLED),
        also=("PG021",),
    ),
    Case("four automatic steps at the start", "PG034", "steps[0]", A, early(3), policy=many(), also=("PG022",)),
    Case("another tenant's situation beside its plan", "PG002", "tenant_id", P, context=foreign()),
    Case("a contract named twice", "PG073", "subject", P, with_plan(subject=("acme-k1", "acme-k1"))),
    Case(
        "an action that policy does not approve",
        "PG011",
        "steps[6]",
        P,
        policy=without("NOTIFY_ACCOUNT_TEAM"),
        also=("PG030", "PG031"),
    ),
    Case(
        "an internal step that policy made HIGH",
        "PG031",
        "steps[6].approval",
        P,
        HIGH_PLAN,
        policy=riskier("NOTIFY_ACCOUNT_TEAM"),
    ),
    Case("an image in markup", "PG082", "steps[6].params", P, messaging("Look ![here")),
    Case("every mark at once", "PG082", "steps[6].params", P, messaging("<](![://www.mailto:javascript:data:")),
    Case(
        "markup in a list",
        "PG082",
        "steps[0].params",
        P,
        with_step(BRIEF, params={"sections": ["<b>"]}),
        also=("PG013",),
    ),
    Case(
        "the plan beside the step as its own third contact",
        "PG060",
        "steps[3]",
        A,
        context=touched(1, 2, at=START),
        also=("PG014",),
    ),
    Case("a mail at the very instant counts", "PG060", "steps[3]", S, context=touched(0, 1), also=("PG014",)),
    Case(
        "four people at one instant are four occasions",
        "PG060",
        "steps[3]",
        S,
        context=knowing(history=tuple(reached(3, n, "acme-c2") for n in range(4))),
    ),
    Case(
        "a step that is due when the silence ends",
        "PG051",
        "steps[3]",
        A,
        with_step(MEETING, due_by=START + DAY - HOUR),
        policy=dark(START, START),
    ),
    Case("the last instant of the last step", "PG042", "steps", A, context=context(planned=(crossing(REVIEW.due_by),))),
    Case("the first instant of the first step", "PG042", "steps", A, context=context(planned=(crossing(START),))),
    Case("a plan one byte too big", "PG004", "steps", P, policy=policy(max_plan_bytes=len(canonical(PLAN)) - 1)),
)
"""Ways to break a code, and the codes that each breaks with it."""

FITS: tuple[Case, ...] = (
    Case("a switch of no connector", "PG003", "", S, context=context(switches=frozenset({"connector:"}))),
    Case("the deadline to the microsecond", "PG050", "", S, LONGER, after=PLAN.objective_params.deadline - MONDAY),
    Case("two contracts, the first of which sets the deadline", "PG073", "", P, TWO_CONTRACTS, two_contracts()),
    Case("a parent that ended early", "PG022", "", P, DONE_EARLY),
    Case("the first day of an action's window", "PG022", "", S, context=renewing(START + 180 * DAY)),
    Case("an odd id in a list of people", "PG082", "", P, doing("REBUILD_CHAMPION", contact_ids=["<b>www.x"])),
    Case("an internal step about a stranger's words", "PG081", "", S, context=starting(ESCALATE)),
    Case("a step that rests on no stranger's words", "PG081", "", A, with_step(REVIEW, approval=Approval.AUTO)),
    Case("a person's own words about a stranger's", "PG081", "", S, doubtful(), starting(REVIEW)),
    Case(
        "a step that is under way at night",
        "PG051",
        "",
        S,
        with_step(MEETING, status=StepStatus.RUNNING),
        after=13 * HOUR,
    ),
    Case("what other plans mean to do later", "PG060", "", S, context=context(planned=(planned(-1), planned(-2)))),
    Case(
        "the plan itself among the open plans",
        "PG041",
        "",
        P,
        context=beside(OpenPlan(plan_id=str(PLAN.plan_id), plan_type="RENEWAL_DEFENSE", status="DRAFT")),
    ),
    Case(
        "another plan of the same type in the same days",
        "PG042",
        "",
        A,
        context=context(planned=(planned(0, "acme-c2"),)),
    ),
    Case(
        "the last instant of a text's approval",
        "PG101",
        "",
        S,
        context=context(step_approvals=(step_approval(expires_at=MONDAY),)),
    ),
    Case("a touch after the start", "PG014", "", P, context=knowing(history=(touch(at=START + HOUR),))),
    Case(
        "the account at rest for two days",
        "PG014",
        "",
        P,
        context=knowing(history=(touch(at=START - 2 * DAY, contact_id="acme-c2"),)),
    ),
    Case("the contact at rest for a week", "PG014", "", P, context=knowing(history=(touch(at=START - 7 * DAY),))),
    Case("the same ticket again after five days", "PG014", "", P, escalating(5 * DAY)),
    Case("two tickets of one account at once", "PG014", "", A, escalating(0 * DAY, "acme-t2")),
    Case(
        "the same ticket as in a step that was given up",
        "PG014",
        "",
        P,
        escalating(DAY).with_step(ESCALATE.model_copy(update={"status": StepStatus.CANCELLED})),
    ),
    Case(
        "a step that starts before another one about the ticket",
        "PG014",
        "",
        S,
        escalating(-2 * DAY),
        starting(ESCALATE),
    ),
    Case(
        "a ticket's own earlier try",
        "PG014",
        "",
        S,
        context=starting(
            ESCALATE,
            situation=SITUATION.model_copy(
                update={"history": (taken("ESCALATE_SUPPORT_RISK", MONDAY - DAY, by=str(ESCALATE.step_id)),)}
            ),
        ),
    ),
    Case("the account's only ticket, escalated five days ago", "PG014", "", P, context=escalated(5)),
    Case("one of two tickets, escalated yesterday", "PG014", "", P, context=escalated(1, tickets=TWO_TICKETS)),
    Case(
        "one of two tickets that were open then",
        "PG014",
        "",
        P,
        context=escalated(1, tickets=(ticket(1), ticket(2, closed_at=ESCALATE.not_before))),
    ),
    Case(
        "a ticket that was opened since",
        "PG014",
        "",
        P,
        context=escalated(1, tickets=(ticket(1, opened_at=MONDAY + DAY),)),
    ),
    Case("a second offer after a week", "PG014", "", P, OFFER, given(7, OFFER)),
    Case("a second request for a discount after a month", "PG014", "", P, ASKING, given(30, ASKING)),
    Case(
        "an offer for one of two deals",
        "PG014",
        "",
        P,
        OFFER,
        given(1, OFFER, opportunities=deals(OpportunityKind.RENEWAL), contracts=contracts()),
    ),
    Case("a discount on one of two contracts", "PG014", "", P, ASKING, given(1, ASKING, contracts=contracts())),
    Case("a word inside the house", "PG014", "", P, context=knowing(history=(touch(external=False),))),
    Case("a goal that the tenant set", "PG070", "", P, with_plan(goal="g1"), knowing(goals=(GOAL,))),
    Case("an old and a fresh signal", "PG072", "", V, with_step(MEETING, evidence=("n0", "n1")), signals(400, 1)),
    Case("a ticket closed just now", "PG072", "", V, with_step(MEETING, evidence=("acme-t1",)), closed(180)),
    Case("a plan as big as allowed", "PG004", "", P, policy=policy(max_plan_bytes=len(canonical(PLAN)))),
    Case("three automatic steps at the start", "PG034", "", A, early(2), policy=many()),
    Case(
        "as many risky steps as allowed beside one that was cancelled",
        "PG033",
        "",
        A,
        with_step(REVIEW, status=StepStatus.CANCELLED),
        policy=policy(max_risky_steps=2),
    ),
)
"""What only just does not break a code."""
