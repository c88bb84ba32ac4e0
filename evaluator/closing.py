"""Whether a plan is over, how it ends, and why."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from evaluator.objectives import OBJECTIVES
from evaluator.progress import all_ended, any_done, deciding_steps, in_flight
from evaluator.readings import ContractReading, Reading
from plan import CLOSED, Fact, Frozen, Id, Instant, OncourseError, PlanStatus, RevenuePlanV1, digest


class EvaluatorError(OncourseError):
    """A plan that cannot be evaluated."""

    code = "evaluator"


class Ending(StrEnum):
    """What the evaluation asks for."""

    GOES_ON = "GOES_ON"
    COMPLETE = "COMPLETE"
    EXPIRE = "EXPIRE"
    MOOT = "MOOT"
    ABORT = "ABORT"


Why = Literal[
    "objective_met",
    "all_steps_done",
    "window_passed",
    "moot",
    "lost",
    "nothing_done",
    "goes_on",
    "waits_for_step_in_flight",
]
Verdict = tuple[Ending, Why]


class Evaluation(Frozen):
    """What was found, on which facts, and what follows."""

    ending: Ending
    reason: Why
    objective_met: bool
    detail: tuple[ContractReading, ...]
    facts: tuple[Id, ...]
    """Sorted ids of the facts that it rests on."""
    at: Instant

    @property
    def digest(self) -> str:
        """Return the digest of the whole evaluation."""
        return digest(self)


def evaluate(plan: RevenuePlanV1, facts: Sequence[Fact], now: Instant) -> Evaluation:
    """Say whether a plan is over at `now`; the order of the facts never matters.

    What the facts decided in time stands, however late the evaluation runs. A DRAFT whose contract is lost goes on:
    no machine rejects a draft, a person does, or its window ends it. A closed plan gets no second ending.
    Raises EvaluatorError for a plan type without an objective.
    """
    objective = OBJECTIVES.get(plan.plan_type)
    if objective is None:
        known = ", ".join(sorted(OBJECTIVES))
        raise EvaluatorError(f"{plan.plan_type} has no objective to evaluate; evaluate one of: {known}")
    reading = objective(plan, facts, now)
    ending, reason = _verdict(plan, reading, now)
    return Evaluation(
        ending=ending,
        reason=reason,
        objective_met=reading.met,
        detail=reading.detail,
        facts=reading.facts,
        at=now,
    )


def _verdict(plan: RevenuePlanV1, reading: Reading, now: Instant) -> Verdict:
    if plan.status in CLOSED:
        return Ending.GOES_ON, "goes_on"
    if reading.met:
        return _won(plan, now)
    if reading.lost and plan.status is not PlanStatus.DRAFT:
        return Ending.ABORT, "lost"
    if now > plan.expires_at:
        return Ending.EXPIRE, "window_passed"
    if plan.status in {PlanStatus.ACTIVE, PlanStatus.PAUSED}:
        return _worked_off(plan)
    return Ending.GOES_ON, "goes_on"


def _won(plan: RevenuePlanV1, now: Instant) -> Verdict:
    """End a plan whose objective is met; past its window a step in flight holds it no longer, its result lands late."""
    if plan.status in {PlanStatus.DRAFT, PlanStatus.APPROVED}:
        return Ending.MOOT, "moot"
    if in_flight(plan) and now <= plan.expires_at:
        return Ending.GOES_ON, "waits_for_step_in_flight"
    return Ending.COMPLETE, "objective_met"


def _worked_off(plan: RevenuePlanV1) -> Verdict:
    """End a running plan whose steps have; in a plan that requires no step, every step must have."""
    steps = deciding_steps(plan)
    if not all_ended(steps):
        return Ending.GOES_ON, "goes_on"
    if in_flight(plan):
        return Ending.GOES_ON, "waits_for_step_in_flight"
    return (Ending.COMPLETE, "all_steps_done") if any_done(steps) else (Ending.ABORT, "nothing_done")
