"""Pairs at the edges of the rules: what is just found beside what just is not."""

from datetime import date
from uuid import UUID

from gate.judging import weigh
from gate.view import View
from plan import (
    Approval,
    OpenPlan,
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
