"""The only room that knows the database: tables, migrations, the unit of work, one repository per family.

Never judges and never decides; what changes a plan reaches it as entries.
"""

from store.accounts import FAMILIES
from store.connection import open_engine, open_queue, queue_url, schema_state, upgrade
from store.effects import Artefact, Effect, EffectStatus
from store.errors import AddressError, BrokenRowError, NotFoundError, SlotTakenError, StaleError, StoreError
from store.events import Event, EventType, event_named
from store.plans import PlanRecord
from store.unit import Store, Unit
from store.workers import Due, Workers

__all__ = [
    "FAMILIES",
    "AddressError",
    "Artefact",
    "BrokenRowError",
    "Due",
    "Effect",
    "EffectStatus",
    "Event",
    "EventType",
    "NotFoundError",
    "PlanRecord",
    "SlotTakenError",
    "StaleError",
    "Store",
    "StoreError",
    "Unit",
    "Workers",
    "event_named",
    "open_engine",
    "open_queue",
    "queue_url",
    "schema_state",
    "upgrade",
]
