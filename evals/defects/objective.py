"""Plans that aim at something else, or arrive too late."""

from evals.cases import Case
from evals.defects.bending import each, first, grown, known, last_day, new_step, without
from evals.defects.policy import other_account
from evals.defects.seeding import Defect, of_proposal
from evals.reading import deals_of
from evals.treatments import CLOSING, SUPPORTING
from plan import PlanType, Proposal, ProposedDependency


def other_plan_type(proposal: Proposal, _case: Case) -> Proposal:
    """Sell more instead of defending."""
    return proposal.model_copy(update={"plan_type": PlanType.EXPANSION})


def other_contracts(proposal: Proposal, _case: Case) -> Proposal:
    """Defend one contract more than there is to defend."""
    return proposal.model_copy(update={"subject": (*proposal.subject, "stranger-1")})


def fewer_contracts(proposal: Proposal, _case: Case) -> Proposal | None:
    """Defend one contract less."""
    return proposal.model_copy(update={"subject": proposal.subject[1:]}) if len(proposal.subject) > 1 else None


def no_goal(proposal: Proposal, _case: Case) -> Proposal | None:
    """Serve no goal, where the tenant has one."""
    return proposal.model_copy(update={"goal": None}) if proposal.goal else None


def no_closing_step(proposal: Proposal, case: Case) -> Proposal | None:
    """Do all but close."""
    return without(proposal, *CLOSING) if deals_of(case.request) else None


def closing_optional(proposal: Proposal, case: Case) -> Proposal | None:
    """Close, or not."""
    return _closing(proposal, case, required=False)


def closes_too_late(proposal: Proposal, case: Case) -> Proposal | None:
    """Start to close on the last day, on which nothing ends that takes one."""
    return _closing(proposal, case, start_day=last_day(case))


def closes_another_deal(proposal: Proposal, case: Case) -> Proposal | None:
    """Close a deal that renews nothing."""
    if not deals_of(case.request):
        return None
    other = next(
        (d.opportunity_id for d in known(case).opportunities if d.opportunity_id not in deals_of(case.request)), "x-1"
    )
    return each(
        proposal,
        lambda step: (
            step.model_copy(update={"params": step.params | {"opportunity_id": other}})
            if step.action_type in CLOSING
            else step
        ),
    )


def closes_at_once(proposal: Proposal, case: Case) -> Proposal | None:
    """Record a commitment today for which nothing was done."""
    return _closing(proposal, case, depends_on=(), start_day=0) if _does_more(proposal) else None


def closes_on_the_brief(proposal: Proposal, case: Case) -> Proposal | None:
    """Close when the brief is written, whatever else becomes of the plan."""
    brief = first(proposal, "PREP_RENEWAL_BRIEF")
    if brief is None or brief.depends_on or not _does_more(proposal):
        return None
    return _closing(proposal, case, depends_on=(ProposedDependency(key=brief.key),))


def unwanted_action(proposal: Proposal, case: Case) -> Proposal | None:
    """Do what is wrong here although every rule allows it."""
    for action in case.expect.unwanted:
        step = new_step("more", action, proposal, case)
        if step:
            return grown(proposal, step)
    return None


def _does_more(proposal: Proposal) -> bool:
    return any(step.action_type not in {*CLOSING, *SUPPORTING} for step in proposal.steps)


def _closing(proposal: Proposal, case: Case, **update: object) -> Proposal | None:
    if not deals_of(case.request):
        return None
    return each(proposal, lambda step: step.model_copy(update=update) if step.action_type in CLOSING else step)


DEFECTS: tuple[Defect, ...] = (
    of_proposal("objective", other_plan_type),
    of_proposal("objective", other_contracts),
    of_proposal("objective", other_account),
    of_proposal("objective", fewer_contracts),
    of_proposal("objective", no_goal),
    of_proposal("objective", no_closing_step),
    of_proposal("objective", closing_optional),
    of_proposal("objective", closes_too_late),
    of_proposal("objective", closes_another_deal),
    of_proposal("objective", closes_at_once),
    of_proposal("objective", closes_on_the_brief),
    of_proposal("objective", unwanted_action),
)
