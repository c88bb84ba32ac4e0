"""Plans that do more than is needed."""

from evals.cases import Case
from evals.defects.bending import first, grown, known, new_step, touched, without
from evals.defects.seeding import Defect, of_account, of_proposal
from evals.treatments import CALLED_FOR, TREATS
from plan import PRECONDITIONS, Proposal, ProposedStep, contacts_of, spec_of


def step_twice(proposal: Proposal, _case: Case) -> Proposal:
    """Take the last step twice."""
    return grown(proposal, proposal.steps[-1].model_copy(update={"key": "again"}))


def asks_the_same_person_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Ask the same person for a second meeting, for another purpose."""
    step = first(proposal, "REQUEST_RENEWAL_MEETING")
    return _again(proposal, step, purpose="VALUE_CHECK", proposed_slots=1) if step else None


def reviews_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Hold a second review with another agenda."""
    step = first(proposal, "RUN_VALUE_REVIEW")
    return _again(proposal, step, agenda="Once more, from the start.") if step else None


def maps_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Map the people a second time, for other roles."""
    step = first(proposal, "MAP_STAKEHOLDERS")
    return _again(proposal, step, roles_required=["ADMIN"]) if step else None


def briefs_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Make a second brief of other sections."""
    step = first(proposal, "PREP_RENEWAL_BRIEF")
    return _again(proposal, step, sections=["VALUE"]) if step else None


def escalates_a_part_again(proposal: Proposal, _case: Case) -> Proposal | None:
    """Escalate one of the tickets again, and twice at that."""
    step = first(proposal, "ESCALATE_SUPPORT_RISK")
    return _again(proposal, step, ticket_ids=[step.params["ticket_ids"][0]] * 2) if step else None


def needless_step(proposal: Proposal, case: Case) -> Proposal | None:
    """Take a step for which nothing calls."""
    types = {signal.type for signal in known(case).signals}
    there = {step.action_type for step in proposal.steps}
    for action in _ON_A_SIGNAL:
        called = types & TREATS[action] or (
            action in CALLED_FOR and PRECONDITIONS[CALLED_FOR[action]](known(case), {}) is None
        )
        needed = any(action in requirement.actions for name in there for requirement in spec_of(name).requires)
        step = new_step("more", action, proposal, case)
        if step and not called and not needed and action not in there:
            return grown(proposal, step)
    return None


def prepares_for_nothing(proposal: Proposal, case: Case) -> Proposal | None:
    """Map the people though nothing that needs the map is left."""
    people = TREATS["MAP_STAKEHOLDERS"] & {signal.type for signal in known(case).signals}
    mapped = first(proposal, "MAP_STAKEHOLDERS") is not None
    return without(proposal, "ENGAGE_EXEC_SPONSOR", "REBUILD_CHAMPION") if mapped and not people else None


def done_last_week(proposal: Proposal, case: Case) -> Case | None:
    """Take a step that somebody took a week ago, with a good end."""
    step = proposal.steps[-1]
    if step.action_type == "PREP_RENEWAL_BRIEF":
        return None
    who = (*contacts_of(step.params), None)[0]
    outcome = spec_of(step.action_type).outcomes_ok[0]
    return touched(case, 7, action_type=step.action_type, outcome=outcome, contact_id=who)


_ON_A_SIGNAL = (
    "LAUNCH_ADOPTION_PLAY",
    "REQUEST_DISCOUNT_APPROVAL",
    "MAP_STAKEHOLDERS",
    "ENGAGE_EXEC_SPONSOR",
    "RESOLVE_BILLING_BLOCKER",
    "REBUILD_CHAMPION",
    "ESCALATE_SUPPORT_RISK",
)
"""Actions that only a signal or a record calls for."""


def _again(proposal: Proposal, step: ProposedStep, **params: object) -> Proposal:
    again = step.model_copy(update={"key": "again", "start_day": step.start_day + 10, "params": step.params | params})
    return grown(proposal, again)


DEFECTS: tuple[Defect, ...] = (
    of_proposal("parsimony", step_twice),
    of_proposal("parsimony", asks_the_same_person_twice),
    of_proposal("parsimony", reviews_twice),
    of_proposal("parsimony", maps_twice),
    of_proposal("parsimony", briefs_twice),
    of_proposal("parsimony", escalates_a_part_again),
    of_proposal("parsimony", needless_step),
    of_proposal("parsimony", prepares_for_nothing),
    of_account("parsimony", done_last_week),
)
