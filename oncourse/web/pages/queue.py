"""The queue of what waits for a reader: on the review page beside what is read, and as a page of its own."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from oncourse.web.conditions import etag_of
from orchestrator import Powers, Waiting, may_answer, waiting, waits_for
from plan import RiskClass, decided_alone
from store import Unit

DECISIONS = (
    "plan.approved.v1",
    "plan.endorsed.v1",
    "plan.sent_back.v1",
    "plan.rejected.v1",
    "step.approved.v1",
    "step.endorsed.v1",
    "step.rejected.v1",
)


MOST = 100
"""Plans of a queue: more than a person decides in a day."""
BADGE = 25
"""Plans that the number beside the queue counts."""


class Item(NamedTuple):
    """One thing that waits, and where it is read and decided."""

    one: Waiting
    who: tuple[str, ...]
    account: str
    href: str
    seen: str = ""
    """The plan's ETag, of a draft that may be decided among others; nothing of anything else."""


class Mine(NamedTuple):
    """What waits for a reader, as of a place in the ledger."""

    many: str
    """As a badge shows it: nothing, a number, or that many and more."""
    head: int
    """The ledger's last position when the page was drawn: what comes after it is news."""


class Queue(NamedTuple):
    """What waits, the least time left first."""

    items: list[Item]
    mine: Mine
    """How many of all that wait are the reader's."""
    decided: int
    """What the reader decided since Monday."""

    def place(self, plan_id: UUID, step_id: UUID | None) -> int | None:
        """Return where a plan, or a step of it, stands in the queue; None where it does not wait."""
        here = [n for n, item in enumerate(self.items) if item.one.plan_id == plan_id]
        exact = [n for n in here if self.items[n].one.step_id == step_id]
        return next(iter(exact or here), None)


def queue(unit: Unit, me: str, *, everybody: bool = False) -> Queue:
    """Return what waits for a reader, or for anybody."""
    found = [_item(unit, one) for one in waiting(unit, most=MOST)]
    mine = [item for item in found if me in item.who]
    return Queue(found if everybody else mine, Mine(str(len(mine) or ""), unit.head()), _decided(unit, me))


def mine_of(unit: Unit, me: str) -> Mine:
    """Return how many things wait for a reader."""
    found = waiting(unit, most=BADGE, judged=False)
    powers = Powers(unit, me)
    mine = sum(may_answer(unit, one, powers) for one in found)
    more = "+" if len({one.plan_id for one in found}) >= BADGE else ""
    return Mine(f"{mine}{more}" if mine else "", unit.head())


def _item(unit: Unit, one: Waiting) -> Item:
    if one.plan_id is None:
        href = f"/accounts/{one.account_id}"
    else:
        href = f"/review/{one.plan_id}" + ("" if one.step_id is None else f"?step={one.step_id}")
    return Item(one, waits_for(unit, one), unit.accounts.get(one.account_id).name, href, _among_others(unit, one))


def _among_others(unit: Unit, one: Waiting) -> str:
    if one.kind != "draft" or one.plan_id is None or one.risk is RiskClass.HIGH:
        return ""
    record = unit.plans.get(one.plan_id)
    return "" if decided_alone(record.plan) else etag_of(record)


def _decided(unit: Unit, me: str) -> int:
    calendar = unit.tenant().calendar
    today = calendar.local_date(unit.now)
    monday = calendar.start_of(today - timedelta(days=today.weekday()))
    return sum(entry.actor.id == me for entry in unit.entries_of(DECISIONS, monday))
