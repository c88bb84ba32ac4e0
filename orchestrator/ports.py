"""What the orchestrator needs of the world, as protocols; adapters live in the front, fakes in the tests."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pydantic import Field

from plan import ActionType, Digest, Frozen, Id, Instant


class Order(Frozen):
    """One attempt of one step, ready to leave."""

    key: str = Field(max_length=160)
    """Idempotency key `plan_id:step_id:attempt_no`; the same key means the same effect, however often it is sent."""
    tenant_id: Id
    account_id: Id
    plan_id: UUID
    step_id: UUID
    action_type: ActionType
    attempt: int
    params: dict[str, Any]
    text: str
    """Exactly what was rendered or edited, and approved where the step asks for it."""
    rendered: Digest
    external: bool
    shadow: bool
    """Record it instead of sending it."""
    at: Instant
    checkpoint: str = Field(default="", max_length=300)
    """The ledger that holds the entry under which it leaves, as `ORIGIN@SIZE:ROOT`: a copy that stays outside."""
    valid_until: Instant
    """Nobody may carry it out from then on: who meant it is taken for dead, and others look into it."""


class ReceiptKind(StrEnum):
    """What the provider says of an order."""

    SUCCEEDED = "SUCCEEDED"
    """It is done; `outcome` says with what result."""
    DISPATCHED = "DISPATCHED"
    """It left; the world answers later."""
    RETRYABLE = "RETRYABLE"
    """It did not leave, and another try may work."""
    FAILED = "FAILED"
    """It did not leave, and no other try will help."""
    UNKNOWN = "UNKNOWN"
    """Nobody can say whether it left."""
    NOT_SENT = "NOT_SENT"
    """Asked afterwards: it never left."""


class Receipt(Frozen):
    """A provider's answer."""

    kind: ReceiptKind
    outcome: str = Field(default="", max_length=80)
    reference: str = Field(default="", max_length=200)


class Executor(Protocol):
    """Carries out what leaves the house."""

    name: str

    def execute(self, order: Order) -> Receipt:
        """Carry out an order. An exception or a time-out counts as UNKNOWN, never as failure."""
        ...

    def reconcile(self, order: Order) -> Receipt:
        """Say what became of an order with this key; resends only where the provider is idempotent."""
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class Ids(Protocol):
    """Draws ids."""

    def new(self) -> UUID:
        """Return an id that was never drawn before."""
        ...
