"""Letters: what one entry looks like outside, and the headers that prove who sent it.

The body is a CloudEvent of chosen fields of the entry's committed form. A field that is not named here does not leave,
and no private text can: it stands in an entry only as a commitment, and commitments are not named here.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from standardwebhooks.webhooks import Webhook as Signer

from ledger import Entry
from plan import REF_PREFIX, ActorKind, Code, Frozen, Id, Instant
from store import Webhook

PREFIX = "oncourse."
PING = "oncourse.webhook.ping.v1"
SOURCE = "/tenants/"
_SHOWN = (
    "source",
    "target",
    "revision",
    "step_id",
    "attempt",
    "outcome",
    "wait_until",
    "verdict",
    "phase",
    "risk",
    "codes",
    "role",
    "persons",
    "ending",
    "met",
    "accept_by",
    "expires_at",
    "plan_type",
    "holder",
    "mode",
    "switch",
    "digest",
    "drafter",
)
"""Fields of an entry's data that are words, numbers, instants or ids of ours."""
_AS = {"source": "state_before", "target": "state_after"}
_WITHIN = {
    "plan": ("account_id", "plan_type", "risk", "owner", "expires_at"),
    "step": ("step_id", "action_type", "approval", "required"),
}
"""What is shown of a whole plan or step that stands in an entry."""
_MOVES = ("plan.", "step.")
_WORD = re.compile(r"[!-~]{1,160}")
"""What may leave as text: ids, codes and instants are one word, and a sentence is none."""


class ToldActor(Frozen):
    """Who did it, by pseudonymous id."""

    kind: ActorKind
    id: Id


class ToldEntry(BaseModel):
    """What is told of an entry; a type may have more fields of its own, each a word, a number or a list of words."""

    model_config = ConfigDict(frozen=True, extra="allow")

    position: int
    """Its place in the tenant's ledger: letters come in this order."""
    stream: str
    seq: int
    actor: ToldActor
    plan_id: UUID | None = None
    account_id: Id | None = None
    step_id: UUID | None = None
    state_before: str | None = None
    state_after: str | None = None
    reason: Code | None = None


class ToldEvent(Frozen):
    """The body of a letter: a CloudEvent 1.0 about one entry of the ledger."""

    specversion: Literal["1.0"]
    id: str
    """The same as the header `webhook-id`."""
    source: str
    """`/tenants/TENANT`."""
    type: str
    """`oncourse.` and the type of the entry, such as `oncourse.plan.activated.v1`."""
    subject: str
    """The entry's stream, such as `plan/ID`."""
    time: Instant
    datacontenttype: Literal["application/json"]
    data: ToldEntry


class Letter(Frozen):
    """What is sent for one entry: the same id and body each time."""

    id: str
    body: bytes = Field(repr=False)


def letter(tenant_id: str, pos: int, entry: Entry) -> Letter:
    """Return what is told of an entry."""
    told = _told(entry) | {"position": pos, "stream": entry.stream, "seq": entry.seq}
    family, _, name = entry.stream.partition("/")
    if family in {"plan", "account"}:
        told[f"{family}_id"] = name
    return _letter(tenant_id, str(pos), PREFIX + entry.type, entry.at, entry.stream, told)


def ping(tenant_id: str, number: str, now: datetime) -> Letter:
    """Return a letter that tells nothing but that letters arrive."""
    return _letter(tenant_id, f"ping-{number}", PING, now, f"tenant/{tenant_id}", {})


def headers(hook: Webhook, sent: Letter, now: datetime) -> dict[str, str]:
    """Return the headers of a letter sent now: signed with the secret, and while it rotates with the old one too."""
    secrets = [hook.secret]
    if hook.old_secret is not None and hook.old_until is not None and now < hook.old_until:
        secrets.append(hook.old_secret)
    return {
        "content-type": "application/cloudevents+json",
        "user-agent": "oncourse-webhooks/1",
        "webhook-id": sent.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(_signature(secret, sent, now) for secret in secrets),
    }


def letter_id(tenant_id: str, name: str) -> str:
    """Return the id of a letter; it holds no full stop, which ends the id in what is signed."""
    return f"{quote(tenant_id, safe='').replace('.', '%2E')}:{name}"


def _signature(secret: SecretStr, sent: Letter, now: datetime) -> str:
    whole = now - timedelta(microseconds=now.microsecond)
    return Signer(secret.get_secret_value()).sign(sent.id, whole, sent.body.decode())


def _letter(tenant_id: str, name: str, kind: str, at: datetime, subject: str, data: dict[str, Any]) -> Letter:
    event = {
        "specversion": "1.0",
        "id": letter_id(tenant_id, name),
        "source": SOURCE + quote(tenant_id, safe=""),
        "type": kind,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
    return Letter(id=event["id"], body=orjson.dumps(event, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z))


def _told(entry: Entry) -> dict[str, Any]:
    shown = _SHOWN if entry.type.startswith(_MOVES) else _SHOWN[1:]  # elsewhere a source is where something came from
    chosen = {_AS.get(name, name): entry.data[name] for name in shown if _leaves(entry.data.get(name))}
    for whole, names in _WITHIN.items():
        if isinstance(inner := entry.data.get(whole), dict):
            chosen |= {name: inner[name] for name in names if _leaves(inner.get(name))}
    if entry.reason is not None:
        chosen["reason"] = entry.reason.code
    return chosen | {"actor": {"kind": entry.actor.kind, "id": entry.actor.id}}


def _leaves(value: object) -> bool:
    """Tell whether a value may leave: a number, a yes or no, one word, or a list of words."""
    if isinstance(value, str):
        return _WORD.fullmatch(value) is not None and not value.startswith(REF_PREFIX)
    if isinstance(value, list):
        return all(isinstance(item, str) and _leaves(item) for item in value)
    return isinstance(value, bool | int)
