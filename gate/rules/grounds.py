"""What a plan rests on: evidence and ids that exist and belong to this account."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from gate.decisions import Phase, Severity
from gate.rules.rule import DRAFTING, Found, Rule
from gate.view import View
from plan import Situation, ids_of


def _grounded(view: View) -> Iterator[Found]:
    evidence = view.situation.evidence_ids()
    families = _families(view.situation)
    goal = view.plan.goal
    if goal is not None and goal not in {g.goal_id for g in view.situation.goals}:
        yield Found("goal", f"the tenant has no goal {goal}")
    for where, step, _spec in view.judged:
        missing = [ref for ref in step.evidence if ref not in evidence]
        if missing:
            yield Found(f"{where}.evidence", f"there is no {', '.join(missing)} for this account")
        for name in step.params or ():
            if name in families:
                have, what = families[name]
                for ref in ids_of(step.params, name):
                    if ref not in have:
                        yield Found(f"{where}.params", f"the account has no {what} {ref}")


def _families(known: Situation) -> dict[str, tuple[AbstractSet[str | None], str]]:
    """Return, for each parameter that names something of the account, what there is and what it is called."""
    contacts = ({c.contact_id for c in known.contacts}, "contact")
    account = known.account
    owners = {account.owner_id, *(o.owner_id for o in known.owners)}
    return {
        "contact_id": contacts,
        "contact_ids": contacts,
        "ticket_ids": ({t.ticket_id for t in known.tickets}, "ticket"),
        "invoice_ids": ({i.invoice_id for i in known.invoices}, "invoice"),
        "opportunity_id": ({o.opportunity_id for o in known.opportunities}, "opportunity"),
        "candidate_owner": (owners, "owner"),
        "exec_sponsor_id": ({account.exec_sponsor_id}, "executive sponsor"),
    }


def _cited(view: View) -> Iterator[Found]:
    for where, step, _spec in view.judged:
        if not step.evidence:
            yield Found(f"{where}.evidence", f"{step.action_type} cites nothing")


def _fresh(view: View) -> Iterator[Found]:
    most = view.policy.freshness_days
    read = view.situation.posture.as_of
    if view.now - read > timedelta(days=most.posture):
        yield Found("posture", f"the posture is of {read:%Y-%m-%d}; {most.posture} days is the oldest")
    dates = _dates(view)
    for where, step, _spec in view.judged:
        newest = max((dates[ref] for ref in step.evidence if ref in dates), default=view.now)
        if view.now - newest > timedelta(days=most.evidence):
            yield Found(f"{where}.evidence", f"the newest is of {newest:%Y-%m-%d}; {most.evidence} days is the oldest")


def _dates(view: View) -> dict[str, datetime]:
    """Return from when each dated piece of evidence is; an open ticket is of today."""
    known = view.situation
    dates = {touch.touch_id: touch.at for touch in known.history}
    dates |= {ticket.ticket_id: ticket.closed_at or view.now for ticket in known.tickets}
    return dates | {signal.signal_id: signal.observed_at for signal in known.signals}


GROUNDS = (
    Rule(
        "PG070",
        Severity.HARD,
        DRAFTING,
        "Grounded in what is known",
        "Cited evidence and every contact, ticket, invoice and opportunity exist and belong to this account.",
        "Cite evidence and name ids that the account has.",
        _grounded,
    ),
    Rule(
        "PG071",
        Severity.SOFT,
        DRAFTING,
        "Evidence for every step",
        "Every step says what it rests on.",
        "Cite a signal, ticket, invoice, deal, contract or touch that calls for the step.",
        _cited,
    ),
    Rule(
        "PG072",
        Severity.SOFT,
        (Phase.APPROVE, Phase.ACTIVATE),
        "Fresh enough",
        "The posture, and of each step the newest dated evidence, are not older than policy says.",
        "Import what is known today, or cite something newer.",
        _fresh,
    ),
)
