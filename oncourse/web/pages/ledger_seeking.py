"""Which entries a reader of the ledger asks for: what the filters of its page say, and the way to the same again."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from orchestrator import BadInputError
from plan import Frozen
from store import Sought, Unit

KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("all", "Everything", ()),
    ("decisions", "Decisions", ("plan.approved.v1", "plan.endorsed.v1", "plan.sent_back.v1", "plan.rejected.v1",
     "step.approved.v1", "step.endorsed.v1", "step.rejected.v1", "plan.paused.v1", "plan.resumed.v1",
     "plan.reopened.v1", "plan.aborted.v1", "plan.transferred.v1", "plan.accepted.v1", "plan.edited.v1")),
    ("sent", "What went out", ("step.dispatched.v1", "step.succeeded.v1", "step.started.v1", "step.in_doubt.v1")),
    ("refused", "Refused", ("proposal.refused.v1", "proposal.none.v1", "plan.conflict_refused.v1")),
    ("ends", "How plans ended", ("plan.completed.v1", "plan.expired.v1", "plan.aborted.v1", "plan.mooted.v1",
     "plan.rejected.v1")),
)  # fmt: skip
"""The tabs: a name, its words, and the types of entries under it."""
_SHORT = Query(max_length=80)


class Wanted(Frozen):
    """What the filters say, as it was typed."""

    show: str = "all"
    account: str = ""
    plan: str = ""
    """The id of a plan, or how it begins."""
    actor: str = ""
    since: str = ""
    """A day, in the tenant's calendar."""
    until: str = ""
    """The last day that still counts."""

    @property
    def narrowed(self) -> bool:
        """Tell whether anything but the tab was chosen."""
        return any((self.account, self.plan, self.actor, self.since, self.until))

    def address(self, path: str, **other: object) -> str:
        """Return the way to a page with these filters, some of them changed; what is empty is left out."""
        all_of_it = {"show": "all"}
        told = [one for one in (self.model_dump() | other).items() if one[1] and one not in all_of_it.items()]
        return f"{path}?{urlencode(told)}" if told else path


def wanted(
    show: Annotated[str, Query(max_length=20)] = "all",
    account: Annotated[str, _SHORT] = "",
    plan: Annotated[str, _SHORT] = "",
    actor: Annotated[str, _SHORT] = "",
    since: Annotated[str, _SHORT] = "",
    until: Annotated[str, _SHORT] = "",
) -> Wanted:
    """Return what a request's filters say."""
    known = show if any(show == name for name, _, _ in KINDS) else "all"
    return Wanted(
        show=known, account=account.strip(), plan=plan.strip(), actor=actor.strip(), since=since.strip(),
        until=until.strip(),
    )  # fmt: skip


Filters = Annotated[Wanted, Depends(wanted)]


def sought_by(unit: Unit, one: Wanted) -> Sought:
    """Return the entries that filters ask for.

    Raises NotFoundError for a plan that is not there, BadInputError for what is no day.
    """
    zone = ZoneInfo(unit.tenant().calendar.time_zone)
    return Sought(
        kinds=frozenset(next(kinds for name, _, kinds in KINDS if name == one.show)),
        account_id=one.account,
        plan_id=unit.plans.resolve(one.plan) if one.plan else "",
        actor_id=one.actor,
        since=_begin_of(_day(one.since), zone) if one.since else None,
        until=_begin_of(_day(one.until) + timedelta(days=1), zone) if one.until else None,
    )


_YEARS = range(1900, 9000)


def _day(told: str) -> date:
    try:
        found = date.fromisoformat(told)
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise BadInputError(f"{told!r} is no day; write it as year-month-day, like 2026-03-31")
    return found


def _begin_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
