"""/accounts and /accounts/ID: what is known of a customer, which plans there were, why there is none, what holds it."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from gate import Act
from oncourse.web.callers import Fronted
from oncourse.web.front import Caller, Front
from oncourse.web.pages.forms import Field, Posted, fresh_key, led_to
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page
from oncourse.web.problems import ProblemError, problem_of
from orchestrator import held, listed, situation, tell, waiting_of, who_may
from plan import CLOSED, Account, Frozen, Id, OncourseError, PostureReading, Situation
from store import WISHED, Event, Sought, Unit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PAGE = 50
PLANS = 50
WISHES = 5
STORY = 40
_DRAFTED = "drafted: "
_CAME = "event.received.v1"
"""Says by its reason why nothing was drafted for it; without one it says nothing here."""
_SAID = frozenset(
    {_CAME, "proposal.none.v1", "proposal.refused.v1", "plan.conflict_refused.v1", "account.held.v1",
     "account.released.v1"}
)  # fmt: skip
AccountId = Annotated[Id, Path()]


class Row(NamedTuple):
    """One account in the list."""

    account: Account
    posture: PostureReading
    open: int
    renews_on: date | None
    """The next renewal of any contract; of none ahead, the last one that passed."""
    held: bool


class Wish(NamedTuple):
    """One time that somebody asked for a plan, and what became of it."""

    by: str
    at: datetime
    open: bool
    told: str
    """What became of it, or what it waits for; empty: nothing yet."""
    plan_id: str
    """The draft that was made for it."""


class Said(Frozen):
    """What a form of an account said."""

    reason: str = ""


@router.get("/accounts")
def accounts(
    reader: Reader,
    front: Fronted,
    find: Annotated[str, Query(max_length=80)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """List accounts by id, or those whose name or id holds some letters."""
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        found = unit.accounts.page(PAGE + 1, after=after, holding=find.strip())
        rows = [_row(unit, account) for account in found[:PAGE]]
        waiting, zone = mine_of(unit, reader.who.principal.principal_id), unit.tenant().calendar.time_zone
    more = found[PAGE - 1].account_id if len(found) > PAGE else None
    return page("accounts.html", reader, "/accounts", rows=rows, find=find, more=more, waiting=waiting, zone=zone)


@router.get("/accounts/{account_id}")
def account(
    account_id: AccountId, reader: Reader, front: Fronted, done: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """Show one account."""
    return _draw(reader, front, account_id, done=done)


@router.post("/accounts/{account_id}/release")
def release(account_id: AccountId, posted: Posted, front: Fronted, reason: Field = "") -> Response:
    """Let what waits for this account go on."""
    said = Said(reason=reason.strip())
    try:
        posted.make(said, lambda house: house.release(account_id, said.reason, posted.who))
    except ProblemError as error:
        return _draw(posted.reader, front, account_id, refused=error, typed=reason)
    return led_to(f"/accounts/{account_id}", done="release")


@router.post("/accounts/{account_id}/wish")
def wish(account_id: AccountId, posted: Posted, front: Fronted) -> Response:
    """Ask for a draft."""
    try:
        front.house(posted.reader.tenant_id).wish(account_id, posted.who, posted.name)
    except OncourseError as error:
        return _draw(posted.reader, front, account_id, refused=problem_of(error))
    return led_to(f"/accounts/{account_id}", done="wish")


def _row(unit: Unit, account: Account) -> Row:
    known = situation(unit, account.account_id)
    on_hold = bool(held(unit, account.account_id))
    return Row(account, known.posture, len(known.open_plans), _renewal(known), on_hold)


def _renewal(known: Situation) -> date | None:
    today = known.tenant.calendar.local_date(known.as_of)
    days = sorted(contract.renews_on for contract in known.contracts)
    return next((day for day in days if day >= today), days[-1] if days else None)


def _draw(
    reader: Caller,
    front: Front,
    account_id: str,
    *,
    done: str = "",
    refused: ProblemError | None = None,
    typed: str = "",
) -> HTMLResponse:
    me = reader.who.principal.principal_id
    with front.house(reader.tenant_id).desk.unit(reading=True) as unit:
        known = situation(unit, account_id)
        plans = unit.plans.find(account_id=account_id)[-PLANS:]
        lines = listed(unit, plans, waiting_of(unit, plans), me)
        told: dict[str, Any] = {
            "known": known, "refused": refused, "typed": typed, "done": done, "key": fresh_key(), "lines": lines,
            "ahead": [line for line in lines if line.status not in CLOSED],
            "behind": [line for line in lines if line.status in CLOSED],
            "holds": held(unit, account_id), "story": _story(unit, account_id),
            "wishes": [_wish(event) for event in unit.events.wishes(account_id, WISHES)],
            "may_release": me in who_may(unit, Act.RELEASE, owner=known.account.owner_id),
            "may_ask": me in who_may(unit, Act.PROPOSE, owner=known.account.owner_id),
            "zone": unit.tenant().calendar.time_zone, "now": unit.now, "waiting": mine_of(unit, me),
        }  # fmt: skip
    status = HTTPStatus.OK if refused is None else refused.status
    return page("account.html", reader, "/accounts", status=status, **told)


def _wish(event: Event) -> Wish:
    told = (event.told or "").replace("_", " ")
    return Wish(
        by=event.source.removeprefix(WISHED),
        at=event.received_at,
        open=event.processed_at is None,
        told=told[:1].upper() + told[1:],
        plan_id=told.removeprefix(_DRAFTED) if told.startswith(_DRAFTED) else "",
    )


def _story(unit: Unit, account_id: str) -> list[str]:
    """Return why there is no plan, what was refused, and what held the account and let it go, newest first."""
    found = unit.entries_before(None, STORY, Sought(account_id=account_id, kinds=_SAID))
    told = [entry for _, entry in found if entry.type != _CAME or entry.reason is not None]
    return [line.sentence for line in tell(unit, told)]
