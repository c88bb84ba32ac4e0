"""Senders of events and a drafter that counts, for tests of the door."""

import asyncio
import json
import re
from datetime import timedelta

from standardwebhooks import Webhook

from agent import Deps, ProposalResult
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from orchestrator import Bounds
from plan import ModelCall, NoPlan, NoPlanReason, Provenance

SECRET, NEXT_SECRET, FOREIGN_SECRET = (f"whsec_{letter * 32}" for letter in "ABC")
_DIGEST = "sha256:" + "a" * 64
SOURCES = {
    "crm": {"tenant": "t1", "sources": ["crm", "/crm/eu-west"], "secrets": [SECRET, NEXT_SECRET]},
    "foreign": {"tenant": "t2", "sources": ["crm"], "secrets": [FOREIGN_SECRET]},
}


class Counting:
    """A drafter that finds no plan right, and counts how often a model was asked."""

    name = "claude"

    def __init__(self, reason=NoPlanReason.NOT_ENOUGH_KNOWN, dies=0):
        self.calls, self.reason, self.dies = 0, reason, dies

    def draft(self, request):
        self.calls += 1
        if self.calls <= self.dies:
            raise KeyboardInterrupt
        call = ModelCall(
            provider="test", model_asked="m", model_answered="m", prompt="p", prompt_digest=_DIGEST,
            request_digest=_DIGEST, response_digest=_DIGEST,
        )  # fmt: skip
        provenance = Provenance(drafter="claude", calls=(call,))
        return ProposalResult(outcome=NoPlan(reason=self.reason, suggestion="Wait.", provenance=provenance))


def event(event_id="e1", *, source="crm", account="acme", posture="AT_RISK", **data):
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": "posture.changed",
        "subject": account,
        "time": "2026-03-02T08:00:00Z",
        "data": {"posture": posture, **data},
    }


def structured(found):
    return {"content-type": "application/cloudevents+json"}, json.dumps(found).encode()


def binary(found):
    data = found.pop("data")
    return {"content-type": "application/json"} | {f"ce-{k}": v for k, v in found.items()}, json.dumps(data).encode()


def signed(found, now, *, secret=SECRET, message="msg-1", late=timedelta()):
    headers, body = structured(found)
    at = now + late
    return headers | {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, at, body.decode()),
    }, body


def engine_of(door, drafter, bounds=None):
    """Return an engine over the door's own tenant, with a drafter of the test's."""
    door.house.orchestrator._bounds = bounds or Bounds()
    graph = build_graph(door.house.orchestrator, Deps(drafter=drafter))
    return InProcessEngine(door.house.store, "t1", graph, door.house.clock)


def post_all(app, requests):
    """Send requests one after another straight into the application, and return how often each status came."""
    counts = {}

    async def run():
        for headers, body in requests:
            status = await _post(app, headers, body)
            counts[status] = counts.get(status, 0) + 1

    asyncio.run(run())
    return counts


async def _post(app, headers, body):
    told = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive():
        return next(messages, {"type": "http.disconnect"})

    async def send(message):
        told.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": "/v1/events", "raw_path": b"/v1/events", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"testserver"), *((k.encode(), v.encode()) for k, v in headers.items())],
        "client": ("test", 1), "server": ("testserver", 443),
    }  # fmt: skip
    await app(scope, receive, send)
    return told[0]["status"]


def one_sentence(text):
    return bool(text) and "\n" not in text and "Traceback" not in text and len(re.findall(r"\w+", text)) < 60
