"""ETags and If-Match: a decision is taken on what was read, or it is not taken."""

import re
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Header

from ledger import state_digest
from oncourse.web.problems import ProblemError
from orchestrator import Orchestrator, compare_revisions
from plan import PlanStatus
from store import Expected, PlanRecord

DIGITS = 16
_TAG = re.compile(rf'"(\d{{1,6}})-([A-Z]+)-([0-9a-f]{{{DIGITS}}})"')
IfMatch = Annotated[str | None, Header(description="The ETag of the plan as it was read.")]


def etag_of(record: PlanRecord) -> str:
    """Return a plan's strong ETag: revision, status, and the beginning of the digest of all that is known of it."""
    digits = str(state_digest(record.state)).removeprefix("sha256:")[:DIGITS]
    return f'"{record.plan.revision}-{record.plan.status}-{digits}"'


def expected_of(plan_id: UUID, if_match: str | None) -> Expected:
    """Return how the plan must stand; 428 without an ETag, 412 for one that no plan ever had."""
    if if_match is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            "if_match_missing",
            "send the ETag of the plan as you read it: If-Match; GET the plan to learn it",
        )
    found = _TAG.fullmatch(if_match.strip())
    if found is None or found[2] not in PlanStatus.__members__:
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            "changed_since_read",
            "this If-Match is no ETag of a plan; GET it again",
        )
    return Expected(plan_id=plan_id, revision=int(found[1]), status=PlanStatus(found[2]), digits=found[3])


def check_unchanged(house: Orchestrator, expected: Expected) -> None:
    """Answer 412, with what changed, where the plan is not as it was read; raise NotFoundError for none."""
    with house.desk.unit(reading=True) as unit:
        record = unit.plans.get(expected.plan_id)
        if expected.meets(record.state):
            return
        changed = []
        if 0 < expected.revision < record.plan.revision:
            found = compare_revisions(unit, str(expected.plan_id), expected.revision, record.plan.revision)
            changed = [one.model_dump(mode="json") for one in found.differences]
    plan = record.plan
    if (expected.revision, expected.status) == (plan.revision, plan.status):
        told = "a step, an approval or a reason for sending it back came in between"
    else:
        told = f"it was revision {expected.revision}, {expected.status}, and is revision {plan.revision}, {plan.status}"
    raise ProblemError(
        HTTPStatus.PRECONDITION_FAILED,
        "changed_since_read",
        f"the plan changed while you were reading: {told}; read it again",
        headers={"etag": etag_of(record)},
        etag=etag_of(record),
        changed=changed,
    )
