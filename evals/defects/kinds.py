"""Answers of the wrong kind, and such as no plan can be made of."""

from evals.agents import CONSTANT
from evals.cases import Case
from evals.defects.objective import other_contracts, other_plan_type
from evals.defects.seeding import Defect, Outcome, of_proposal, of_refusal
from evals.defects.sequence import waits_for_nobody
from plan import NoPlan, NoPlanReason, Proposal

_OF_A_DRAFTER = (NoPlanReason.CANNOT_ANSWER, NoPlanReason.NOTHING_TO_DEFEND, NoPlanReason.PLAN_OPEN)


def declines(_proposal: Proposal, _case: Case) -> NoPlan:
    """Decline where a plan is right."""
    return NoPlan(reason=NoPlanReason.NOT_ENOUGH_KNOWN, suggestion="Ask the account's owner.")


def declines_as_lost(_proposal: Proposal, _case: Case) -> NoPlan:
    """Give up an account that can be defended."""
    return NoPlan(reason=NoPlanReason.NOTHING_TO_DEFEND, suggestion="Let it go.")


def plans_all_the_same(_refusal: NoPlan, case: Case) -> Outcome | None:
    """Plan where no plan is right."""
    found = CONSTANT["template"](case)
    return found if isinstance(found, Proposal) else None


def declines_for_a_wrong_reason(refusal: NoPlan, case: Case) -> NoPlan | None:
    """Decline for a reason that is not the case's."""
    others = (reason for reason in _OF_A_DRAFTER if reason not in case.expect.reasons)
    other = next(others, None)
    return refusal.model_copy(update={"reason": other}) if case.expect.reasons and other else None


def breaks_off(_proposal: Proposal, _case: Case) -> NoPlan:
    """Break off in the middle of the answer."""
    return NoPlan(reason=NoPlanReason.CUT_OFF, suggestion="Ask again.")


def says_what_nobody_can_read(_proposal: Proposal, _case: Case) -> NoPlan:
    """Answer in no form that was asked for."""
    return NoPlan(reason=NoPlanReason.UNREADABLE, suggestion="Ask again.")


DEFECTS: tuple[Defect, ...] = (
    of_proposal("abstention", declines),
    of_proposal("abstention", declines_as_lost),
    of_refusal("abstention", plans_all_the_same),
    of_refusal("abstention", declines_for_a_wrong_reason),
    of_proposal("schema", breaks_off),
    of_proposal("schema", says_what_nobody_can_read),
    of_proposal("schema", other_plan_type),
    of_proposal("schema", other_contracts),
    of_proposal("schema", waits_for_nobody),
)
