"""What a tool's answer means: `{"status": ..., "outcome": ..., "reference": ...}`, as content or as JSON text.

Nothing is guessed. A plain text says that the call arrived and nothing about what came of it. An error without a
status may have come after the effect, so nobody can say whether it left.
"""

import json
import re
from typing import Any

from orchestrator import Receipt, ReceiptKind
from plan import ActionSpec, Frozen

STATUSES = {
    "succeeded": ReceiptKind.SUCCEEDED,
    "dispatched": ReceiptKind.DISPATCHED,
    "retryable": ReceiptKind.RETRYABLE,
    "failed": ReceiptKind.FAILED,
    "not_sent": ReceiptKind.NOT_SENT,
    "unknown": ReceiptKind.UNKNOWN,
}
"""What an action's tool may say."""
FOUND, NOT_FOUND = "found", "not_found"
"""What the look-up tool may say besides."""
DONE = frozenset({ReceiptKind.SUCCEEDED, ReceiptKind.DISPATCHED})
CODE = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
UNREADABLE = "UNREADABLE_OUTCOME"


class Said(Frozen):
    """A tool's answer as it came."""

    error: bool
    content: dict[str, Any] | None
    text: str


def unknown(why: str) -> Receipt:
    """Return the receipt of what nobody can say."""
    return Receipt(kind=ReceiptKind.UNKNOWN, reference=why)


def read_action(said: Said, spec: ActionSpec) -> Receipt:
    """Read what an action's tool answered."""
    body = _body(said)
    if body is None:
        if said.error:
            return unknown("the tool ended with an error and no status")
        return Receipt(kind=ReceiptKind.DISPATCHED)
    kind = STATUSES.get(str(body["status"]))
    if kind is None:
        return unknown("the tool answered with a status that means nothing here")
    if said.error and kind in DONE:
        return unknown("the tool said that it was done, and that it was an error")
    return _receipt(kind, body, spec)


def read_lookup(said: Said, spec: ActionSpec) -> Receipt:
    """Read what the look-up tool answered; only an answer without an error counts."""
    body = _body(said)
    if body is None or said.error:
        return unknown("the look-up gave no status")
    word = str(body["status"])
    if word == NOT_FOUND:
        return _receipt(ReceiptKind.NOT_SENT, body, spec)
    if word == FOUND:
        kind = ReceiptKind.DISPATCHED if spec.awaits_outcome else ReceiptKind.SUCCEEDED
        return _receipt(kind, body, spec)
    kind = STATUSES.get(word, ReceiptKind.UNKNOWN)
    return _receipt(kind, body, spec)


def _body(said: Said) -> dict[str, Any] | None:
    """Return the object that holds a status: the structured content, else the only text where it is JSON."""
    if said.content is not None and "status" in said.content:
        return said.content
    try:
        found = json.loads(said.text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "status" in found else None


def _receipt(kind: ReceiptKind, body: dict[str, Any], spec: ActionSpec) -> Receipt:
    given = body.get("outcome")
    outcome = ""
    if given:
        outcome = given if isinstance(given, str) and CODE.fullmatch(given) else UNREADABLE
    elif kind is ReceiptKind.SUCCEEDED and not spec.awaits_outcome:
        outcome = spec.outcomes_ok[0]
    reference = "".join(c for c in str(body.get("reference") or "") if c.isprintable())[:200]
    return Receipt(kind=kind, outcome=outcome, reference=reference)
