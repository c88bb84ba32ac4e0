"""The queue of what waits for people, and several decisions at once: each on its own plan as it was read."""

from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints, model_validator

from oncourse.web.callers import Deciding, Fronted, Housed, Reading
from oncourse.web.conditions import check_unchanged, expected_of
from oncourse.web.decisions import Quoted, Sentence
from oncourse.web.pending import shown
from oncourse.web.problems import Problem, ProblemError, refusal
from oncourse.web.refusals import REFUSALS
from oncourse.web.repeats import Asked, Key, claim_of, once
from orchestrator import Acting, Orchestrator, Waiting, waiting, waits_for
from plan import Frozen, Id, OncourseError, decided_alone
from store import Expected

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], responses=REFUSALS)
MOST = 50


class Review(Frozen):
    """One thing that waits, and who could answer it."""

    waits: Waiting
    who: tuple[Id, ...]


class Queue(Frozen):
    """What waits, the least time left first, then the most revenue."""

    reviews: tuple[Review, ...]


class Item(Frozen):
    """One decision about one draft."""

    plan_id: UUID
    if_match: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    decision: Literal["approve", "send-back", "reject"]
    digest: Quoted | None = None
    """Of an approval."""
    reason: Sentence | None = None
    """Of anything else."""

    @model_validator(mode="after")
    def _complete(self) -> "Item":
        if self.decision == "approve" and (self.digest is None or self.reason is not None):
            raise ValueError("an approval quotes its digest and gives no reason")
        if self.decision != "approve" and (self.reason is None or self.digest is not None):
            raise ValueError(f"to {self.decision} takes a reason and no digest")
        return self


class Items(Frozen):
    """Several decisions; one that is refused does not touch the others."""

    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=MOST)]


class Decided(Frozen):
    """What became of one."""

    plan_id: UUID
    status: int
    etag: str | None = None
    problem: Problem | None = None


class Results(Frozen):
    """What became of each, in order."""

    results: tuple[Decided, ...]


@router.get("")
def queue(
    caller: Reading,
    house: Housed,
    mine: Annotated[bool, Query(description="Only what the caller could answer.")] = False,
) -> Queue:
    """List what waits for people, the most urgent first."""
    me = caller.who.principal.principal_id
    with house.desk.unit(reading=True) as unit:
        found = tuple(Review(waits=one, who=waits_for(unit, one)) for one in waiting(unit))
    return Queue(reviews=tuple(one for one in found if not mine or me in one.who))


@router.post(":decide")
def decide(body: Items, request: Request, caller: Deciding, front: Fronted, key: Key = None) -> Results:
    """Take several decisions, each on its plan as it was read; HIGH risk and what reaches customers never in bulk."""
    return Results(
        results=tuple(
            decided(Asked(front, caller, request.method, request.url.path, _own(key, item)), item)
            for item in body.items
        )
    )


def _own(key: str | None, item: Item) -> str | None:
    """Return an item's own key: short, and another one for each plan."""
    return None if key is None else f"{sha256(key.encode()).hexdigest()[:32]}/{item.plan_id}"


def decided(asked: Asked, item: Item) -> Decided:
    """Decide one item; a refusal is its result."""
    try:
        expected = expected_of(item.plan_id, item.if_match)
        who = asked.caller.who
        response = once(
            asked,
            claim_of(asked, item, expected),
            expected,
            check=lambda house: _may_be_in_bulk(house, expected),
            do=lambda house: _do(house, item, who),
            answer=lambda house: shown(house, str(item.plan_id)),
        )
    except (OncourseError, ProblemError) as error:
        refused = refusal(error)
        return Decided(
            plan_id=item.plan_id, status=refused.status_code, problem=Problem.model_validate_json(bytes(refused.body))
        )
    return Decided(plan_id=item.plan_id, status=response.status_code, etag=response.headers.get("etag"))


def _do(house: Orchestrator, item: Item, who: Acting) -> None:
    plan_id = str(item.plan_id)
    if item.decision == "approve":
        house.approve(plan_id, item.digest or "", who)
    elif item.decision == "send-back":
        house.send_back(plan_id, item.reason or "", who)
    else:
        house.reject(plan_id, item.reason or "", who)


def _may_be_in_bulk(house: Orchestrator, expected: Expected) -> None:
    check_unchanged(house, expected)
    with house.desk.unit(reading=True) as unit:
        alone = decided_alone(unit.plans.get(expected.plan_id).plan)
    if alone:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "not_in_bulk",
            "a plan of HIGH risk, or one that reaches the customer, is decided by itself: read it and decide it there",
        )
