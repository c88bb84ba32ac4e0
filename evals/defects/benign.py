"""Changes that must not matter: after each, a good plan is as good as before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from evals.cases import Case
from evals.defects.bending import changed, each, knowing, known, last_day
from evals.reading import ancestors
from plan import (
    DependencyKind,
    Proposal,
    ProposedDependency,
    ProposedStep,
    Severity,
    Signal,
    SignalType,
    Ticket,
    Touch,
    find_spec,
)

Change = Callable[[Proposal, Case], tuple[Proposal, Case] | None]
_ROOM = 7
"""Days before the last one that leave room to move a step by one, weekends and holidays included."""


def as_it_stands(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Change nothing."""
    return proposal, case


def steps_reordered(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """List the steps from the last to the first."""
    return proposal.model_copy(update={"steps": tuple(reversed(proposal.steps))}), case


def evidence_reordered(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Cite the same in another order."""
    turned = each(proposal, lambda step: step.model_copy(update={"evidence": tuple(reversed(step.evidence))}))
    return turned, case


def keys_renamed(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Call the steps by other keys."""
    names = {step.key: f"s{number}" for number, step in enumerate(proposal.steps, 1)}

    def called(step: ProposedStep) -> ProposedStep:
        needs = tuple(need.model_copy(update={"key": names[need.key]}) for need in step.depends_on)
        return step.model_copy(update={"key": names[step.key], "depends_on": needs})

    return each(proposal, called), case


def last_step_a_day_later(proposal: Proposal, case: Case) -> tuple[Proposal, Case] | None:
    """Start the last step a day later, where there is room and nothing waits for it."""
    last = max(proposal.steps, key=lambda step: step.start_day)
    spec, waited = find_spec(last.action_type), {need.key for step in proposal.steps for need in step.depends_on}
    if spec is None or last.key in waited or last.due_day is not None or last.start_day < _ROOM:
        return None
    if last.start_day + spec.typical_duration.days + _ROOM > last_day(case):
        return None
    return changed(proposal, last.key, start_day=last.start_day + 1), case


def paraphrased(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Say the same in a few words more."""
    return each(
        proposal, lambda step: step.model_copy(update={"rationale": f"In short: {step.rationale} So it is planned."})
    ), case


def less_said(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Sum nothing up, and be less sure."""
    return proposal.model_copy(update={"summary": "", "confidence_percent": 51}), case


def transitive_edge(proposal: Proposal, case: Case) -> tuple[Proposal, Case] | None:
    """Let a step also wait for one that it waits for through others anyhow."""
    before = ancestors(proposal)
    for step in reversed(proposal.steps):
        direct = {need.key for need in step.depends_on}
        firm = all(need.kind is DependencyKind.SUCCESS for need in step.depends_on)
        for far in sorted(before[step.key] - direct):
            if firm:
                edge = ProposedDependency(key=far, kind=DependencyKind.FINISHED)
                return changed(proposal, step.key, depends_on=(*step.depends_on, edge)), case
    return None


def good_ends_named(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Name the good ends that a step waits for instead of asking for success."""
    actions = {step.key: step.action_type for step in proposal.steps}

    def named(need: ProposedDependency) -> ProposedDependency:
        spec = find_spec(actions[need.key])
        if need.kind is not DependencyKind.SUCCESS or spec is None:
            return need
        return ProposedDependency(key=need.key, kind=DependencyKind.OUTCOME_IN, outcomes=spec.outcomes_ok)

    return each(
        proposal, lambda step: step.model_copy(update={"depends_on": tuple(named(need) for need in step.depends_on)})
    ), case


def low_signal_beside(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Notice something faint as well."""
    faint = Signal(
        signal_id="faint-1",
        account_id=known(case).account.account_id,
        type=SignalType.RELATIONSHIP_COLD,
        observed_at=case.request.now - timedelta(days=60),
        source="crm",
        severity=Severity.LOW,
        note="Somebody sounded tired on the phone.",
    )
    return proposal, knowing(case, signals=(*known(case).signals, faint))


def closed_ticket_beside(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Remember a ticket that was closed long ago."""
    account, at = known(case).account.account_id, case.request.now - timedelta(days=120)
    old = Ticket(ticket_id="T-0", account_id=account, opened_at=at, closed_at=at + timedelta(days=2), subject="Logo")
    return proposal, knowing(case, tickets=(*known(case).tickets, old))


def old_touch_beside(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Remember a call of half a year ago."""
    account, at = known(case).account.account_id, case.request.now - timedelta(days=190)
    touch = Touch(touch_id="call-0", account_id=account, at=at)
    return proposal, knowing(case, history=(*known(case).history, touch))


def renamed(proposal: Proposal, case: Case) -> tuple[Proposal, Case]:
    """Call the account and its people by other names."""
    contacts = tuple(_renamed(contact) for contact in known(case).contacts)
    return proposal, knowing(case, account=_renamed(known(case).account), contacts=contacts)


def _renamed(row: Any) -> Any:
    return row.model_copy(update={"name": f"{row.name} Quillfeather"})


BENIGN: dict[str, Change] = {
    change.__name__: change
    for change in (
        as_it_stands,
        steps_reordered,
        evidence_reordered,
        keys_renamed,
        last_step_a_day_later,
        paraphrased,
        less_said,
        transitive_edge,
        good_ends_named,
        low_signal_beside,
        closed_ticket_beside,
        old_touch_beside,
        renamed,
    )
}
"""Every change that must not matter, by name."""
