"""Messages to people: that something waits, and where. They name no customer and quote nobody, and they only point."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from orchestrator import Waiting
from plan import Frozen
from store import NoticeKind

LISTED = 20
"""Things that a digest names; the others are counted."""
ONLY_POINTS = "This message cannot approve anything: open the page, read, and decide there."
_WHAT = {
    "draft": "A draft of a plan waits for a decision",
    "answer": "A draft was sent back and waits for an edit that answers",
    "step": "A text waits for approval",
    "doubt": "A step is in doubt: somebody finds out whether it was done",
    "task": "A task waits to be done",
    "handover": "A hand-over waits to be accepted",
    "paused": "A plan is paused",
    "held": "Something came in about an account: its messages wait until somebody has looked",
}
_TITLES = {
    "draft": "a draft waits for your review",
    "step": "a text waits for your approval",
    "handover": "a hand-over waits for you",
}


class Message(Frozen):
    """What one person is told."""

    title: str
    body: str


def pointing(kind: NoticeKind, one: Waiting, since: datetime, *, public_url: str, zone: str) -> Message:
    """Return the message about one thing; an escalation says that nobody answered."""
    late = kind == "escalation"
    title = "nobody has answered yet" if late else _TITLES.get(one.kind, "something waits for you")
    lines = [
        f"{_what(one)}.",
        *([f"Nobody has answered since {_when(since, zone)}."] if late else []),
        *([f"An answer is of use until {_when(one.due_at, zone)}."] if one.due_at else []),
        _link(one, public_url),
        ONLY_POINTS,
    ]
    return _message(f"oncourse: {title}", lines)


def digest(found: Sequence[Waiting], since: Mapping[int, datetime], *, public_url: str, zone: str) -> Message:
    """Return one person's list of a day, in the order given; `since` says of each by its place how long it waits."""
    many = f"{len(found)} things wait" if len(found) > 1 else "1 thing waits"
    lines = [f"{many} for you, the oldest first:"]
    for place, one in enumerate(found[:LISTED]):
        lines.append(f"- {_what(one)}, since {_when(since[place], zone)}: {_link(one, public_url)}")
    if len(found) > LISTED:
        lines.append(f"and {len(found) - LISTED} more.")
    return _message(f"oncourse: {many} for you", [*lines, ONLY_POINTS])


def _what(one: Waiting) -> str:
    more = [one.action_type] if one.action_type else []
    more += [f"risk {one.risk}"] if one.risk else []
    return f"{_WHAT[one.kind]} ({', '.join(more)})" if more else _WHAT[one.kind]


def _link(one: Waiting, public_url: str) -> str:
    if not public_url:
        return "Look at it with: oncourse review"
    page = f"{public_url.rstrip('/')}/review"
    return page if one.plan_id is None else f"{page}/{one.plan_id}"


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _message(title: str, lines: Sequence[str]) -> Message:
    return Message(title=_plain(title), body="\n".join(_plain(line) for line in lines))


def _plain(text: str) -> str:
    """Drop what steers a terminal, a chat or the direction of a line: nothing of it belongs into a message."""
    return "".join(letter for letter in text if letter.isprintable())
