"""/evals: how the accepted answers of the exam scored, case by case, and where these numbers come from."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from gate import bundle_digest
from oncourse.web.callers import Fronted
from oncourse.web.pages.exam_reading import HOME, Exam, read_exam
from oncourse.web.pages.queue import mine_of
from oncourse.web.pages.shell import PageRoute, Reader, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)
SOURCES = {
    "authored": "Written for the exam: shows whether scorers, gate and recordings hold, not how good a model is",
    "code": "Decided by code: shows whether scorers, gate and recordings hold, not how good a model is",
}
"""What a source of answers that is no model proves."""
REAL = "claude"
"""How the name of a model begins whose answers say how good it is."""


def the_exam() -> Exam | None:
    """Return the exam of the checkout that this process runs from; None in an installed package."""
    return read_exam(HOME)


@router.get("/evals")
def evals(
    reader: Reader,
    front: Fronted,
    exam: Annotated[Exam | None, Depends(the_exam)],
    model: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    """Show the accepted answers of one source."""
    house = front.house(reader.tenant_id)
    with house.desk.unit(reading=True) as unit:
        waiting = mine_of(unit, reader.who.principal.principal_id)
    known = sorted({one.model for one in exam.accepted.answers}) if exam else []
    chosen = model if model in known else next(iter(known), "")
    answers = [one for one in exam.accepted.answers if one.model == chosen] if exam else []
    return page(
        "evals.html", reader, "/evals", waiting=waiting, exam=exam, models=known, chosen=chosen,
        answers=sorted(answers, key=lambda one: (one.passed, one.case, one.k)),
        passed=sum(one.passed for one in answers), means=SOURCES.get(chosen, "Answers of a recorded model"),
        real=any(name.startswith(REAL) for name in known),
        same=exam is not None and bundle_digest(house.governance.policy("current")) == exam.accepted.policy,
    )  # fmt: skip
