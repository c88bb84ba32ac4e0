"""Plans: list, propose, read as they stand or stood, edit, compare."""

from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from oncourse.web.callers import Fronted, Housed, Proposing, Reading
from oncourse.web.conditions import etag_of
from oncourse.web.lines import PlanPage, Wanted, page_of
from oncourse.web.paging import Cursor, Limit
from oncourse.web.pending import Editing
from oncourse.web.problems import ProblemError
from oncourse.web.proposals import cause_of, own
from oncourse.web.refusals import REFUSALS
from oncourse.web.repeats import Asked, Key, claim_of, once
from orchestrator import (
    Comparison,
    DeniedError,
    Orchestrator,
    PlanEdit,
    Powers,
    Shown,
    compare_revisions,
    may_answer,
    show,
    show_at,
    show_revision,
    waiting,
)
from plan import Frozen, Id, PlanStatus, Proposal

router = APIRouter(prefix="/v1/plans", tags=["plans"], responses=REFUSALS)


class Wish(Frozen):
    """What is to be proposed: a draft for an account, or a proposal of one's own."""

    account_id: Id | None = None
    proposal: Proposal | None = None


class Wished(Frozen):
    """A draft was asked for, or a proposal was taken."""

    state: Literal["waiting", "drafted"]
    plan_id: UUID | None = None
    follow: str
    """Where to look what becomes of it."""


@router.get("")
def list_plans(
    caller: Reading,
    house: Housed,
    state: Annotated[list[PlanStatus] | None, Query(description="Only in these states.")] = None,
    account: Annotated[Id | None, Query()] = None,
    owner: Annotated[Id | None, Query()] = None,
    needs: Annotated[Literal["me"] | None, Query(description="`me`: only what waits for the caller.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PlanPage:
    """List plans, the earliest end first."""
    wanted = Wanted(statuses=tuple(state or ()), account_id=account, owner=owner, cursor=cursor, limit=limit)
    with house.desk.unit(reading=True) as unit:
        mine = None
        if needs is not None:
            powers, found = Powers(unit, caller.who.principal.principal_id), waiting(unit, judged=False)
            mine = {str(one.plan_id) for one in found if one.plan_id is not None and may_answer(unit, one, powers)}
        return page_of(unit, wanted, mine)


@router.post("", status_code=HTTPStatus.ACCEPTED, response_model=Wished, responses={201: {"model": Wished}})
def propose(
    wish: Wish, request: Request, caller: Proposing, front: Fronted, house: Housed, response: Response, key: Key = None
) -> Response | Wished:
    """Ask for a draft of an account (202: it waits for a drafter), or give a proposal of one's own (201)."""
    if (wish.account_id is None) == (wish.proposal is None):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "bad_request", "give either account_id, for a draft, or a proposal"
        )
    if wish.proposal is not None:
        return _submitted(wish, Asked(front, caller, request.method, request.url.path, key))
    name = None if key is None else sha256(key.encode()).hexdigest()[:40]
    event = house.wish(str(wish.account_id), caller.who, name)
    where = f"/v1/events/{quote(event.source, safe='')}/{quote(event.event_id, safe='')}"
    response.headers["location"] = where
    return Wished(state="waiting", follow=where)


def _submitted(wish: Wish, asked: Asked) -> Response:
    """Take a proposal, once where the request names itself."""
    caller, made = asked.caller, list[str]()

    def submit(house: Orchestrator) -> None:
        told = house.submit(own(_proposal(wish), caller), caller.who, cause_of(caller))
        if told.plan_id is None:
            raise DeniedError("the gate refuses the proposal: " + " ".join(told.findings), told.codes)
        made.append(str(told.plan_id))

    def answer(_house: Orchestrator) -> Response:
        where = f"/v1/plans/{made[0]}" if made else "/v1/plans?state=DRAFT"
        told = Wished(state="drafted", plan_id=UUID(made[0]) if made else None, follow=where)
        return JSONResponse(told.model_dump(mode="json"), HTTPStatus.CREATED, headers={"location": where})

    if asked.key is None:
        house = asked.front.house(caller.tenant_id)
        submit(house)
        return answer(house)
    return once(asked, claim_of(asked, wish, None), None, check=lambda _house: None, do=submit, answer=answer)


def _proposal(wish: Wish) -> Proposal:
    if wish.proposal is None:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_request", "there is no proposal in it")
    return wish.proposal


@router.get("/{plan_id:uuid}")
def get_plan(
    plan_id: UUID,
    _caller: Reading,
    house: Housed,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=100_000, description="As this revision was last written.")] = None,
    as_of: Annotated[AwareDatetime | None, Query(description="As it stood at this instant.")] = None,
) -> Shown:
    """Return a plan with what a decision about it needs: content, gate, evaluation, approvals. Its ETag is now's."""
    if version is not None and as_of is not None:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_request", "give version or as_of, not both")
    with house.desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        response.headers["etag"] = etag_of(record)
        if as_of is not None:
            return show_at(unit, str(plan_id), as_of)
        if version is not None:
            return show_revision(unit, str(plan_id), version)
        return show(unit, record)


@router.patch("/{plan_id:uuid}", response_model=Shown)
def edit_plan(edit: Editing, change: PlanEdit) -> Response:
    """Edit a draft: a new revision, judged anew; its approvals become void."""
    return edit.make(change, lambda house: house.edit(edit.plan_id, change, edit.who))


@router.get("/{plan_id:uuid}/diff")
def compare(
    plan_id: UUID,
    _caller: Reading,
    house: Housed,
    older: Annotated[int, Query(alias="from", ge=1, le=100_000)] = 1,
    newer: Annotated[int | None, Query(alias="to", ge=1, le=100_000)] = None,
) -> Comparison:
    """Say what changed between two revisions, by step, and how reasons for sending back were answered."""
    with house.desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        return compare_revisions(unit, str(plan_id), older, newer or record.plan.revision)
