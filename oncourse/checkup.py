"""The whole database looked at: its schema, its pages, each tenant's ledger and promises, and what is stuck.

It reads and changes nothing, and keeps no worker waiting.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from oncourse.clock import random_salt
from oncourse.config import Settings
from oncourse.keyfile import read_keys
from oncourse.promises import broken
from orchestrator import USED_UP, Clock
from plan import Frozen, OncourseError
from store import EffectStatus, SchemaError, Store, Unit, check_schema, integrity, opened, shape

STUCK = timedelta(hours=1)
"""What was due so long ago and is not done waits for somebody."""
LEDGER = ("P9", "P14")
"""The promises that every row is what the ledger says, and the ledger what was signed."""


class Check(Frozen):
    """One thing that was looked at."""

    of: str
    """`database`, or the tenant."""
    what: str
    findings: tuple[str, ...] = ()
    note: str = ""


Told = Callable[[str], None]
"""Called with what is looked at next."""


def check_database(settings: Settings, connector: str, clock: Clock, told: Told) -> Iterator[Check]:
    """Yield each thing that was looked at; what depends on one that failed is left out."""
    with opened(settings.database) as engine:
        told("schema")
        try:
            have = check_schema(engine)
        except SchemaError as error:
            yield Check(of="database", what="schema", findings=(str(error),))
            return
        yield Check(of="database", what="schema", note=have)
        for what, look in (("pages and keys", integrity), ("tables and guards", shape)):
            told(what)
            yield Check(of="database", what=what, findings=_heard(partial(look, engine)))
        store = Store(engine, random_salt, read_keys(settings))
        try:
            tenants = store.tenants()
        except OncourseError as error:
            yield Check(of="database", what="tenants", findings=(str(error),))
            return
        for tenant_id in tenants:
            yield from _tenant(store, tenant_id, connector, clock, told)


def ledger_findings(store: Store, tenant_id: str, now: datetime) -> list[str]:
    """Return one line for each row of a tenant that is not what its ledger says, and each entry that was not signed."""
    with store.unit(tenant_id, now, reading=True) as unit:
        return [*map(str, unit.verify().flaws), *unit.replay()]


def _tenant(store: Store, tenant_id: str, connector: str, clock: Clock, told: Told) -> Iterator[Check]:
    try:
        with store.unit(tenant_id, clock.now(), reading=True) as unit:
            now = unit.virtual_now() or clock.now()
        with store.unit(tenant_id, now, connector, reading=True) as unit:
            told(f"{tenant_id}: ledger")
            unit.tenant()
            entries = sum(1 for _ in unit.every_entry())
            found = broken(unit, lambda promise: told(f"{tenant_id}: {promise}"))
            waiting = tuple(stuck(unit))
            late = sum(event.told == USED_UP for event in unit.events.postponed(now))
    except (OncourseError, ValueError) as error:
        yield Check(of=tenant_id, what="ledger", findings=(f"cannot be read: {' '.join(str(error).split())}",))
        return
    ledger = tuple(f.what for f in found if f.promise in LEDGER)
    others = tuple(f"{f.promise}: {f.what}" for f in found if f.promise not in LEDGER)
    yield Check(of=tenant_id, what="ledger", findings=ledger, note=f"{entries:,} entries proven and replayed")
    yield Check(of=tenant_id, what="promises", findings=others)
    note = f"{late} events wait for the next day's drafts (drafts_per_day)" if late else ""
    yield Check(of=tenant_id, what="nothing stuck", findings=waiting, note=note)


def stuck(unit: Unit) -> Iterator[str]:
    """Yield what was due an hour ago and is not done: events, plans, and effects of which nobody has asked."""
    before = unit.now - STUCK
    for event in unit.events.unprocessed():
        if event.received_at < before and event.told != USED_UP:
            yield f"event {event.event_id} of {event.source} came {_at(event.received_at)} and nobody took it up"
    for plan_id, at in unit.plans.due(before):
        yield f"plan {plan_id[:8]} was due {_at(at)} and nobody looked at it"
    for effect in unit.effects.every():
        if effect.status is EffectStatus.STARTED and effect.claimed_until < before:
            yield f"effect {effect.key} was begun {_at(effect.intended_at)} and nobody asked what came of it"


def _at(instant: datetime) -> str:
    return f"on {instant:%Y-%m-%d at %H:%M}Z"


def _heard(look: Callable[[], list[str]]) -> tuple[str, ...]:
    try:
        return tuple(look())
    except OncourseError as error:
        return (str(error),)
