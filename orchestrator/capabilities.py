"""Who could do something: the question behind every refusal, asked of the people of the tenant."""

from collections.abc import Mapping

from gate import TAKES_TWO, Act, AuthorityRequest, PolicyBundle, may, who_can
from orchestrator.desk import bundle
from orchestrator.errors import NotAllowedError
from orchestrator.landing import find_step
from plan import Principal
from store import Unit


def who_may(
    unit: Unit, act: Act, plan_id: str | None = None, step: str | None = None, *, owner: str | None = None
) -> tuple[str, ...]:
    """Return who could do an act on a plan or a step of it now, each with a fresh second factor.

    `owner`: of the account, where no plan is in question.
    """
    people, (policy, _) = unit.principals.every(), bundle(unit)
    if not people:
        return ()
    about = _about(unit, policy, plan_id, step)
    return who_can(_request(unit, people[0], act, owner).model_copy(update=about), people, policy)


class Powers:
    """What one person could do now, each time with a fresh second factor; read once, for many questions."""

    def __init__(self, unit: Unit, who: str) -> None:
        people = unit.principals.every()
        self._unit, (self._policy, _) = unit, bundle(unit)
        self._me = next((one for one in people if one.principal_id == who), None)
        self._lenders = tuple(one for one in people if any(lent.to == who for lent in one.delegations))

    def may(self, act: Act, plan_id: str | None = None, step: str | None = None, *, owner: str | None = None) -> bool:
        """Say whether the person could do an act, on a plan or a step of it, or on an account of `owner`'s."""
        if self._me is None:
            return False
        about = _about(self._unit, self._policy, plan_id, step) | {"delegators": self._lenders}
        request = _request(self._unit, self._me, act, owner).model_copy(update=about)
        return may(request, self._policy).allowed


def capable(unit: Unit, acts: Mapping[str, Act], plan_id: str, who: str) -> frozenset[str]:
    """Return the names of the acts on a plan that somebody could do now, with a fresh second factor."""
    powers = Powers(unit, who)
    return frozenset(name for name, act in acts.items() if powers.may(act, plan_id))


def others_who_may(unit: Unit, act: Act, *, without: str) -> tuple[str, ...]:
    """Return who else could do an act that is about no plan."""
    return tuple(name for name in who_may(unit, act) if name != without)


def still_may(unit: Unit, principal_id: str | None, act: Act) -> str | None:
    """Return the one who asked first, if that person may still ask."""
    return principal_id if principal_id in who_may(unit, act) else None


def check_another(unit: Unit, principal_id: str, first: str, act: Act, what: str) -> None:
    """Raise NotAllowedError where the second person would be the first one again."""
    if principal_id == first:
        could = others_who_may(unit, act, without=first)
        told = f"{' or '.join(could)} could" if could else "nobody else may; add another tenant_admin first"
        raise NotAllowedError(
            f"{first} may not {act.value} ({TAKES_TWO}): asked for {what} already, and it takes two; {told}", TAKES_TWO
        )


def _request(unit: Unit, who: Principal, act: Act, owner: str | None) -> AuthorityRequest:
    return AuthorityRequest(
        act=act, principal=who, tenant_id=unit.tenant_id, owner=owner, now=unit.now, strong_at=unit.now
    )


def _about(unit: Unit, policy: PolicyBundle, plan_id: str | None, step: str | None) -> dict[str, object]:
    """Return what a request says of the plan and the step that it is about."""
    if plan_id is None:
        return {}
    state = unit.plans.get(plan_id).state
    told: dict[str, object] = {
        "risk": state.plan.risk,
        "owner": state.plan.owner,
        "editors": state.editors,
        "already_approved": frozenset(a.principal_id for a in state.approvals),
        "amount_minor": state.plan.amount_minor,
        "paused_by": state.paused_by,
        "new_owner": state.handover.to if state.handover else None,
    }
    if step is None:
        return told
    found = find_step(state, step)
    given = (a for a in state.step_approvals if (a.step_id, a.attempt) == (found.step_id, found.attempts + 1))
    risk = policy.risk_of(state.plan.plan_type, found.action_type)
    return told | {"risk": risk, "already_approved": frozenset(a.principal_id for a in given)}
