"""A plan's state as rows and back: a body for each, and beside it the columns that are asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import RowMapping

from ledger import PlanState
from plan import PlanApproval, StepApproval, canonical, content_digest

Read = Mapping[str, Any] | RowMapping
"""A row as it was read."""


class Rows(NamedTuple):
    """A state as rows, ready to be written or compared."""

    plan: dict[str, Any]
    steps: tuple[dict[str, Any], ...]
    approvals: tuple[dict[str, Any], ...]


def rows_of(state: PlanState) -> Rows:
    """Return the rows that this state is."""
    value = state.plan
    key = {"tenant_id": value.tenant_id, "plan_id": str(value.plan_id)}
    plain = state.model_dump(mode="json", exclude={"approvals", "step_approvals"})
    steps = plain["plan"].pop("steps")
    approvals = [(None, a) for a in state.approvals] + [(a.step_id, a) for a in state.step_approvals]
    return Rows(
        key
        | {
            "account_id": value.account_id,
            "plan_type": str(value.plan_type),
            "status": str(value.status),
            "owner": value.owner,
            "revision": value.revision,
            "content_digest": content_digest(value),
            "expires_at": value.expires_at,
            "body": canonical(plain).decode(),
        },
        tuple(
            key
            | {
                "step_id": step["step_id"],
                "position": position,
                "status": step["status"],
                "action_type": step["action_type"],
                "body": canonical(step).decode(),
            }
            for position, step in enumerate(steps)
        ),
        tuple(
            key
            | {
                "position": position,
                "step_id": str(step_id or ""),
                "attempt": getattr(given, "attempt", 0),
                "revision": given.revision,
                "principal_id": given.principal_id,
                "body": canonical(given).decode(),
            }
            for position, (step_id, given) in enumerate(approvals)
        ),
    )


def plain_of(body: str, steps: Sequence[Read], given: Sequence[Read]) -> dict[str, Any]:
    """Return a state as plain JSON from the bodies of its rows."""
    plain: dict[str, Any] = orjson.loads(body)
    plain["plan"]["steps"] = [orjson.loads(row["body"]) for row in steps]
    plain["approvals"] = [orjson.loads(row["body"]) for row in given if not row["step_id"]]
    plain["step_approvals"] = [orjson.loads(row["body"]) for row in given if row["step_id"]]
    return plain


_OWN = (
    "tenant_id",
    "plan_id",
    "account_id",
    "plan_type",
    "status",
    "owner",
    "revision",
    "content_digest",
    "expires_at",
)
_OF_STEP = ("position", "step_id", "status", "action_type")
_OF_APPROVAL = ("position", "step_id", "attempt", "revision", "principal_id")


def columns_of(row: Read, steps: Sequence[Read], given: Sequence[Read]) -> list[tuple[Any, ...]]:
    """Return what the columns beside the bodies say."""
    told = [tuple(row[name] for name in _OWN)]
    told += [tuple(step[name] for name in _OF_STEP) for step in steps]
    return told + [tuple(one[name] for name in _OF_APPROVAL) for one in given]


def columns_said(state: PlanState, digest: str) -> list[tuple[Any, ...]]:
    """Return what they must say, by the bodies."""
    value = state.plan
    own = (value.tenant_id, str(value.plan_id), value.account_id, value.plan_type.value, value.status.value)
    approvals: list[tuple[str, int, PlanApproval | StepApproval]] = [("", 0, a) for a in state.approvals]
    approvals += [(str(a.step_id), a.attempt, a) for a in state.step_approvals]
    return [
        (*own, value.owner, value.revision, digest, value.expires_at),
        *((at, str(step.step_id), step.status.value, step.action_type) for at, step in enumerate(value.steps)),
        *((at, step, attempt, a.revision, a.principal_id) for at, (step, attempt, a) in enumerate(approvals)),
    ]
