"""Orders as the orchestrator makes them, each with a key of its own."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from orchestrator import Order
from plan import spec_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRIVATE = "Dear Ida Stern, this text is private"
_numbers = count(1)


def order(action_type="PREP_RENEWAL_BRIEF", **given):
    """Return an order; IDEMPOTENT and answered at once where nothing else is said."""
    plan_id, step_id = UUID(int=7), UUID(int=next(_numbers))
    values = {
        "key": f"{plan_id}:{step_id}:1",
        "tenant_id": "t1",
        "account_id": "acme",
        "plan_id": plan_id,
        "step_id": step_id,
        "action_type": action_type,
        "attempt": 1,
        "params": {"language": "en"},
        "text": PRIVATE,
        "rendered": "sha256:" + "a" * 64,
        "external": spec_of(action_type).external,
        "shadow": False,
        "at": NOW,
        "valid_until": NOW + timedelta(minutes=15),
    }
    return Order(**values | given)
