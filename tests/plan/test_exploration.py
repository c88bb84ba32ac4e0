"""Every state that a plan can reach, and what is never seen in any of them."""

import pytest

from plan import (
    PLAN_MOVES,
    STEP_MOVES,
    Approval,
    DependencyKind,
    OnFailure,
    PlanEvent,
    PlanStatus,
    StepEvent,
    StepMove,
    StepStatus,
    plan_target,
    step_target,
)
from tests.plan.breaches import BREACHES
from tests.plan.exploration import Model, Tables, explore
from tests.plan.guards import NAMED, OUTSIDE
from tests.plan.nightly_states import faults, rows
from tests.plan.worlds import Slot

ONE_STEP = (Slot(Approval.APPROVE),)
TWO_STEPS = (Slot(Approval.AUTO), Slot(Approval.TASK, needs=((0, DependencyKind.FINISHED),), tries=1))
IN_LINE = (Slot(Approval.AUTO, tries=1), Slot(Approval.DRAFT, awaits=True, needs=((0, DependencyKind.SUCCESS),)))
OPTIONAL_LAST = (
    Slot(Approval.DRAFT, awaits=True),
    Slot(
        Approval.AUTO,
        required=False,
        awaits=True,
        on_failure=OnFailure.SKIP,
        needs=((0, DependencyKind.SUCCESS),),
        tries=1,
    ),
)


def test_every_reachable_state_keeps_every_promise_and_ends_by_time_alone():
    """One walk for each kind of plan, several findings: it takes seconds. The night walks further."""
    taken, states = set(), 0
    for slots in (ONE_STEP, IN_LINE, OPTIONAL_LAST):
        model = Model(slots)
        walk = explore(model)
        assert faults(walk) == []
        assert walk.edges > 5 * walk.worlds
        taken |= model.taken
        states += walk.worlds
    assert states > 50_000
    assert taken == rows()


class Forgetful(Model):
    """Works out anew in each state what may become of a step."""

    def moves(self, world):
        self.known.clear()
        yield from super().moves(world)


def test_what_may_become_of_a_step_depends_on_nothing_that_the_walk_forgets():
    slots = (Slot(Approval.AUTO, tries=1), Slot(Approval.TASK, needs=((0, DependencyKind.FINISHED),), tries=1))
    assert explore(Forgetful(slots, revisions=1)) == explore(Model(slots, revisions=1))


def test_every_guard_that_a_row_names_has_a_meaning_here_and_every_meaning_a_row():
    named = {guard for row in (*PLAN_MOVES, *STEP_MOVES) for guard in row.guards}
    assert named - OUTSIDE <= set(NAMED)
    assert named >= OUTSIDE


def _without(guard, event):
    def bent(rows):
        return tuple(
            row.model_copy(update={"guards": tuple(g for g in row.guards if g != guard)}) if row.event is event else row
            for row in rows
        )

    return Tables(plan_moves=bent(PLAN_MOVES), step_moves=bent(STEP_MOVES))


def _landing(event, end):
    def bent(happened, status, wanted=None, *, plan):
        target = step_target(happened, status, wanted, plan=plan)
        return end if happened is event else target

    return Tables(step_target=bent)


def _with_row(event, source, end):
    def bent(happened, status, wanted=None, *, plan):
        return end if (happened, status) == (event, source) else step_target(happened, status, wanted, plan=plan)

    return Tables(step_moves=(*STEP_MOVES, StepMove(event=event, sources=(source,), targets=(end,))), step_target=bent)


def _moving(event, source, end):
    def bent(happened, status, wanted=None):
        target = plan_target(happened, status, wanted)
        return end if (happened, status) == (event, source) else target

    return Tables(plan_target=bent)


BENT = [
    ("a person's step starts without its own approval", ONE_STEP, Tables(reopening_resets=False)),
    ("a person's step starts without its own approval", ONE_STEP, _landing(StepEvent.RETRY_DUE, StepStatus.READY)),
    (
        "a person's step starts without its own approval",
        ONE_STEP,
        _landing(StepEvent.RECONCILE_NOT_SENT, StepStatus.READY),
    ),
    ("a person's step starts without its own approval", ONE_STEP, _landing(StepEvent.MANUAL_RETRY, StepStatus.READY)),
    ("a person's step starts without its own approval", ONE_STEP, _landing(StepEvent.APPROVAL_LAPSE, StepStatus.READY)),
    ("a person's step starts without its own approval", ONE_STEP, _landing(StepEvent.ESCALATE, StepStatus.READY)),
    (
        "a step starts under a revision that nobody approved",
        ONE_STEP,
        _moving(PlanEvent.EDIT, PlanStatus.APPROVED, PlanStatus.APPROVED),
    ),
    ("a step starts outside ACTIVE", ONE_STEP, _without("plan_active", StepEvent.START)),
    ("a step starts before what it waits for", TWO_STEPS, _without("dependencies_settled", StepEvent.START)),
    ("a settled step changes", ONE_STEP, _with_row(StepEvent.SKIP, StepStatus.DONE, StepStatus.SKIPPED)),
    ("an unsent step outlives its plan", ONE_STEP, _landing(StepEvent.PLAN_CLOSED, StepStatus.PENDING)),
    (
        "a closed plan changes",
        ONE_STEP,
        _moving(PlanEvent.LATE_RESULT, PlanStatus.EXPIRED, PlanStatus.ACTIVE),
    ),
    (
        "a plan in review holds a step that was let go",
        ONE_STEP,
        _without("nothing_in_flight", PlanEvent.REOPEN),
    ),
]


@pytest.mark.parametrize(("promise", "slots", "tables"), BENT)
def test_a_table_bent_on_purpose_is_found(promise, slots, tables):
    assert promise in explore(Model(slots, tables, 1 if slots is TWO_STEPS else 2)).breaches


def test_every_promise_is_seen_to_break_under_some_bent_table():
    assert {promise for promise, _, _ in BENT} == set(BREACHES)


def test_a_step_in_doubt_that_held_an_expired_plan_would_keep_it_open_for_ever():
    held = tuple(
        row.model_copy(update={"guards": ("nothing_in_flight", *row.guards[1:])})
        if row.event is PlanEvent.COMPLETE
        else row
        for row in PLAN_MOVES
    )
    walk = explore(Model(ONE_STEP, Tables(plan_moves=held)))
    assert walk.lingering > 0
    assert walk.stuck > 0
    assert len(faults(walk)) == 2
