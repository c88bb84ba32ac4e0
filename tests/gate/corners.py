"""Pairs at the edges of the rules: what is just found beside what just is not."""

from datetime import date
from uuid import UUID

from plan import (
    Approval,
    PlanStep,
    PlanType,
    RevenuePlanV1,
    StepStatus,
    TenantGoal,
    canonical,
)
from tests.builders import approval
from tests.gate.cases import (
    BRIEF,
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
    touch,
    with_plan,
    with_step,
)
from tests.gate.conduct import HOUR, NOTICE, many, policy
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
    Case("a plan one byte too big", "PG004", "steps", P, policy=policy(max_plan_bytes=len(canonical(PLAN)) - 1)),
)
"""Ways to break a code, and the codes that each breaks with it."""

FITS: tuple[Case, ...] = (
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
