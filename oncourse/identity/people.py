"""What is asked of people before they come in, by their roles."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from plan import ActorKind, Principal, Role
from store import NotFoundError, Store, Whose

WHOLE = timedelta(hours=8)
"""After so long a session ends, used or not."""
IDLE = timedelta(minutes=30)
"""After so long without use, the session of somebody who may approve ends."""
_READING = frozenset({Role.AUDITOR})
_APPROVING = frozenset({Role.PLAN_APPROVER, Role.SENIOR_APPROVER, Role.TENANT_ADMIN})


def needs_second_factor(roles: Iterable[Role]) -> bool:
    """Tell whether somebody with these roles must show a second factor: everybody who is not an auditor alone.

    Whoever has no role at all may own accounts, and an owner may do more than read.
    """
    return set(roles) != _READING


def ends_when_idle(roles: Iterable[Role]) -> bool:
    """Tell whether a session of somebody with these roles ends where it is not used."""
    return bool(set(roles) & _APPROVING)


def find_active(store: Store, whose: Whose, kind: ActorKind, now: datetime) -> Principal | None:
    """Return a principal of a kind who may act now; None for somebody unknown, of another kind, or who left."""
    with store.unit(whose.tenant_id, now, reading=True) as unit:
        try:
            found = unit.principals.get(whose.principal_id)
        except NotFoundError:
            return None
    return found if found.active and found.kind is kind else None
