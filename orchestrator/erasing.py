"""Erase what names a person, or the people of an account: the open plans that lose a text by it end, proofs stay.

Whoever is erased is left alone from then on: of a contact a stone stays that says so, and no import brings it back.
"""

import re
from collections.abc import Iterable
from unicodedata import normalize
from uuid import UUID

from gate import Act
from ledger import Erased
from orchestrator.desk import Acting, Desk, authorize
from orchestrator.errors import BadInputError
from orchestrator.moves import Hand
from plan import OPEN, Cause, Contact, Frozen, PlanEvent, PlanStatus
from store import Mentions, Named, NotFoundError, Unit

_REQUEST = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHORTEST = 3
"""Letters of a part of a name that are sought."""


class Subject(Frozen):
    """Whose data is to go: one contact, or all people of an account."""

    contact_id: str | None = None
    account_id: str | None = None
    also: tuple[str, ...] = ()
    """What else they were called: earlier names, addresses, spellings; each of them means nobody else."""


class ErasureOutlook(Frozen):
    """What would go, or went."""

    account_id: str
    people: int
    texts: int
    records: int
    """Those with a free text; the people are counted apart."""
    events: int
    receipts: int
    answers: int
    plans: tuple[UUID, ...]
    """Open ones that it ends."""


def look(desk: Desk, subject: Subject, who: Acting) -> ErasureOutlook:
    """Return what an erasure would take out; nothing is written."""
    with desk.unit(reading=True) as unit:
        authorize(unit, who, Act.KEEP_LEDGER)
        sought = _sought(unit, subject)
        return _outlook(unit, sought, unit.erasure.find(sought))


def erase(desk: Desk, subject: Subject, request: str, who: Acting) -> ErasureOutlook:
    """Erase, and say so in the ledger; where nothing is left to erase, nothing is written.

    `request` is the number of the request in the tenant's own books, as a code such as `req_17`.
    """
    if not _REQUEST.fullmatch(request):
        raise BadInputError(
            f"--request {request!r} is no code; write small letters, digits and _, such as req_17, and no name in it"
        )
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.KEEP_LEDGER)
        unit.hold_account(_sought(unit, subject).account_id)  # what comes in meanwhile waits, or is seen
        sought = _sought(unit, subject)
        found = unit.erasure.find(sought)
        outlook = _outlook(unit, sought, found)
        if not found:
            return outlook
        hand = Hand(unit, who, authority, cause=Cause(kind="person", ref=who.principal.principal_id))
        _end(_told(hand, subject, outlook, request), outlook.plans)
        unit.erasure.take_out(found, unit.now)
        return outlook


def _told(hand: Hand, subject: Subject, outlook: ErasureOutlook, request: str) -> Hand:
    """Record the erasure, and return the hand for what follows from it."""
    body = Erased(
        scope="account" if subject.contact_id is None else "contact",
        account_id=outlook.account_id,
        request=request,
        texts=outlook.texts,
        records=outlook.records + outlook.people,
        events=outlook.events,
        plans=outlook.plans,
    )
    entry = hand.unit.record(
        f"account/{outlook.account_id}",
        "evidence.erased.v1",
        body,
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
    )
    return hand.because(entry)


def _end(hand: Hand, plans: Iterable[UUID]) -> None:
    """End plans that lose a text: nobody can say any more what was approved, or whom it meant."""
    for plan_id in plans:
        state = hand.unit.plans.get(plan_id).state
        event = PlanEvent.REJECT if state.plan.status is PlanStatus.DRAFT else PlanEvent.ABORT
        hand.move_plan(state, event, ("erased", ""))


def _outlook(unit: Unit, sought: Named, found: Mentions) -> ErasureOutlook:
    open_ones = {p.plan_id for p in unit.plans.open_of(sought.account_id)}
    elsewhere = {plan_id for plan_id in found.plans - open_ones if unit.plans.status(plan_id) in OPEN}
    return ErasureOutlook(
        account_id=sought.account_id,
        people=len(found.contacts),
        texts=len(found.texts),
        records=len(found.records),
        events=len(found.events),
        receipts=len(found.receipts),
        answers=len(found.answers),
        plans=tuple(sorted((found.plans & open_ones) | elsewhere)),
    )


def _sought(unit: Unit, subject: Subject) -> Named:
    """Return by what the people are known; raise NotFoundError for an unknown contact or account."""
    if (subject.contact_id is None) == (subject.account_id is None):
        raise BadInputError("name one of them: --contact ID, or --account ID")
    if short := next((word for word in subject.also if len(word.strip()) < _SHORTEST), None):
        raise BadInputError(f"--also {short!r} is too short; it would mean others, too (at least {_SHORTEST} letters)")
    if marked := next((word for word in subject.also if word.lstrip().startswith("[")), None):
        raise BadInputError(f"--also {marked!r} begins with [, as what is erased does; leave the brackets out")
    if subject.account_id is not None:
        account_id = unit.accounts.get(subject.account_id).account_id
        people = [one for one in unit.accounts.contacts() if one.account_id == account_id]
        return Named(
            account_id, frozenset(p.contact_id for p in people), re.compile(""), _elsewhere(people, subject.also)
        )
    people = [one for one in unit.accounts.contacts() if one.contact_id == subject.contact_id]
    if not people:
        raise NotFoundError(f"there is no contact {subject.contact_id}; the accounts' pages list them")
    [one] = people
    return Named(
        one.account_id, frozenset({one.contact_id}), _at_home(one, subject.also), _elsewhere(people, subject.also)
    )


def _at_home(one: Contact, also: Iterable[str]) -> re.Pattern[str]:
    """Return what means this person among the people of the account: the id, the address, each part of the name."""
    return _words([one.contact_id, one.email, one.name, *(p for p in one.name.split() if len(p) >= _SHORTEST), *also])


def _elsewhere(people: Iterable[Contact], also: Iterable[str]) -> re.Pattern[str]:
    """Return what can mean nobody else: whole names of two parts, and addresses."""
    whole = (word for one in people for word in (one.email, one.name if " " in one.name.strip() else ""))
    return _words([*whole, *also])


def _words(words: Iterable[str]) -> re.Pattern[str]:
    plain = (normalize("NFKC", word).split() for word in words if not word.startswith("["))
    told = sorted({r"\s+".join(map(re.escape, parts)) for parts in plain if parts}, key=len)
    return re.compile(rf"(?<!\w)(?:{'|'.join(reversed(told))})(?!\w)" if told else r"(?!)", re.IGNORECASE)
