"""Other names, days and amounts for all that an export knows: the same thing has the same other name throughout.

Every field of what is known is told how to change; one that nobody thought of is refused, never passed on.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from evals.masks import Called, Mask, called_by_address, called_by_id, called_by_name
from plan import (
    Account,
    Contact,
    Frozen,
    Owner,
    PlanExport,
    PlanStatus,
    Situation,
    Tenant,
    find_spec,
    ids_of,
    minor_digits,
)

CUSTOMER, VENDOR = "Customer", "Vendor"
YEAR = timedelta(weeks=52)
"""Whole weeks: weekdays stay, and holidays move along."""
_YEARS = (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)
_RECORDS = {
    "signals": ("signal", "signal_id", "s"),
    "tickets": ("ticket", "ticket_id", "t"),
    "invoices": ("invoice", "invoice_id", "i"),
    "opportunities": ("opportunity", "opportunity_id", "o"),
    "contracts": ("contract", "contract_id", "k"),
    "history": ("touch", "touch_id", "h"),
    "goals": ("goal", "goal_id", "g"),
}
"""By family: the kind of its rows, the field of their ids, and the letter of their other ids."""
_IDS = {field: kind for kind, field, _ in _RECORDS.values()} | {
    "contact_id": "contact",
    "owner_id": "person",
    "exec_sponsor_id": "person",
    "plan_id": "plan",
    "step_id": "step",
}
_CITED = tuple(kind for family, (kind, _, _) in _RECORDS.items() if family != "goals")
_KEPT = (
    "active auto_renews contactable currency disputed do_not_contact escalated external kind left_company legal_hold "
    "mode open opted_out plan_type posture priority role severity signs sla_breached target_bp time_zone type urgent "
    "weekdays window_days"
)
"""Closed choices, counts, and the zones and currencies of the world."""
_DAYS = "as_of at closed_at due_on holidays horizon_on observed_at opened_at paid_on renews_on starts_on"
_TEXTS = "metric note outcome segment stage subject"
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[a-z]{2,4})?")


class Person(NamedTuple):
    """One person's other id, name and address."""

    ref: str
    name: str
    address: str


class Pseudonyms:
    """The other names of one export, in a case of this name."""

    def __init__(self, told: PlanExport, case: str) -> None:
        self._known, self._case = told.situation, case
        self._moved = YEAR * _YEARS[hashlib.sha256(told.revisions[0].plan.plan_id.bytes).digest()[0] % len(_YEARS)]
        self.people = dict(_people(told, case))
        self._ids = {known: one.ref for known, one in self.people.items()} | dict(_others(told, case))
        self.amounts = frozenset(_amounts(told.situation))
        self.called = frozenset(self._called())
        self.text = Mask(self.called, self.amounts)
        self.changes: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(_KEPT.split(), _plain),
            **dict.fromkeys(_DAYS.split(), self.days),
            **dict.fromkeys(_TEXTS.split(), self.text),
            **dict.fromkeys(("arr_minor", "amount_minor"), rounded),
            **dict.fromkeys(("value", "baseline"), self._number),
            **{field: self._named(kind) for field, kind in _IDS.items()},
            "calendar": self.row,
            "subject_ids": lambda refs: [self._about(ref) for ref in refs],
            "evidence_ids": lambda refs: [other for ref in refs if (other := self.evidence(ref))],
            "source": lambda word: self.word(word, "system"),
            "language": lambda word: self.word(word, "en") if _LANGUAGE.fullmatch(word) else "en",
            "action_type": lambda name: name if find_spec(name) else None,
            "status": lambda word: word if word in PlanStatus.__members__ else PlanStatus.DRAFT.value,
        }
        """By field, how it loses its names."""

    def ref(self, kind: str, ref: str) -> str | None:
        """Return the other id of a thing; None for what was not known."""
        return self._ids.get((kind, ref))

    def evidence(self, ref: str) -> str | None:
        """Return the other id of what may be cited, whatever family it is of; None for what was not known."""
        return next((other for kind in _CITED if (other := self.ref(kind, ref))), None)

    def word(self, word: str, otherwise: str) -> str:
        """Return a word of some system where nothing in it names anybody."""
        return word if self.text(word) == word else otherwise

    def names_somebody(self, text: str) -> bool:
        """Tell whether a text holds a name or an id that is known."""
        return any(re.search(one.pattern, text) for one in self.called)

    def days(self, told: Any) -> Any:
        """Return a day, an instant, or several days, as many years away as all others."""
        if isinstance(told, datetime):
            return self._known.tenant.calendar.after(told, self._moved).isoformat().replace("+00:00", "Z")
        return told + self._moved if isinstance(told, date) else sorted(day + self._moved for day in told)

    def row(self, row: Frozen) -> dict[str, Any]:
        """Return a row in other names; what is as it always is, and the account, are left out."""
        told = {n: v for n, v in row if n != "account_id" and v != type(row).model_fields[n].get_default()}
        found = {name: self._field(row, name, value) for name, value in told.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _field(self, row: Frozen, name: str, value: Any) -> Any:
        own = self._own(row)
        if name in own:
            return own[name]
        if name not in self.changes:
            raise ValueError(f"{type(row).__name__}.{name} is new: say in evals/pseudonyms.py how it loses its names")
        return self.changes[name](value) if value is not None else None

    def _own(self, row: Frozen) -> dict[str, str]:
        """Return what a row is called itself."""
        if isinstance(row, Contact | Owner):
            one = self.people[("contact", row.contact_id) if isinstance(row, Contact) else ("person", row.owner_id)]
            return {"name": one.name, "email": one.address}
        if isinstance(row, Tenant):
            return {"tenant_id": VENDOR.lower(), "name": VENDOR}
        return {"name": CUSTOMER} if isinstance(row, Account) else {}

    def _named(self, kind: str) -> Callable[[str], str | None]:
        return lambda ref: self.ref(kind, ref)

    def _about(self, ref: str) -> str:
        person = self.ref("contact", ref) or self.ref("person", ref)
        return self.evidence(ref) or person or f"{self._case}-other"

    def _number(self, value: int) -> int:
        return rounded(value) if abs(value) in self.amounts else value

    def _called(self) -> Iterator[Called]:
        known = self._known
        for firm, ref, other in (
            (known.account.name, known.account.account_id, CUSTOMER),
            (known.tenant.name, known.tenant.tenant_id, VENDOR),
        ):
            yield from called_by_name(firm, other, firm=True)
            yield from called_by_id(ref, other)
        everybody: tuple[Contact | Owner, ...] = (*known.contacts, *known.owners)
        for one in everybody:
            other = self._own(one)["name"]
            yield from called_by_name(one.name, other)
            yield from called_by_address(one.email, other)
        for (_, ref), person in self.people.items():
            yield from called_by_id(ref, person.name)
        for (kind, ref), other in self._ids.items():
            if (kind, ref) not in self.people:
                yield from called_by_id(ref, f"another {kind}" if kind in {"plan", "step"} else other)


def rounded(amount: int) -> int:
    """Return an amount with two digits that count."""
    return round(amount, 2 - len(str(abs(amount)))) if abs(amount) >= 100 else amount  # noqa: PLR2004 - two digits


def _plain(value: Any) -> Any:
    """Return a choice or a count as YAML writes it."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _people(told: PlanExport, case: str) -> Iterator[tuple[tuple[str, str], Person]]:
    """Yield everybody who is known, in the order of their ids: what is sorted by them stays sorted."""
    known, plans = told.situation, [revision.plan for revision in told.revisions]
    contacts = sorted(contact.contact_id for contact in known.contacts)
    for number, ref in enumerate(contacts):
        other = Person(_numbered(f"{case}-", number, contacts), f"Contact {_letters(number)}", "")
        yield ("contact", ref), other._replace(address=f"contact-{_letters(number).lower()}@customer.example")
    ours = {owner.owner_id for owner in known.owners} | {plan.owner for plan in plans}
    ours |= {plan.created_from.ref for plan in plans if plan.created_from.kind == "person"}
    ours |= {ref for ref in (known.account.owner_id, known.account.exec_sponsor_id) if ref}
    ours |= {
        ref for plan in plans for s in plan.steps for ref in ids_of(s.params, "candidate_owner", "exec_sponsor_id")
    }
    for number, ref in enumerate(sorted(ours)):
        letters = _letters(number)
        address = f"colleague-{letters.lower()}@vendor.example"
        yield ("person", ref), Person(f"p-{letters.lower()}", f"Colleague {letters}", address)


def _others(told: PlanExport, case: str) -> Iterator[tuple[tuple[str, str], str]]:
    known, plans = told.situation, [revision.plan for revision in told.revisions]
    for family, (kind, field, letter) in _RECORDS.items():
        refs = sorted(getattr(row, field) for row in getattr(known, family))
        yield from (((kind, ref), _numbered(f"{case}-{letter}", number, refs)) for number, ref in enumerate(refs))
    touched = {"plan": {touch.plan_id for touch in known.history}, "step": {touch.step_id for touch in known.history}}
    touched["plan"] |= {one.plan_id for one in known.open_plans} | {str(plan.plan_id) for plan in plans}
    touched["step"] |= {str(step.step_id) for plan in plans for step in plan.steps}
    for kind, refs_ in touched.items():
        named = sorted(ref for ref in refs_ if ref)
        yield from (((kind, ref), f"{kind}-{_letters(number).lower()}") for number, ref in enumerate(named))


def _amounts(known: Situation) -> Iterator[int]:
    """Yield every amount that two digits do not tell exactly, in minor units and in whole ones."""
    paid = [(contract.arr_minor, contract.currency) for contract in known.contracts]
    paid += [(invoice.amount_minor, invoice.currency) for invoice in known.invoices]
    paid += [(deal.amount_minor, deal.currency) for deal in known.opportunities]
    for minor, currency in paid:
        whole = minor // 10 ** minor_digits(currency)
        yield from (amount for amount in (minor, whole) if amount != rounded(amount))


def _numbered(start: str, number: int, all_of_them: Iterable[str]) -> str:
    width = len(str(len(list(all_of_them))))
    return f"{start}{number + 1:0{width}d}"


def _letters(number: int) -> str:
    """Return A to Z, then AA and on: a figure in a name would be taken for one of the account's."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)  # noqa: PLR2004 - letters
