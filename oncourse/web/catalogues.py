"""What is in force: the policy, the action types it allows, the plan types there are."""

from fastapi import APIRouter

from gate import PolicyBundle
from oncourse.web.callers import Housed, Reading
from oncourse.web.refusals import refusals
from orchestrator import bundle
from plan import PLAYBOOKS, ActionSpec, Digest, Frozen, PlanType, RiskClass, catalogue

router = APIRouter(prefix="/v1", tags=["catalogues"], responses=refusals(401, 403, 404, 421, 503))


class Policy(Frozen):
    """The bundle in force, with its address."""

    digest: Digest
    bundle: PolicyBundle


class Action(Frozen):
    """An action of the catalogue, and in which plan types the policy allows it, at what risk."""

    spec: ActionSpec
    allowed: dict[PlanType, RiskClass]


class PlanKind(Frozen):
    """A goal that a plan can serve."""

    plan_type: PlanType
    playbook: bool
    """Whether the house has a playbook for it."""
    actions: tuple[str, ...]
    """What the policy allows in it, sorted."""


@router.get("/policy")
def policy(_caller: Reading, house: Housed) -> Policy:
    """Return the policy in force."""
    with house.desk.unit(reading=True) as unit:
        found, digest = bundle(unit)
    return Policy(digest=digest, bundle=found)


@router.get("/action-types")
def action_types(_caller: Reading, house: Housed) -> list[Action]:
    """Return every action that a plan may be made of."""
    with house.desk.unit(reading=True) as unit:
        found, _ = bundle(unit)
    return [
        Action(
            spec=spec,
            allowed={
                kind: given[spec.action_type].risk for kind, given in found.actions.items() if spec.action_type in given
            },
        )
        for spec in catalogue().actions
    ]


@router.get("/plan-types")
def plan_types(_caller: Reading, house: Housed) -> list[PlanKind]:
    """Return the goals that a plan can serve."""
    with house.desk.unit(reading=True) as unit:
        found, _ = bundle(unit)
    return [
        PlanKind(plan_type=kind, playbook=kind in PLAYBOOKS, actions=tuple(sorted(found.approved_actions(kind))))
        for kind in PlanType
    ]
