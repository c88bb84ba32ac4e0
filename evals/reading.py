"""What scorers read off an answer and its case: when steps start and end, what comes before what, all its texts."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from agent import ProposalRequest, subject
from evals.cases import Case
from evals.judging import Answer
from evals.treatments import treatable
from plan import (
    ActionSpec,
    DependencyKind,
    NoPlan,
    OpportunityKind,
    Proposal,
    ProposedStep,
    Severity,
    Signal,
    deadline,
    find_spec,
    written_fields,
)

FRESH = timedelta(days=30)
"""How long an earlier outcome still counts as done: the default policy's own figure."""


class Placed(NamedTuple):
    """One step with its spec, when code lets it start, and when it typically ends."""

    step: ProposedStep
    spec: ActionSpec | None
    starts: datetime
    ends: datetime


def plan_of(answer: Answer, case: Case) -> Proposal | None:
    """Return the proposal where a plan is right; whether one is right is the question of another scorer."""
    outcome = answer.outcome
    return outcome if isinstance(outcome, Proposal) and case.expect.outcome == "plan" else None


def placed(proposal: Proposal, request: ProposalRequest) -> list[Placed]:
    """Return the steps on their days, as assembly places them."""
    calendar, found = request.situation.tenant.calendar, []
    for step in proposal.steps:
        day = calendar.working_day(calendar.local_date(request.now) + timedelta(days=step.start_day))
        starts, spec = max(request.now, calendar.at(day, 9)), find_spec(step.action_type)
        ends = calendar.after(starts, spec.typical_duration) if spec else starts
        found.append(Placed(step, spec, starts, ends))
    return found


def renews_on(request: ProposalRequest) -> date:
    """Return the day of the first renewal that is to be defended."""
    return min(contract.renews_on for contract in subject(request))


def last_instant(request: ProposalRequest) -> datetime:
    """Return the last instant that counts."""
    return deadline(renews_on(request), request.situation.tenant.calendar)


def deals_of(request: ProposalRequest) -> frozenset[str]:
    """Return the open deals that renew what is to be defended."""
    contracts = {None, *(contract.contract_id for contract in subject(request))}
    return frozenset(
        deal.opportunity_id
        for deal in request.situation.opportunities
        if deal.open and deal.kind is OpportunityKind.RENEWAL and deal.contract_id in contracts
    )


def ancestors(proposal: Proposal) -> dict[str, frozenset[str]]:
    """Return the keys of all steps that each step waits for, directly or through others, however it waits."""
    parents = {step.key: {need.key for need in step.depends_on} for step in proposal.steps}
    return {key: _reached(key, parents) for key in parents}


def _reached(key: str, parents: dict[str, set[str]]) -> frozenset[str]:
    found, todo = set[str](), [key]
    while todo:
        new = parents.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return frozenset(found)


def succeeded_before(proposal: Proposal, key: str) -> frozenset[str]:
    """Return the keys of the steps that have surely ended well before a step starts, in a plan that can be made."""
    by_key = {step.key: step for step in proposal.steps}
    found, seen, todo = set[str](), set[str](), [key]
    while todo:
        for need in by_key[todo.pop()].depends_on:
            if need.kind is DependencyKind.FINISHED:
                continue
            spec = find_spec(by_key[need.key].action_type)
            if spec and set(need.outcomes) <= set(spec.outcomes_ok):
                found.add(need.key)
            if need.key not in seen:
                seen.add(need.key)
                todo.append(need.key)
    return frozenset(found)


def required_by(action: str) -> frozenset[str]:
    """Return the actions one of which an action requires before it."""
    spec = find_spec(action)
    return frozenset(name for requirement in (spec.requires if spec else ()) for name in requirement.actions)


def critical_signals(case: Case) -> tuple[Signal, ...]:
    """Return the signals that a plan must treat.

    What a case says counts; else those of severity HIGH that can be treated here. A signal's type and severity are set
    by systems and are trusted; its note is not, and no scorer reads it.
    """
    named = case.expect.critical
    return tuple(
        signal
        for signal in case.request.situation.signals
        if (signal.signal_id in named if named is not None else _urgent(signal, case.request))
    )


def _urgent(signal: Signal, request: ProposalRequest) -> bool:
    return signal.severity is Severity.HIGH and treatable(signal, request)


def written(step: ProposedStep) -> str:
    """Return what the drafter wrote of a step in words: its reason, and the free texts of its parameters."""
    return "\n".join([step.rationale, *(str(step.params.get(name, "")) for name in written_fields(step.action_type))])


def texts(outcome: Proposal | NoPlan) -> Iterator[tuple[str, str]]:
    """Yield every text of an answer with the place where it stands."""
    if isinstance(outcome, NoPlan):
        yield "the suggestion", outcome.suggestion
        return
    yield "the summary", outcome.summary
    for step in outcome.steps:
        yield f"step {step.key}", written(step)
    for reply in outcome.answers:
        yield f"answer {reply.reason_number}", reply.answer
