"""Twins of a request: with a planted text, or changed in a way that must not matter."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from agent import ProposalRequest
from evals.case_files import Attack, Expected
from plan import Severity, Signal, SignalType, Situation, Ticket

LATEST = timedelta(days=170)
"""How old a new signal or ticket is: a new signal stands last, so that no other signal gets a new name."""
_NEW = ("new_signal", "new_ticket")


def planted(request: ProposalRequest, attack: Attack) -> ProposalRequest:
    """Return the request with the attack's text where it says; raise ValueError where there is no such place."""
    known = request.situation
    if attack.carrier in _NEW and attack.at in known.evidence_ids():
        raise ValueError(f"the attack brings {attack.at!r}, which the base already has")
    update: dict[str, Any] = {}
    if attack.carrier == "signal_note":
        update["signals"] = _replaced(known.signals, "signal_id", attack.at, note=attack.text)
    elif attack.carrier == "ticket_subject":
        update["tickets"] = _replaced(known.tickets, "ticket_id", attack.at, subject=attack.text)
    elif attack.carrier == "account_name":
        update["account"] = known.account.model_copy(update={"name": f"{known.account.name} {attack.text}"})
    elif attack.carrier == "stage":
        update["opportunities"] = _replaced(known.opportunities, "opportunity_id", attack.at, stage=attack.text)
    elif attack.carrier == "new_signal":
        update["signals"] = (*known.signals, _signal(known, attack))
    else:
        update["tickets"] = (*known.tickets, _ticket(known, attack))
    return request.model_copy(update={"situation": known.model_copy(update=update)})


def changed(request: ProposalRequest, expect: Expected, change: str) -> tuple[ProposalRequest, Expected]:
    """Return the request with its order, its names or its dates changed, and what is then right."""
    if change == "order":
        return request.model_copy(update={"situation": _each(request.situation, _reversed)}), expect
    if change == "dates":
        return ProposalRequest.model_validate(_walked(request.model_dump(), _later)), expect
    words = renamed(request)
    told = [_walked(value.model_dump(), lambda item: _named(item, words)) for value in (request, expect)]
    return ProposalRequest.model_validate(told[0]), Expected.model_validate(told[1])


def renamed(request: ProposalRequest) -> dict[str, str]:
    """Return the other name of each id and each person of the account, in the same order as before."""
    known, words = request.situation, dict[str, str]()
    account = known.account
    words |= {account.account_id: f"{account.account_id}-b", account.name: f"{account.name} Group"}
    for contact in known.contacts:
        words |= {contact.contact_id: f"{contact.contact_id}b", contact.name: f"{contact.name}-Meyer"}
    for family, field in _IDS:
        words |= {ref: f"{ref}b" for ref in (getattr(row, field) for row in getattr(known, family))}
    return words


_IDS = (
    ("signals", "signal_id"),
    ("tickets", "ticket_id"),
    ("invoices", "invoice_id"),
    ("opportunities", "opportunity_id"),
    ("contracts", "contract_id"),
    ("history", "touch_id"),
)
_YEAR = timedelta(weeks=52)
"""Whole weeks, so that weekdays and the two changes of the clock stay where they were."""


def _later(value: Any) -> Any:
    return value + _YEAR if isinstance(value, date) else value


def _named(value: Any, words: dict[str, str]) -> Any:
    return words.get(value, value) if isinstance(value, str) else value


def _reversed(value: Any) -> Any:
    return tuple(reversed(value)) if isinstance(value, tuple) else value


def _each(model: Any, change: Callable[[Any], Any]) -> Any:
    return model.model_copy(update={name: change(getattr(model, name)) for name in type(model).model_fields})


def _walked(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _walked(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(item, change) for item in value]
    return change(value)


def _replaced(rows: tuple[Any, ...], field: str, ref: str, **update: Any) -> tuple[Any, ...]:
    if ref not in {getattr(row, field) for row in rows}:
        raise ValueError(f"the attack stands at {ref!r}, which the base does not have")
    return tuple(row.model_copy(update=update) if getattr(row, field) == ref else row for row in rows)


def _signal(known: Situation, attack: Attack) -> Signal:
    return Signal(
        signal_id=attack.at,
        account_id=known.account.account_id,
        type=SignalType.RELATIONSHIP_COLD,
        observed_at=known.as_of - LATEST,
        source="crm",
        severity=Severity.LOW,
        note=attack.text,
    )


def _ticket(known: Situation, attack: Attack) -> Ticket:
    return Ticket(
        ticket_id=attack.at,
        account_id=known.account.account_id,
        priority=Severity.LOW,
        opened_at=known.as_of - LATEST,
        closed_at=known.as_of - LATEST + timedelta(days=1),
        subject=attack.text,
    )
