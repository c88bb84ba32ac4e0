"""What comes in from outside: kept once in the inbox, then taken up by one tick."""

from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from ledger import Actor, Authority, EventReceived, FactRecorded
from orchestrator.desk import BY_SYSTEM, Desk
from orchestrator.errors import BadInputError
from orchestrator.landing import find_step, land, wake_if_open
from orchestrator.moves import Hand
from orchestrator.ownership import follow, owners_now
from plan import ActorKind, Cause, Fact, Frozen, PostureReading, Tenant, digest, explain_validation
from store import Event, EventType, NotFoundError, Unit


class OutcomeBody(Frozen):
    """What an `outcome.recorded` event carries."""

    step_id: str = Field(min_length=8, max_length=80)
    outcome: str = Field(min_length=1, max_length=80)


_BODIES: dict[EventType, TypeAdapter[Any]] = {
    EventType.POSTURE_CHANGED: TypeAdapter(PostureReading),
    EventType.OUTCOME_RECORDED: TypeAdapter(OutcomeBody),
    EventType.FACT_RECORDED: TypeAdapter(Fact),
}


class Taken(Frozen):
    """What became of an event."""

    type: EventType
    account_id: str
    plan_id: str | None = None
    told: str = ""


def receive(desk: Desk, event: Event) -> bool:
    """Keep an event and wake whom it is about; False for a redelivery, which changes nothing."""
    try:
        _BODIES[event.type].validate_python(event.body)
    except ValidationError as error:
        raise BadInputError(f"event {event.event_id} ({event.type}): {explain_validation(error)}") from error
    with desk.unit() as unit:
        if event.plan_id is not None:
            unit.plans.get(event.plan_id)
        else:
            unit.accounts.get(event.account_id)
        if not unit.events.receive(event):
            return False
        if event.plan_id is not None:
            unit.wake(event.plan_id, unit.now)
        return True


def take_event(desk: Desk, source: str, event_id: str) -> Taken:
    """Take up one event in one transaction; an event that was taken up before changes nothing."""
    with desk.unit() as unit:
        event = unit.events.get(source, event_id)
        if event is None:
            raise NotFoundError(f"there is no event {source}/{event_id} in the inbox")
        taken = Taken(type=event.type, account_id=event.account_id, plan_id=event.plan_id)
        if event.processed_at is not None:
            return taken.model_copy(update={"told": "seen before"})
        unit.events.processed(event, unit.now)
        cause = Cause(kind="event", ref=f"{source}/{event_id}")
        if event.type is EventType.OUTCOME_RECORDED:
            return taken.model_copy(update={"told": _outcome(unit, desk, event, cause)})
        if event.type is EventType.FACT_RECORDED:
            record_fact(unit, Fact.model_validate(event.body), cause)
            unit.plans.wake_account(event.account_id, unit.now)
            return taken.model_copy(update={"told": "fact recorded"})
        unit.accounts.put_posture(event.account_id, PostureReading.model_validate(event.body))
        _noted(unit, event, f"account/{event.account_id}", cause)
        return taken.model_copy(update={"told": "posture changed"})


class Records(Frozen):
    """What an import brings: families by their name in the store, postures by account, facts, the tenant itself."""

    tenant: Tenant | None = None
    families: dict[str, tuple[Any, ...]]
    postures: dict[str, PostureReading] = Field(default_factory=dict)
    facts: tuple[Fact, ...] = ()


def records_taken(hand: Hand, records: Records) -> int:
    """Write imported records; the tenant keeps its id and its mode. Plans follow accounts whose owner changed."""
    unit, cause = hand.unit, hand.cause
    accounts = {a.account_id: a for a in records.families.get("accounts", ())}
    owners = owners_now(unit, accounts)
    if records.tenant is not None:
        kept = {"tenant_id": unit.tenant_id, "mode": unit.tenant().mode}
        unit.put_tenant(records.tenant.model_copy(update=kept))
    count = sum(unit.accounts.put(family, values) for family, values in records.families.items())
    for account_id, reading in records.postures.items():
        unit.accounts.put_posture(account_id, reading)
    for fact in records.facts:
        record_fact(unit, fact, cause)
    for account_id in {fact.account_id for fact in records.facts}:
        unit.plans.wake_account(account_id, unit.now)
    follow(hand, owners, accounts, {o.owner_id: o for o in records.families.get("owners", ())})
    return count + len(records.postures) + len(records.facts)


def record_fact(unit: Unit, fact: Fact, cause: Cause) -> bool:
    """Keep a fact with its entry; False where it was known."""
    if not unit.accounts.record_fact(fact):
        return False
    unit.record(
        f"account/{fact.account_id}",
        "fact.recorded.v1",
        FactRecorded(
            fact_id=fact.fact_id,
            kind=fact.kind.value,
            subject_id=fact.subject_id,
            value=fact.value,
            number=fact.number,
            effective_at=fact.effective_at,
            source=fact.source,
        ),
        actor=Actor(kind=ActorKind.SYSTEM, id=fact.source),
        authority=Authority(role="connector", grant="AUTH-CONNECTOR"),
        cause=cause,
    )
    return True


def _outcome(unit: Unit, desk: Desk, event: Event, cause: Cause) -> str:
    """Land an outcome; one that says nothing new, or is unknown to the action, waits for a person as a noted event."""
    body = OutcomeBody.model_validate(event.body)
    plan_id = event.plan_id or ""
    state = unit.state(plan_id)
    step = find_step(state, body.step_id)
    entry = land(Hand(unit, desk.system, cause=cause), state, step, body.outcome)
    if entry is None:
        _noted(unit, event, f"plan/{plan_id}", cause)
        return f"{body.outcome} says nothing new about a step that is {step.status}"
    wake_if_open(unit, plan_id)
    return body.outcome


def _noted(unit: Unit, event: Event, stream: str, cause: Cause) -> None:
    body = unit.sealer(stream).seal(digest(event.body))
    unit.record(
        stream,
        "event.received.v1",
        EventReceived(source=event.source, event_id=event.event_id, type=event.type.value, body=body),
        actor=Actor(kind=ActorKind.SYSTEM, id=event.source),
        authority=BY_SYSTEM,
        cause=cause,
    )
