"""A change of one plan that was asked for: on the plan as it was read, once, answered with how the plan stands then."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from oncourse.web.callers import Deciding, Fronted, Proposing
from oncourse.web.conditions import IfMatch, check_unchanged, etag_of, expected_of
from oncourse.web.front import Caller, Front
from oncourse.web.repeats import Asked, Key, claim_of, once
from orchestrator import Acting, Orchestrator, show
from store import Expected


class Pending:
    """One such change, before it is made."""

    def __init__(self, asked: Asked, expected: Expected, plan_id: UUID) -> None:
        self._asked, self._expected = asked, expected
        self.plan_id = str(plan_id)

    @property
    def who(self) -> Acting:
        """Return who asks."""
        return self._asked.caller.who

    def make(self, body: BaseModel, do: Callable[[Orchestrator], object]) -> Response:
        """Make the change in one transaction; 412 where the plan is no longer what was read."""
        return once(
            self._asked,
            claim_of(self._asked, body, self._expected),
            self._expected,
            check=lambda house: check_unchanged(house, self._expected),
            do=do,
            answer=lambda house: shown(house, self.plan_id),
        )


def shown(house: Orchestrator, plan_id: str) -> Response:
    """Answer how a plan stands now."""
    with house.desk.unit(reading=True) as unit:
        record = unit.plans.get(plan_id)
        body = show(unit, record).model_dump(mode="json")
    return JSONResponse(body, headers={"etag": etag_of(record)})


def _pending(
    plan_id: UUID, request: Request, caller: Caller, front: Front, if_match: str | None, key: str | None
) -> Pending:
    asked = Asked(front, caller, request.method, request.url.path, key)
    return Pending(asked, expected_of(plan_id, if_match), plan_id)


def a_decision(
    plan_id: UUID, request: Request, caller: Deciding, front: Fronted, if_match: IfMatch = None, key: Key = None
) -> Pending:
    """Return a change that only a person may ask for."""
    return _pending(plan_id, request, caller, front, if_match, key)


def an_edit(
    plan_id: UUID, request: Request, caller: Proposing, front: Fronted, if_match: IfMatch = None, key: Key = None
) -> Pending:
    """Return a change that a program with the scope `propose` may ask for as well."""
    return _pending(plan_id, request, caller, front, if_match, key)


Decision = Annotated[Pending, Depends(a_decision)]
Editing = Annotated[Pending, Depends(an_edit)]
