"""A plan's state as rows and back: a body for each, and beside it the columns that are asked for."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import RowMapping

from ledger import PlanState, state_digest
from plan import PlanApproval, RevenuePlanV1, StepApproval, canonical, content_digest, references, unseal

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


class Parsed(NamedTuple):
    """What the bodies of a plan's rows hold; it depends on nothing but their bytes."""

    state: PlanState
    content_digest: str
    state_digest: str | None
    references: frozenset[str]
    columns: tuple[tuple[Any, ...], ...]
    """What the columns beside the bodies must say."""


Bodies = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""The bodies of a plan, of its steps, of its approvals and of its steps' approvals, each in order."""
PLANS_KEPT = 256
"""Plans that a process keeps in parsed form, by their bytes: a tick reads the same plan several times."""


def bodies_of(body: str, steps: Sequence[Read], given: Sequence[Read]) -> Bodies:
    """Return the bodies of a plan's rows."""
    return (
        body,
        tuple(row["body"] for row in steps),
        tuple(row["body"] for row in given if not row["step_id"]),
        tuple(row["body"] for row in given if row["step_id"]),
    )


@lru_cache(maxsize=PLANS_KEPT)
def parsed(bodies: Bodies) -> Parsed:
    """Read a plan from the bodies of its rows; raise ValueError, KeyError or TypeError where they hold none."""
    body, steps, approvals, step_approvals = bodies
    plain: dict[str, Any] = orjson.loads(body)
    plain["plan"]["steps"] = [orjson.loads(one) for one in steps]
    plain["approvals"] = [orjson.loads(one) for one in approvals]
    plain["step_approvals"] = [orjson.loads(one) for one in step_approvals]
    state = PlanState.model_validate(plain)
    digest = content_digest(state.plan)
    columns = tuple(_columns_said(state, digest))
    return Parsed(state, digest, state_digest(state), frozenset(references(plain)), columns)


@lru_cache(maxsize=PLANS_KEPT)
def in_clear(bodies: Bodies, contents: tuple[tuple[str, str], ...]) -> RevenuePlanV1:
    """Return the plan of these bodies joined with its private texts, given as references with their texts."""
    return unseal(parsed(bodies).state.plan, dict(contents))


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


def columns_of(row: Read, steps: Sequence[Read], given: Sequence[Read]) -> tuple[tuple[Any, ...], ...]:
    """Return what the columns beside the bodies say."""
    told = [tuple(row[name] for name in _OWN)]
    told += [tuple(step[name] for name in _OF_STEP) for step in steps]
    told += [tuple(one[name] for name in _OF_APPROVAL) for one in given]
    return tuple(told)


def _columns_said(state: PlanState, digest: str) -> list[tuple[Any, ...]]:
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
