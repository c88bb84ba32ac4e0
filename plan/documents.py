"""Read plan documents from elsewhere: missing ids and dates come from defaults, missing params stay null."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError

from plan.actions import spec_of
from plan.assembly import risk_of
from plan.errors import CatalogueError, PlanError
from plan.lifecycle import PlanStatus, StepStatus
from plan.revenue_plan import Cause, PlanStep, RenewalDefenseTerms, RevenuePlanV1
from plan.scalars import Frozen, Id, Instant


class DocumentDefaults(Frozen):
    """What a foreign document does not say."""

    tenant_id: Id
    owner: Id
    subject: tuple[Id, ...]
    objective_params: RenewalDefenseTerms
    now: Instant
    step_span: timedelta = timedelta(days=14)


def load_document(data: bytes | str, defaults: DocumentDefaults, new_id: Callable[[], UUID]) -> RevenuePlanV1:
    """Read a plan document; raise PlanError with one line that says what is wrong and where.

    Ids, dates, owner and objective parameters are filled from `defaults`; missing params are kept as null, which the
    gate reports as PG013; a missing status is ACTIVE where a step is settled and DRAFT otherwise.
    """
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise PlanError(f"the document is not JSON: {error}; send UTF-8 JSON") from error
    if not isinstance(raw, dict):
        raise PlanError("the document is no JSON object; a plan is {plan_type, account_id, objective, steps, ...}")
    steps = raw.get("steps")
    if not isinstance(steps, list):
        raise PlanError("the document has no list of steps; add steps: [{action_type, ...}]")
    parsed = tuple(_step(step, index, defaults, new_id) for index, step in enumerate(steps))
    try:
        return RevenuePlanV1.model_validate(
            {
                "plan_id": new_id(),
                "tenant_id": defaults.tenant_id,
                "owner": defaults.owner,
                "subject": defaults.subject,
                "objective_params": defaults.objective_params,
                "created_at": defaults.now,
                "created_from": Cause(kind="import", ref="document"),
                "expires_at": defaults.objective_params.deadline,
                "status": PlanStatus.ACTIVE if any(step.settled for step in parsed) else PlanStatus.DRAFT,
                "risk": risk_of(parsed),
            }
            | raw
            | {"steps": parsed}
        )
    except ValidationError as error:
        raise PlanError(f"the document is no plan: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """Return a validation error's first finding as one line, without the value that was sent."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(_printable(part) for part in first["loc"]) or "document"
    more = error.error_count() - 1
    return f"{where}: {first['msg'].removeprefix('Value error, ')}" + (f" (and {more} more)" if more else "")


def _printable(part: int | str) -> str:
    text = str(part)
    return text if text.isprintable() else repr(text)


def _step(step: Any, index: int, defaults: DocumentDefaults, new_id: Callable[[], UUID]) -> PlanStep:
    if not isinstance(step, dict):
        raise PlanError(f"steps[{index}] is no object; a step is {{action_type, ...}}")
    try:
        spec = spec_of(str(step.get("action_type")))
    except CatalogueError as error:
        raise PlanError(f"steps[{index}]: {error}") from error
    filled = {
        "step_id": new_id(),
        "approval": spec.approval,
        "status": StepStatus.PENDING,
        "not_before": defaults.now,
        "due_by": defaults.now + defaults.step_span,
        "params": None,
    } | step
    try:
        return PlanStep.model_validate(filled)
    except ValidationError as error:
        raise PlanError(f"steps[{index}] is no step: {explain(error)}") from error
