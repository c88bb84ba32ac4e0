"""What is sought in the ledger: which entries of one tenant, told as conditions of a statement."""

from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, func, literal, or_, select

from plan import Frozen
from store.tables import entry, plan


class Sought(Frozen):
    """Which entries somebody asks for; what is empty asks for nothing."""

    kinds: frozenset[str] = frozenset()
    account_id: str = ""
    """The account's own entries, and those of all its plans."""
    plan_id: str = ""
    actor_id: str = ""
    """Who did it; not on whose behalf."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this instant."""


EVERYTHING = Sought()


def conditions(tenant_id: str, sought: Sought) -> list[ColumnElement[bool]]:
    """Return what an entry must be to be one of those sought."""
    found: list[ColumnElement[bool]] = [entry.c.tenant_id == tenant_id]
    if sought.kinds:
        found.append(entry.c.type.in_(sorted(sought.kinds)))
    if sought.account_id:
        plans = select(literal("plan/") + plan.c.plan_id).where(
            plan.c.tenant_id == tenant_id, plan.c.account_id == sought.account_id
        )
        found.append(or_(entry.c.stream == f"account/{sought.account_id}", entry.c.stream.in_(plans)))
    if sought.plan_id:
        found.append(entry.c.stream == f"plan/{sought.plan_id}")
    if sought.actor_id:
        # SQLite's LIKE takes Otto for otto; replacing knows them apart in every database.
        told = f'"actor":{{"id":{orjson.dumps(sought.actor_id).decode()},'
        found.append(func.replace(entry.c.body, told, "") != entry.c.body)
    if sought.since is not None:
        found.append(entry.c.at >= sought.since)
    if sought.until is not None:
        found.append(entry.c.at < sought.until)
    return found
