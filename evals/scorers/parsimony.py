"""Whether each step is needed."""

from agent import ProposalRequest
from evals.cases import Case
from evals.judging import Answer
from evals.reading import FRESH, ancestors, plan_of, required_by
from evals.scorers.needs import unjustified
from evals.scorers.score import Check, Score, checked
from evals.treatments import CALLED_FOR, CLOSING, LEADING, SUPPORTING, TREATS
from plan import PLAYBOOKS, PRECONDITIONS, Proposal, ProposedStep, contacts_of, find_spec, ids_of

NAME = "parsimony"


def parsimony(answer: Answer, case: Case) -> Score | None:
    """Score the share of steps that something calls for and that nobody has just taken.

    Called for is what treats a signal or a record that is there, closes, leads to what closes, supports the others,
    or must come before what is called for. A second step of the same action about nothing new is one too many, in
    whatever words.
    """
    proposal = plan_of(answer, case)
    if proposal is None:
        return None
    needless, seen, checks = _needless(proposal, case.request), dict[str, set[str]](), []
    for step in sorted(proposal.steps, key=lambda step: (step.start_day, -len(_about(step)), sorted(_about(step)))):
        about, told = _about(step), f"step {step.key} ({step.action_type})"
        if step.action_type in seen and about <= seen[step.action_type]:
            why = "does again what an earlier step does"
        elif _just_done(step, case.request):
            why = f"was done in the last {FRESH.days} days"
        else:
            why = "serves no signal, no record and no other step" if step.key in needless else ""
        checks.append(Check(not why, f"{told} {why}; leave it out"))
        seen.setdefault(step.action_type, set()).update(about)
    return checked(NAME, checks, hard=False)


def _needless(proposal: Proposal, request: ProposalRequest) -> set[str]:
    """Return the keys of the steps that nothing calls for, and that no step needs first for which something does."""
    types, before = {signal.type for signal in request.situation.signals}, ancestors(proposal)
    closing = {key for step in proposal.steps if step.action_type in CLOSING for key in before[step.key]}
    wanted = [
        step.key
        for step in proposal.steps
        if step.action_type in SUPPORTING
        or step.action_type in CLOSING
        or types & TREATS.get(step.action_type, frozenset())
        or _called_for(step.action_type, request)
        or (step.action_type in LEADING and step.key in closing)
    ]
    needs = {
        step.key: [
            other.key
            for other in proposal.steps
            if other.key in before[step.key] and other.action_type in required_by(step.action_type)
        ]
        for step in proposal.steps
    }
    return unjustified(needs, wanted)


def _called_for(action: str, request: ProposalRequest) -> bool:
    return action in CALLED_FOR and PRECONDITIONS[CALLED_FOR[action]](request.situation, {}) is None


def _about(step: ProposedStep) -> set[str]:
    """Return the things that a step is about; a notice is about what it says, and what names nothing about no thing."""
    if step.action_type == "NOTIFY_ACCOUNT_TEAM":
        return {str(step.params.get("message"))}
    return set(ids_of(step.params, "contact_id", "contact_ids", "ticket_ids", "invoice_ids", "opportunity_id"))


def _just_done(step: ProposedStep, request: ProposalRequest) -> bool:
    """Tell whether the account's history holds it with a good end; what every plan must hold is taken again."""
    spec, people = find_spec(step.action_type), {None, *contacts_of(step.params)}
    return step.action_type not in PLAYBOOKS[request.plan_type].must_have and any(
        touch.action_type == step.action_type
        and touch.contact_id in people
        and touch.outcome in (spec.outcomes_ok if spec else ())
        and touch.at >= request.now - FRESH
        for touch in request.situation.history
    )
