"""Which changes of a posture ask a drafter: news, once an account at a time, within what a day may cost."""

from datetime import UTC, datetime, time, timedelta

from orchestrator.desk import Desk
from orchestrator.drafting import open_machine_plan
from orchestrator.moves import Hand
from orchestrator.noting import note, reading_digest
from plan import Cause, Frozen, PlanType, PostureReading
from store import Event, Unit

POSTURE_CHANGED = "posture changed"
"""A plan is to be drafted."""
DRAFTED = PlanType.RENEWAL_DEFENSE
"""One plan type at a time."""
DRAFTING = timedelta(minutes=15)
"""A draft of which nothing is heard for so long has died; no drafter is given more time."""
WAITS = "waits: "
USED_UP = "the day's drafts are used up; it is drafted on the next day (UTC)"
"""What such an event says that it waits for."""
DRAFTS_USED_UP = WAITS + USED_UP
"""A plan is to be drafted on another day."""
AT_ONCE = 500
"""So many events that a newer one stands for are taken up in one transaction."""


class Bounds(Frozen):
    """What drafting may cost."""

    drafts_per_day: int = 0
    """Of one tenant and one UTC day; 0: no bound."""
    settling: timedelta = timedelta(hours=24)
    """So long the same reading of an account says nothing new, once a drafter has answered to it."""


def take_older(desk: Desk, event: Event) -> int:
    """Take up the changed postures that this one stands for, without a draft; return how many.

    One that a drafter is being asked about is left to its answer.
    """
    count = 0
    while not event.wished:
        with desk.unit() as unit:
            older = _older(unit, event)[:AT_ONCE]
            for one in older:
                told_of(_hand(unit, desk, one), one, "superseded", "a newer change of this account stands for it")
            count += len(older)
        if len(older) < AT_ONCE:
            break
    return count


def changed_posture(hand: Hand, event: Event, bounds: Bounds) -> str:
    """Keep a changed posture, and say whether a plan is to be drafted for it, and why not."""
    unit, account_id = hand.unit, str(event.account_id)
    reading = PostureReading.model_validate(event.body)
    others = [] if event.wished else [e for e in unit.events.postures(account_id) if _arrived(e) != _arrived(event)]
    if any(_arrived(other) > _arrived(event) for other in others):
        return told_of(hand, event, "superseded", "a newer change of this account stands for it")
    unit.accounts.put_posture(account_id, reading)
    if open_machine_plan(unit, account_id, DRAFTED) is not None:
        return told_of(hand, event, "draft_open", "posture changed; a drafted plan is open already")
    if not event.wished:
        answered = last_answered(unit, account_id, reading)
        if answered is not None and unit.now - answered < bounds.settling:
            return told_of(hand, event, "nothing_new", f"nothing new since a drafter answered at {_at(answered)}")
        begun = max((e.begun_at for e in others if e.begun_at is not None), default=None)
        if begun is not None and unit.now - begun < DRAFTING:
            return waits(unit, event, begun + DRAFTING, "another change of this account is being drafted upon")
    if not unit.model_use.begin_draft(unit.now, bounds.drafts_per_day):
        return waits(unit, event, next_day(unit.now), USED_UP)
    unit.events.begin(event, unit.now)
    return POSTURE_CHANGED


def begin_redraft(desk: Desk, plan_id: str, bounds: Bounds) -> str | None:
    """Count a draft that is made anew; where the day has had its most, let the plan wait and return why."""
    with desk.unit() as unit:
        if unit.model_use.begin_draft(unit.now, bounds.drafts_per_day):
            return None
        end = unit.state(plan_id).plan.expires_at + timedelta(microseconds=1)
        unit.wake(plan_id, min(next_day(unit.now), end))
        return DRAFTS_USED_UP


def told_of(hand: Hand, event: Event, code: str, told: str) -> str:
    """Take up an event for which nothing is drafted: why stands in the account's story."""
    note(hand, event, f"account/{event.account_id}", why=code)
    hand.unit.events.processed(event, hand.unit.now, told)
    return told


def waits(unit: Unit, event: Event, until: datetime, told: str) -> str:
    """Leave an event in the inbox until an instant."""
    unit.events.postpone(event, until, told)
    return WAITS + told


def last_answered(unit: Unit, account_id: str, reading: PostureReading) -> datetime | None:
    """Return when a drafter last answered to what this reading says."""
    state = unit.accounts.state(account_id)
    return None if state is None else state.last_asked(DRAFTED, reading_digest(reading))


def next_day(now: datetime) -> datetime:
    """Return when the next UTC day begins."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def _older(unit: Unit, event: Event) -> list[Event]:
    found = unit.events.postures(str(event.account_id))
    under_way = unit.now - DRAFTING
    return [e for e in found if _arrived(e) < _arrived(event) and not (e.begun_at and e.begun_at > under_way)]


def _hand(unit: Unit, desk: Desk, event: Event) -> Hand:
    return Hand(unit, desk.system, cause=Cause(kind="event", ref=f"{event.source}/{event.event_id}"))


def _arrived(event: Event) -> tuple[datetime, str, str]:
    return event.received_at, event.source, event.event_id


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}Z"
