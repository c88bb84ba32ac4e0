"""Named facts about a situation that an action needs; each returns None where it holds, else what is missing.

Legal hold, do-not-contact, opt-out and consent are not here: one gate rule judges them for every external step.
"""

from collections.abc import Callable, Mapping
from typing import Any

from plan.calendars import days_between
from plan.params import contacts_of
from plan.situation import Severity, SignalType, Situation

Params = Mapping[str, Any]
Precondition = Callable[[Situation, Params], str | None]


def _has_signal(situation: Situation, *types: SignalType) -> bool:
    return any(signal.type in types for signal in situation.signals)


def owner_is_set(situation: Situation, _params: Params) -> str | None:
    """Ask for an owner of the account."""
    return None if situation.account.owner_id else "the account has no owner"


def exec_sponsor_is_set(situation: Situation, _params: Params) -> str | None:
    """Ask for an executive of ours."""
    return None if situation.account.exec_sponsor_id else "the account has no executive sponsor on our side"


def support_risk_is_open(situation: Situation, _params: Params) -> str | None:
    """Ask for an open ticket that is urgent, breached or escalated."""
    for ticket in situation.tickets:
        risky = ticket.urgent or ticket.priority is Severity.HIGH or ticket.sla_breached or ticket.escalated
        if risky and (ticket.closed_at is None or ticket.closed_at > situation.as_of):
            return None
    return "no urgent, breached or escalated ticket is open"


def usage_signal_is_present(situation: Situation, _params: Params) -> str | None:
    """Ask for a signal that usage fell or never grew."""
    wanted = (SignalType.USAGE_DROP, SignalType.USAGE_DECLINE_STREAK, SignalType.NO_USAGE, SignalType.LOW_ADOPTION)
    return None if _has_signal(situation, *wanted) else "no signal says that usage fell"


def champion_signal_is_present(situation: Situation, _params: Params) -> str | None:
    """Ask for a signal that the champion left or that one person carries it all."""
    wanted = (SignalType.CHAMPION_LEFT, SignalType.SINGLE_THREADED)
    return None if _has_signal(situation, *wanted) else "no signal says that the champion left"


def billing_is_blocked(situation: Situation, _params: Params) -> str | None:
    """Ask for an overdue or disputed invoice."""
    today = situation.tenant.calendar.local_date(situation.as_of)
    for invoice in situation.invoices:
        if invoice.disputed or (invoice.paid_on is None and days_between(invoice.due_on, today) > 0):
            return None
    return "no invoice is overdue or disputed"


def contact_signs_or_buys(situation: Situation, params: Params) -> str | None:
    """Ask for a recipient who signs or buys."""
    for contact_id in contacts_of(params):
        contact = situation.contact(contact_id)
        if contact is not None and contact.signs:
            return None
    return "the recipient neither signs nor buys"


PRECONDITIONS: dict[str, Precondition] = {
    check.__name__: check
    for check in (
        owner_is_set,
        exec_sponsor_is_set,
        support_risk_is_open,
        usage_signal_is_present,
        champion_signal_is_present,
        billing_is_blocked,
        contact_signs_or_buys,
    )
}
