"""What comes in from outside: kept once in the inbox, then taken up by one tick."""

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from gate import Act
from orchestrator.consent import heeded
from orchestrator.desk import Acting, Desk, authorize, situation
from orchestrator.errors import BadInputError
from orchestrator.holding import hold
from orchestrator.landing import find_step, land, wake_if_open
from orchestrator.moves import Hand
from orchestrator.noting import ContactReply, heard_from, known_contact, note, record_fact
from orchestrator.ownership import OwnerChange, follow, owner_changed, owners_now
from orchestrator.triggering import Bounds, changed_posture, take_older
from plan import (
    PERSONAL,
    Cause,
    Fact,
    Frozen,
    PlanError,
    PostureReading,
    Tenant,
    TenantGoal,
    digest,
    explain_validation,
)
from store import WISHED, Event, EventType, NotFoundError, Unit


class OutcomeBody(Frozen):
    """What an `outcome.recorded` event carries."""

    step_id: str = Field(min_length=8, max_length=80)
    outcome: str = Field(min_length=1, max_length=80)
    attempt: int | None = Field(default=None, ge=1, le=1000)
    """Which attempt it answers, as the key that was sent says at its end; None where the source does not know."""


_BODIES: dict[EventType, TypeAdapter[Any]] = {
    EventType.POSTURE_CHANGED: TypeAdapter(PostureReading),
    EventType.OUTCOME_RECORDED: TypeAdapter(OutcomeBody),
    EventType.FACT_RECORDED: TypeAdapter(Fact),
    EventType.CONTACT_REPLIED: TypeAdapter(ContactReply),
    EventType.OWNER_CHANGED: TypeAdapter(OwnerChange),
    EventType.GOAL_CHANGED: TypeAdapter(TenantGoal),
}
_OF_NO_ACCOUNT = frozenset({EventType.OWNER_CHANGED, EventType.GOAL_CHANGED})
"""May be about the whole tenant."""


class Taken(Frozen):
    """What became of an event."""

    type: EventType
    account_id: str | None = None
    plan_id: str | None = None
    told: str = ""


def receive(desk: Desk, events: Iterable[Event]) -> tuple[bool, ...]:
    """Keep events and wake whom they are about, all of them or none; False for each redelivery, which changes nothing.

    Raises BadInputError for a body that does not fit its type, NotFoundError for an account or plan that is not there.
    """
    with desk.unit() as unit:
        return tuple(_kept(unit, _from_outside(event)) for event in events)


def _from_outside(event: Event) -> Event:
    """Return what came from outside; nothing there may call itself a wish of somebody here."""
    if event.wished:
        raise BadInputError(f"event {event.event_id}: no source may begin with {WISHED!r}; name the system that sends")
    return event


def wish(desk: Desk, account_id: str, who: Acting, name: str | None = None) -> Event:
    """Ask for a draft of an account as its posture stands; it waits in the inbox until it is taken up.

    The same wish under the same name is one. Raises NotFoundError for an unknown account, NotAllowedError for somebody
    who may not propose, BadInputError for a name that stands for another wish.
    """
    with desk.unit() as unit:
        account = unit.accounts.get(account_id)
        authorize(unit, who, Act.PROPOSE, owner=account.owner_id)
        posture = PostureReading.model_validate(situation(unit, account_id).posture)
        event = Event(
            source=f"{WISHED}{who.principal.principal_id}"[:80],
            event_id=f"propose-{name or desk.ids.new()}",
            type=EventType.POSTURE_CHANGED,
            account_id=account_id,
            body=posture.model_dump(mode="json"),
            received_at=unit.now,
        )
        if not _kept(unit, event):
            known = unit.events.get(event.source, event.event_id)
            if known is None or known.account_id != account_id:
                raise BadInputError("the name of this wish was used for another one; choose a fresh one")
        return event


def _kept(unit: Unit, event: Event) -> bool:
    try:
        body = _BODIES[event.type].validate_python(event.body)
    except ValidationError as error:
        raise BadInputError(f"event {event.event_id} ({event.type}): {explain_validation(error)}") from error
    _digestible(event)
    if isinstance(body, Fact) and body.account_id != event.account_id:
        raise BadInputError(f"event {event.event_id}: its fact is about {body.account_id}, not {event.account_id}")
    if event.plan_id is not None and event.type is EventType.POSTURE_CHANGED:
        raise BadInputError(f"event {event.event_id}: a posture is an account's, not a plan's; leave plan_id out")
    if event.plan_id is not None:
        unit.plans.get(event.plan_id)
    elif event.account_id is not None:
        unit.accounts.get(event.account_id)
    elif event.type not in _OF_NO_ACCOUNT:
        raise BadInputError(f"event {event.event_id} ({event.type}) names no account")
    if isinstance(body, ContactReply):
        known_contact(unit, str(event.account_id), body.contact_id)
    elif isinstance(body, Fact) and body.kind in PERSONAL:
        known_contact(unit, str(event.account_id), body.subject_id)
    if not unit.events.receive(event):
        return False
    if event.plan_id is not None:
        unit.wake(event.plan_id, unit.now)
    return True


def _digestible(event: Event) -> None:
    """Refuse at the door what the ledger could not commit to: it would be tried again without end."""
    try:
        digest(event.body)
    except PlanError as error:
        raise BadInputError(f"event {event.event_id} ({event.type}): {error}") from error


def take_event(desk: Desk, source: str, event_id: str, bounds: Bounds) -> Taken:
    """Take up one event in one transaction; an event that was taken up before changes nothing.

    A changed posture for which a plan is to be drafted stays in the inbox until the draft, or the reason for none, is
    written: whoever dies while drafting loses nothing. It is counted before a drafter is asked, so that whoever dies
    again and again asks no more often than a day allows. The older ones that it stands for are taken up before it.
    """
    event = event_of(desk, source, event_id)
    if event.type is EventType.POSTURE_CHANGED and event.processed_at is None:
        take_older(desk, event)
    with desk.unit() as unit:
        event = unit.events.get(source, event_id) or event
        taken = Taken(type=event.type, account_id=event.account_id, plan_id=event.plan_id)
        if event.processed_at is not None:
            return taken.model_copy(update={"told": "seen before"})
        who = desk.system.model_copy(update={"behind": event.sender})
        hand = Hand(unit, who, cause=Cause(kind="event", ref=f"{source}/{event_id}"))
        if event.type is EventType.POSTURE_CHANGED:
            return taken.model_copy(update={"told": changed_posture(hand, event, bounds)})
        told = _TAKE[event.type](hand, event)
        unit.events.processed(event, unit.now, told)
        return taken.model_copy(update={"told": told})


def event_of(desk: Desk, source: str, event_id: str) -> Event:
    """Return one event and what became of it; raise NotFoundError where none of this name arrived."""
    with desk.unit(reading=True) as unit:
        event = unit.events.get(source, event_id)
    if event is None:
        raise NotFoundError(f"there is no event {source}/{event_id} in the inbox")
    return event


class Records(Frozen):
    """What an import brings: families by their name in the store, postures by account, facts, the tenant itself."""

    tenant: Tenant | None = None
    families: dict[str, tuple[Any, ...]]
    postures: dict[str, PostureReading] = Field(default_factory=dict)
    facts: tuple[Fact, ...] = ()


def records_taken(hand: Hand, records: Records) -> int:
    """Write imported records; the tenant keeps its id and its mode. Plans follow accounts whose owner changed.

    An import says how things are, not that something has just happened: its facts hold no account.
    """
    unit = hand.unit
    accounts = {a.account_id: a for a in records.families.get("accounts", ())}
    owners = owners_now(unit, accounts)
    if records.tenant is not None:
        kept = {"tenant_id": unit.tenant_id, "mode": unit.tenant().mode}
        unit.put_tenant(records.tenant.model_copy(update=kept))
    everything = [one for told in records.families.values() for one in told]
    for account_id in sorted({str(one.account_id) for one in everything if getattr(one, "account_id", None)}):
        unit.hold_account(account_id)  # an opt-out or an erasure that comes in meanwhile waits, and is not written over
    for family, told in records.families.items():
        unit.accounts.put(
            family, heeded(unit, told) if family == "contacts" else unit.erasure.still_erased(family, told)
        )
    count = sum(len(told) for told in records.families.values())
    for account_id, reading in records.postures.items():
        unit.accounts.put_posture(account_id, reading)
    for fact in records.facts:
        record_fact(hand, fact)
    for account_id in {fact.account_id for fact in records.facts}:
        unit.plans.wake_account(account_id, unit.now)
    follow(hand, owners, accounts, {o.owner_id: o for o in records.families.get("owners", ())})
    return count + len(records.postures) + len(records.facts)


def _outcome(hand: Hand, event: Event) -> str:
    """Land an outcome; one that says nothing new, or is unknown to the action, waits for a person as a noted event."""
    body = OutcomeBody.model_validate(event.body)
    state = hand.unit.state(event.plan_id or "")
    try:
        step = find_step(state, body.step_id)
    except NotFoundError as error:
        note(hand, event, f"plan/{event.plan_id}")
        return str(error)
    if land(hand, state, step, body.outcome, body.attempt) is None:
        note(hand, event, f"plan/{event.plan_id}")
        return f"{body.outcome} says nothing new about a step that is {step.status}"
    wake_if_open(hand.unit, event.plan_id)
    return body.outcome


def _fact(hand: Hand, event: Event) -> str:
    return _learnt(hand, Fact.model_validate(event.body))


def _reply(hand: Hand, event: Event) -> str:
    return _learnt(hand, heard_from(hand, event, ContactReply.model_validate(event.body)))


def _learnt(hand: Hand, fact: Fact) -> str:
    """Record a fact that has just come in, and hold the account where somebody should look first."""
    entry = record_fact(hand, fact)
    if entry is None:
        return "fact known already"
    hold(hand.because(entry), fact)
    hand.unit.plans.wake_account(fact.account_id, hand.unit.now)
    return "fact recorded"


def _owner(hand: Hand, event: Event) -> str:
    change = OwnerChange.model_validate(event.body)
    owner_changed(hand, event.account_id, change)
    note(hand, event, f"account/{event.account_id}" if event.account_id else "log")
    return "owner changed"


def _goal(hand: Hand, event: Event) -> str:
    hand.unit.accounts.put("goals", [TenantGoal.model_validate(event.body)])
    note(hand, event, "log")
    return "goal changed"


_TAKE: dict[EventType, Callable[[Hand, Event], str]] = {
    EventType.OUTCOME_RECORDED: _outcome,
    EventType.FACT_RECORDED: _fact,
    EventType.CONTACT_REPLIED: _reply,
    EventType.OWNER_CHANGED: _owner,
    EventType.GOAL_CHANGED: _goal,
}
