"""What comes in from outside, as events."""

from datetime import datetime

from orchestrator import OwnerChange
from plan import Fact, FactKind, PostureReading
from store import Event, EventType


def posture(account_id: str, cycle: int, reading: PostureReading, at: datetime) -> Event:
    """Say how an account stands now."""
    return Event(
        source="crm",
        event_id=f"posture-{account_id}-{cycle}",
        type=EventType.POSTURE_CHANGED,
        account_id=account_id,
        body=reading.model_dump(mode="json"),
        received_at=at,
    )


def outcome(plan_id: str, step_id: str, account_id: str, name: str, said: str, at: datetime) -> Event:
    """Say what came of a step; half of the sources know of which attempt, as the name says at its end."""
    knows = {"attempt": int(name.rpartition(":")[2])} if int(step_id[:2], 16) % 2 == 0 else {}
    return Event(
        source="simulator",
        event_id=name,
        type=EventType.OUTCOME_RECORDED,
        account_id=account_id,
        plan_id=plan_id,
        body={"step_id": step_id, "outcome": said} | knows,
        received_at=at,
    )


def renewal(account_id: str, contract_id: str, value: str, number: int, at: datetime) -> Event:
    """Say how the renewal of a contract stands."""
    fact = Fact(
        fact_id=f"f-{contract_id}-{at:%y%m%d%H%M}-{value}",
        account_id=account_id,
        kind=FactKind.RENEWAL_STATUS,
        subject_id=contract_id,
        value=value,
        number=number,
        effective_at=at,
        recorded_at=at,
        source="crm",
    )
    return Event(
        source="crm",
        event_id=fact.fact_id,
        type=EventType.FACT_RECORDED,
        account_id=account_id,
        body=fact.model_dump(mode="json"),
        received_at=at,
    )


def owner(account_id: str | None, owner_id: str, at: datetime, *, active: bool) -> Event:
    """Say who owns an account, or that somebody left."""
    return Event(
        source="crm",
        event_id=f"owner-{at:%y%m%d%H%M%S%f}",
        type=EventType.OWNER_CHANGED,
        account_id=account_id,
        body=OwnerChange(owner_id=owner_id, active=active).model_dump(mode="json"),
        received_at=at,
    )


def reply(account_id: str, contact_id: str, heard: str, at: datetime) -> Event:
    """Say that somebody at the account was heard from."""
    return Event(
        source="mail",
        event_id=f"reply-{contact_id}-{at:%y%m%d%H%M%S%f}",
        type=EventType.CONTACT_REPLIED,
        account_id=account_id,
        body={"contact_id": contact_id, "heard": heard},
        received_at=at,
    )
