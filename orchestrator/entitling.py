"""Who belongs to the tenant, who left, and who lets whom act in their stead."""

from collections.abc import Iterable
from datetime import timedelta

from gate import DELEGABLE, DENIED, INACTIVE, LAST_ADMIN, Act
from ledger import Authority, Entry, PrincipalChanged
from orchestrator.desk import Acting, Desk, authorize, bundle, check_reason
from orchestrator.errors import BadInputError, NotAllowedError
from orchestrator.moves import Hand
from orchestrator.ownership import owner_gone
from plan import OPEN, ActorKind, Cause, Delegation, Principal, RiskClass, Role
from store import NotFoundError, Unit


def deactivate(desk: Desk, principal_id: str, reason: str, who: Acting) -> tuple[str, ...]:
    """Let somebody act no more; returns the open plans that this person owned. History keeps the name."""
    check_reason(reason)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.ADD_PRINCIPAL)
        known = unit.principals.get(principal_id)
        if not known.active:
            raise BadInputError(f"{principal_id} is not active already")
        changed = known.model_copy(update={"active": False})
        keeps_an_admin(unit, changed)
        entry = record_change(unit, changed, who, authority, ("deactivated", reason))
        left = tuple(str(r.plan.plan_id) for r in unit.plans.find(statuses=OPEN) if r.plan.owner == principal_id)
        owner_gone(Hand(unit, who, authority, cause=Cause(kind="entry", ref=entry.address)), principal_id)
        return left


def reactivate(desk: Desk, principal_id: str, reason: str, who: Acting) -> None:
    """Let somebody act again, with the roles as they were and without old delegations."""
    check_reason(reason)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.ADD_PRINCIPAL)
        known = unit.principals.get(principal_id)
        if known.active:
            raise BadInputError(f"{principal_id} is active already")
        changed = known.model_copy(update={"active": True, "delegations": ()})
        record_change(unit, changed, who, authority, ("reactivated", reason))


def delegate(
    desk: Desk,
    to: str,
    acts: Iterable[Act],
    who: Acting,
    *,
    days: int,
    max_risk: RiskClass = RiskClass.MEDIUM,
    max_amount_minor: int | None = None,
) -> Delegation:
    """Let somebody act in one's own stead for some days; it replaces what was delegated to that person before."""
    wanted = tuple(sorted({str(act) for act in acts}))
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.DELEGATE)
        own = unit.principals.get(who.principal.principal_id)
        _fits(unit, own, to, wanted, days)
        given = Delegation(
            to=to,
            acts=wanted,
            max_risk=max_risk,
            max_amount_minor=max_amount_minor,
            until=unit.now + timedelta(days=days),
        )
        others = tuple(d for d in own.delegations if d.to != to)
        changed = own.model_copy(update={"delegations": (*others, given)})
        record_change(unit, changed, who, authority, ("delegated", ""))
        return given


def undelegate(desk: Desk, to: str, who: Acting) -> None:
    """Take back what one delegated to somebody; whoever is active may take back their own."""
    with desk.unit() as unit:
        own = unit.principals.get(who.principal.principal_id)
        if not own.active:
            raise NotAllowedError(f"{own.principal_id} may not undelegate ({INACTIVE}): {DENIED[INACTIVE]}", INACTIVE)
        kept = tuple(d for d in own.delegations if d.to != to)
        if kept == own.delegations:
            raise NotFoundError(f"{own.principal_id} delegated nothing to {to}; see: oncourse principal list")
        authority = Authority(role="self", grant="AUTH-UNDELEGATE")
        record_change(unit, own.model_copy(update={"delegations": kept}), who, authority, ("undelegated", ""))


def note_link(desk: Desk, principal_id: str, who: Acting) -> None:
    """Write down that somebody is given a new way in; raise BadInputError for a machine, or for who may not act."""
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.ADD_PRINCIPAL)
        known = unit.principals.get(principal_id)
        if known.kind is not ActorKind.HUMAN or not known.active:
            raise BadInputError(f"{principal_id} is no active person; see: oncourse principal list")
        record_change(unit, known, who, authority, ("sign_in_link", ""))


def follow_groups(desk: Desk, principal_id: str, roles: frozenset[Role], issuer: str) -> Principal:
    """Let somebody have the roles that their identity provider's groups give, in the provider's name.

    The settings trust the provider with this, so no person is asked; limits and delegations stay, whoever left stays
    gone, and the last active administrator stays one. Returns the principal as it is then.
    """
    with desk.unit() as unit:
        known = {p.principal_id: p for p in unit.principals.every()}.get(principal_id)
        fresh = Principal(principal_id=principal_id, tenant_id=desk.tenant_id)
        changed = (known or fresh).model_copy(update={"roles": roles})
        if known is not None and _last_admin(unit, changed):
            changed = changed.model_copy(update={"roles": roles | {Role.TENANT_ADMIN}})
        if changed != known:
            unit.record(
                f"principal/{principal_id}",
                "principal.added.v1" if known is None else "principal.changed.v1",
                PrincipalChanged(principal=changed),
                actor=desk.system.actor,
                authority=Authority(role="identity_provider", grant="AUTH-OIDC-GROUPS"),
                cause=Cause(kind="import", ref=issuer),
                reason=("roles_from_groups", ""),
            )
        return changed


def keeps_an_admin(unit: Unit, changed: Principal) -> None:
    """Raise NotAllowedError where a change would leave the tenant without an active administrator."""
    if _last_admin(unit, changed):
        raise NotAllowedError(
            f"nobody may do that ({LAST_ADMIN}): {changed.principal_id} is the last active tenant_admin; "
            "add another one first: oncourse principal add NAME --role tenant_admin",
            LAST_ADMIN,
        )


def _last_admin(unit: Unit, changed: Principal) -> bool:
    admins = {p.principal_id for p in unit.principals.every() if p.active and Role.TENANT_ADMIN in p.roles}
    stays = changed.active and Role.TENANT_ADMIN in changed.roles
    return admins == {changed.principal_id} and not stays


def record_change(
    unit: Unit, changed: Principal, who: Acting, authority: Authority, reason: tuple[str, str] | None = None
) -> Entry:
    """Write a principal as it is from now on."""
    return unit.record(
        f"principal/{changed.principal_id}",
        "principal.changed.v1",
        PrincipalChanged(principal=changed),
        actor=who.actor,
        authority=authority,
        cause=Cause(kind="person", ref=who.principal.principal_id),
        reason=reason,
    )


def _fits(unit: Unit, own: Principal, to: str, acts: tuple[str, ...], days: int) -> None:
    if to == own.principal_id:
        raise BadInputError("nobody delegates to themselves; name another person with --to")
    there = unit.principals.get(to)
    if there.kind is not ActorKind.HUMAN:
        raise BadInputError(f"{to} is a machine; authority is delegated to people only")
    if not there.active:
        raise BadInputError(f"{to} is no longer active; name somebody who is")
    unknown = sorted(set(acts) - {str(act) for act in DELEGABLE})
    if unknown or not acts:
        what = f"{', '.join(unknown)} cannot be delegated" if unknown else "name at least one act"
        raise BadInputError(f"{what}; what can be: {', '.join(sorted(DELEGABLE))} (--act)")
    most = bundle(unit)[0].delegation_max_days
    if not 1 <= days <= most:
        raise BadInputError(f"--days {days}: the policy lets authority be delegated for 1 to {most} days")
