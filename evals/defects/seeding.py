"""What a seeded defect is: a good answer made wrong in one way, and the scorer that must see it."""

from collections.abc import Callable
from typing import NamedTuple

from evals.cases import Case
from evals.judging import Answer
from plan import NoPlan, Proposal, RevenuePlanV1

Outcome = Proposal | NoPlan
Bend = Callable[[Proposal, Case], Outcome | None]
Forge = Callable[[RevenuePlanV1, Case], RevenuePlanV1 | None]
Move = Callable[[Proposal, Case], Case | None]
Stage = Callable[[Proposal, Case], tuple[Proposal, Case] | None]
Refuse = Callable[[NoPlan, Case], Outcome | None]


class Seeded(NamedTuple):
    """A good answer with one defect in it."""

    outcome: Outcome
    case: Case
    plan: RevenuePlanV1 | None = None
    """Only where the defect lies in what code makes of the outcome."""


class Defect(NamedTuple):
    """One way of being wrong."""

    name: str
    scorer: str
    seed: Callable[[Answer, Case], Seeded | None]
    """None where an answer cannot be wrong in this way."""
    code: str = ""
    """The gate's code that must be named, where the scorer asks the gate."""


def of_proposal(scorer: str, change: Bend, code: str = "") -> Defect:
    """Return a defect of what the drafter proposes."""

    def seed(answer: Answer, case: Case) -> Seeded | None:
        found = change(answer.outcome, case) if isinstance(answer.outcome, Proposal) else None
        return Seeded(found, case) if found is not None else None

    return Defect(_name(change), scorer, seed, code)


def of_plan(scorer: str, change: Forge, code: str = "") -> Defect:
    """Return a defect of what code alone sets."""

    def seed(answer: Answer, case: Case) -> Seeded | None:
        found = change(answer.plan, case) if answer.plan is not None else None
        return Seeded(answer.outcome, case, found) if found is not None else None

    return Defect(_name(change), scorer, seed, code)


def of_account(scorer: str, change: Move, code: str = "") -> Defect:
    """Return a defect that the same plan has where the account stands otherwise."""

    def seed(answer: Answer, case: Case) -> Seeded | None:
        found = change(answer.outcome, case) if isinstance(answer.outcome, Proposal) else None
        return Seeded(answer.outcome, found) if found is not None else None

    return Defect(_name(change), scorer, seed, code)


def of_both(scorer: str, change: Stage, code: str = "") -> Defect:
    """Return a defect of a plan together with the account that it is made for."""

    def seed(answer: Answer, case: Case) -> Seeded | None:
        found = change(answer.outcome, case) if isinstance(answer.outcome, Proposal) else None
        return Seeded(*found) if found is not None else None

    return Defect(_name(change), scorer, seed, code)


def of_refusal(scorer: str, change: Refuse) -> Defect:
    """Return a defect of an answer that rightly declines."""

    def seed(answer: Answer, case: Case) -> Seeded | None:
        found = change(answer.outcome, case) if isinstance(answer.outcome, NoPlan) else None
        return Seeded(found, case) if found is not None else None

    return Defect(_name(change), scorer, seed)


def _name(change: Callable[..., object]) -> str:
    return change.__name__
