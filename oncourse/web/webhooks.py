"""Webhooks out: people who set the tenant up say who outside is told, and try it out."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import Field

from oncourse.bootstrap import open_subscriptions
from oncourse.courier import Answer, SentAgain, Subscription, Subscriptions, ToldEvent
from oncourse.courier import Secret as NewSecret
from oncourse.web.callers import Deciding, Fronted
from oncourse.web.refusals import refusals
from plan import Frozen, SortedStrings
from store import Undelivered

router = APIRouter(
    prefix="/v1/webhooks", tags=["webhooks"], responses=refusals(400, 401, 403, 404, 409, 413, 415, 421, 422, 503)
)
outgoing = APIRouter()
"""What is sent, for the API's description."""


def the_subscriptions(caller: Deciding, front: Fronted) -> Subscriptions:
    """Return the webhooks of the caller's tenant."""
    return open_subscriptions(front.settings, front.store, caller.tenant_id, front.clock)


Subscribed = Annotated[Subscriptions, Depends(the_subscriptions)]
Named = Annotated[UUID, Path(description="The webhook's id.")]


class Wanted(Frozen):
    """Who is to be told of what."""

    url: str = Field(max_length=2000, examples=["https://hooks.example.com/oncourse"])
    """An https address of the public internet, without a user name."""
    types: SortedStrings = Field(default=frozenset(), max_length=100, examples=[["plan.activated.v1"]])
    """Types of entries; empty: all."""


class Secret(Frozen):
    """A webhook with its new secret, which is shown this once."""

    webhook: Subscription
    secret: str
    """`whsec_...`: verify each letter with it, as Standard Webhooks does."""


class Overlap(Frozen):
    """How long the secret before goes on signing beside the new one."""

    hours: int = Field(default=24, ge=0, le=168, strict=True)


class Chosen(Frozen):
    """Which entry is sent again; null: the oldest ones, until one is not taken."""

    pos: int | None = Field(default=None, ge=1, lt=2**31, strict=True)


@router.get("")
def list_webhooks(caller: Deciding, hooks: Subscribed) -> list[Subscription]:
    """Return all webhooks, the oldest first."""
    return hooks.every(caller.who)


@router.post("", status_code=201)
def add_webhook(body: Wanted, caller: Deciding, hooks: Subscribed) -> Secret:
    """Tell an address of every entry from now on."""
    return _shown(hooks.add(body.url, body.types, caller.who))


@router.get("/{webhook_id:uuid}")
def read_webhook(webhook_id: Named, caller: Deciding, hooks: Subscribed) -> Subscription:
    """Return one webhook, and how far it was told."""
    return hooks.get(str(webhook_id), caller.who)


@router.delete("/{webhook_id:uuid}", status_code=204)
def remove_webhook(webhook_id: Named, caller: Deciding, hooks: Subscribed) -> None:
    """Tell an address nothing more, and forget what it could not be told."""
    hooks.remove(str(webhook_id), caller.who)


@router.post("/{webhook_id:uuid}:rotate")
def rotate_secret(webhook_id: Named, body: Overlap, caller: Deciding, hooks: Subscribed) -> Secret:
    """Give a webhook a new secret."""
    return _shown(hooks.rotate(str(webhook_id), timedelta(hours=body.hours), caller.who))


@router.post("/{webhook_id:uuid}:test")
def test_webhook(webhook_id: Named, caller: Deciding, hooks: Subscribed) -> Answer:
    """Send a ping now and say what became of it; where it is taken, a webhook that was switched off goes on."""
    return hooks.test(str(webhook_id), caller.who)


@router.get("/{webhook_id:uuid}/undelivered")
def list_undelivered(
    webhook_id: Named,
    caller: Deciding,
    hooks: Subscribed,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Undelivered]:
    """Return the entries that were given up, in ledger order."""
    return hooks.undelivered(str(webhook_id), caller.who, limit)


@router.post("/{webhook_id:uuid}:redeliver")
def redeliver(webhook_id: Named, body: Chosen, caller: Deciding, hooks: Subscribed) -> SentAgain:
    """Send what was given up again now, under the same ids."""
    return hooks.redeliver(str(webhook_id), caller.who, body.pos)


@outgoing.post("ledgerEntry", status_code=204)
def ledger_entry(
    body: ToldEvent,
    webhook_id: Annotated[str, Header(description="The letter's id: the same each time it is sent.")],
    webhook_timestamp: Annotated[str, Header(description="When it was sent, in seconds since 1970.")],
    webhook_signature: Annotated[str, Header(description="`v1,...` for each secret, parted by spaces.")],
) -> None:
    """Take one entry of the ledger. Any 2xx takes it; 410 wants no more; anything else, and it comes again later."""


def _shown(made: NewSecret) -> Secret:
    return Secret(webhook=made.webhook, secret=made.secret.get_secret_value())
