"""What is learnt from outside becomes dated facts, each with its entry."""

from enum import StrEnum

from ledger import Actor, Authority, Entry, EventReceived, FactRecorded
from orchestrator.consent import heed
from orchestrator.desk import BY_SYSTEM
from orchestrator.errors import BadInputError
from orchestrator.moves import Hand
from plan import PERSONAL, ActorKind, Contact, Fact, FactKind, Frozen, Id, Instant, PostureReading, digest
from store import Event, Unit, event_named


class Heard(StrEnum):
    """What a contact did."""

    REPLIED = "replied"
    MEETING_BOOKED = "meeting_booked"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    BOUNCED = "bounced"


_KINDS = {
    Heard.REPLIED: FactKind.REPLY,
    Heard.MEETING_BOOKED: FactKind.MEETING,
    Heard.OPTED_OUT: FactKind.OPT_OUT,
    Heard.OPTED_IN: FactKind.OPT_IN,
    Heard.BOUNCED: FactKind.BOUNCE,
}


class ContactReply(Frozen):
    """What a `contact.replied` event carries; the words themselves stay outside."""

    contact_id: Id
    heard: Heard = Heard.REPLIED
    at: Instant | None = None
    """When it happened; when it came in, where that is not known."""


def heard_from(hand: Hand, event: Event, reply: ContactReply) -> Fact:
    """Return a contact's sign as a fact."""
    account_id = str(event.account_id)
    known_contact(hand.unit, account_id, reply.contact_id)
    return Fact(
        fact_id=f"heard-{digest({'source': event.source, 'id': event.event_id}).removeprefix('sha256:')[:40]}",
        account_id=account_id,
        kind=_KINDS[reply.heard],
        subject_id=reply.contact_id,
        value=reply.heard.value,
        effective_at=reply.at or event.received_at,
        recorded_at=hand.unit.now,
        source=event.source,
    )


def known_contact(unit: Unit, account_id: str, contact_id: str) -> Contact:
    """Return a contact of an account; raise BadInputError where it is not known there."""
    contact = unit.accounts.contact(account_id, contact_id)
    if contact is None:
        raise BadInputError(f"account {account_id} has no contact {contact_id}; import it first")
    return contact


def record_fact(hand: Hand, fact: Fact) -> Entry | None:
    """Keep a fact with its entry, and heed it; None where it was known. A contact is a commitment in the entry."""
    unit, stream = hand.unit, f"account/{fact.account_id}"
    if not unit.accounts.record_fact(fact):
        return None
    heed(unit, fact)
    subject = unit.sealer(stream).seal(fact.subject_id) if fact.kind in PERSONAL else fact.subject_id
    return unit.record(
        stream,
        "fact.recorded.v1",
        FactRecorded(
            fact_id=fact.fact_id,
            kind=fact.kind.value,
            subject_id=subject,
            value=fact.value,
            number=fact.number,
            effective_at=fact.effective_at,
            source=fact.source,
        ),
        actor=Actor(kind=ActorKind.SYSTEM, id=fact.source, on_behalf_of=hand.who.behind),
        authority=Authority(role="connector", grant="AUTH-CONNECTOR"),
        cause=hand.cause,
    )


def settle(hand: Hand, name: str | None, plan_type: str | None, told: str) -> None:
    """Mark the event of this name as taken up, in the transaction that writes what came of it; once.

    What a drafter answered to stands in the account's own story: the same again is no news for a while. Without a
    type of plan none answered.
    """
    event = hand.unit.events.get(*event_named(name)) if name else None
    if event is not None and event.processed_at is None:
        hand.unit.events.processed(event, hand.unit.now, told)
        reading = reading_digest(PostureReading.model_validate(event.body)) if plan_type else None
        note(hand, event, f"account/{event.account_id}", plan_type=plan_type, reading=reading)


def reading_digest(reading: PostureReading) -> str:
    """Return the digest of what a posture says, whenever it says so."""
    said = {"posture": reading.posture.value, "evidence_ids": sorted(set(reading.evidence_ids))}
    return digest(said)


def note(
    hand: Hand,
    event: Event,
    stream: str,
    *,
    why: str | None = None,
    plan_type: str | None = None,
    reading: str | None = None,
) -> Entry:
    """Write that an event came in, with a commitment of what it carried; `why` is a code for what became of it."""
    body = hand.unit.sealer(stream).seal(digest(event.body))
    return hand.unit.record(
        stream,
        "event.received.v1",
        EventReceived(
            source=event.source,
            event_id=event.event_id,
            type=event.type.value,
            body=body,
            plan_type=plan_type,
            reading=reading,
        ),
        actor=Actor(kind=ActorKind.SYSTEM, id=event.source, on_behalf_of=event.sender),
        authority=BY_SYSTEM,
        cause=hand.cause,
        reason=(why, "") if why else None,
    )
