"""The only room that knows the database: tables, migrations, the unit of work, one repository per family.

Never judges and never decides; what changes a plan reaches it as entries.
"""

from store.accounts import FAMILIES
from store.connection import open_engine, schema_state, upgrade
from store.effects import Artefact, Effect, EffectStatus
from store.errors import BrokenRowError, NotFoundError, SlotTakenError, StaleError, StoreError
from store.events import Event, EventType
from store.plans import PlanRecord
from store.unit import Store, Unit

__all__ = [
    "FAMILIES",
    "Artefact",
    "BrokenRowError",
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
    "open_engine",
    "schema_state",
    "upgrade",
]
