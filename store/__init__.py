"""The only room that knows the database: tables, migrations, the unit of work, one repository per family.

Never judges and never decides; what changes a plan reaches it as entries.
"""

from store.access import Access, Credential, Link, Session, Token, Whose
from store.accounts import FAMILIES
from store.claims import Claim, Claimed, Expected
from store.connection import (
    SIGNED_SINCE,
    check_schema,
    open_engine,
    open_queue,
    opened,
    queue_url,
    schema_state,
    upgrade,
)
from store.copies import copy_database, database_file, place, replace_database, written_aside
from store.database import Store
from store.dumps import dump_database
from store.effects import Artefact, Effect, EffectStatus
from store.erasure import Mentions, Named
from store.errors import (
    AddressError,
    AlteredHeadError,
    BrokenRowError,
    KeylessError,
    NotFoundError,
    SchemaError,
    SlotTakenError,
    StaleError,
    StoreError,
)
from store.events import WISHED, Event, EventType, event_named, target_of
from store.figures import Figures, Many, Oldest
from store.integrity import fence, integrity, shape
from store.model_use import DayOfUse
from store.notices import NOBODY, Notice, NoticeKind
from store.plans import PlanRecord
from store.seeking import Sought
from store.unit import Unit
from store.webhooks import Undelivered, Webhook
from store.workers import Due, Workers

__all__ = [
    "FAMILIES",
    "NOBODY",
    "SIGNED_SINCE",
    "WISHED",
    "Access",
    "AddressError",
    "AlteredHeadError",
    "Artefact",
    "BrokenRowError",
    "Claim",
    "Claimed",
    "Credential",
    "DayOfUse",
    "Due",
    "Effect",
    "EffectStatus",
    "Event",
    "EventType",
    "Expected",
    "Figures",
    "KeylessError",
    "Link",
    "Many",
    "Mentions",
    "Named",
    "NotFoundError",
    "Notice",
    "NoticeKind",
    "Oldest",
    "PlanRecord",
    "SchemaError",
    "Session",
    "SlotTakenError",
    "Sought",
    "StaleError",
    "Store",
    "StoreError",
    "Token",
    "Undelivered",
    "Unit",
    "Webhook",
    "Whose",
    "Workers",
    "check_schema",
    "copy_database",
    "database_file",
    "dump_database",
    "event_named",
    "fence",
    "integrity",
    "open_engine",
    "open_queue",
    "opened",
    "place",
    "queue_url",
    "replace_database",
    "schema_state",
    "shape",
    "target_of",
    "upgrade",
    "written_aside",
]
