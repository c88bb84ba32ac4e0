"""Who may do what, by Cedar: default deny, forbid wins, the schema always given, and any error denies.

Without a schema a missing attribute makes a `forbid` fail and be skipped, so nothing is ever asked without it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from cedarpy import AuthzResult, Entities, PolicySet, Schema, is_authorized_batch, validate_policies

from gate.authority.requests import Act, AuthorityAnswer, AuthorityRequest
from gate.authority.words import DENIED, FAILED, NEW_OWNER, NO_PERMIT, OWNER, could, who_could
from gate.decisions import GateError
from gate.policy import PolicyBundle
from plan import ActorKind, Principal, Role

_HERE = "gate.authority"
_SUBJECT = {"type": "Oncourse::Subject", "id": "it"}


class BadAuthorityError(GateError):
    """The policies that ship with this version do not fit their schema."""

    code = "bad_authority"


def policies_text() -> str:
    """Return all Cedar policies as text, permits first."""
    return "\n".join(files(_HERE).joinpath(name).read_text("utf-8") for name in ("permits.cedar", "forbids.cedar"))


def schema_text() -> str:
    """Return the Cedar schema as text."""
    return files(_HERE).joinpath("authority.cedarschema").read_text("utf-8")


@cache
def _schema() -> Schema:
    return Schema.from_str(schema_text())


@cache
def _policies() -> PolicySet:
    """Return the parsed policies; raise BadAuthorityError where they do not fit the schema."""
    found = validate_policies(policies_text(), _schema())
    if not found.validation_passed:
        raise BadAuthorityError(f"the authority policies do not fit their schema: {found.errors}")
    return PolicySet.from_str(policies_text())


def may(request: AuthorityRequest, policy: PolicyBundle) -> AuthorityAnswer:
    """Say whether a principal may act, by their own authority or by one that was delegated to them."""
    answer = _asked(request, policy, request.principal)
    if answer.allowed or not _of_the_house(request, request.principal):
        return answer
    for delegator in _delegators(request):
        lent = _asked(request, policy, delegator)
        if lent.allowed:
            return lent.model_copy(update={"on_behalf_of": delegator.principal_id})
    return answer


def who_can(request: AuthorityRequest, principals: Iterable[Principal], policy: PolicyBundle) -> tuple[str, ...]:
    """Return the ids, sorted, of those among the principals who could do this act; delegations among them count."""
    people = {p.principal_id: p for p in principals}
    asked = [request.model_copy(update={"principal": p}) for p in people.values()]
    questions = [(r, r.principal) for r in asked]
    found = {one.principal.principal_id for one, (yes, _) in zip(asked, _decide(questions, policy), strict=True) if yes}
    for one in asked:
        lenders = tuple(p for p in people.values() if any(d.to == one.principal.principal_id for d in p.delegations))
        if lenders and may(one.model_copy(update={"delegators": lenders}), policy).allowed:
            found.add(one.principal.principal_id)
    return tuple(sorted(found))


def _delegators(request: AuthorityRequest) -> Iterator[Principal]:
    """Yield, by id, who lets this principal do this act now."""
    for lender in sorted(request.delegators, key=lambda p: p.principal_id):
        other = lender.principal_id != request.principal.principal_id
        if other and _of_the_house(request, lender) and request.in_force(lender):
            yield lender


def _of_the_house(request: AuthorityRequest, principal: Principal) -> bool:
    """Tell whether somebody may lend or borrow authority: strangers, machines and people who left do neither."""
    return principal.tenant_id == request.tenant_id and principal.kind is ActorKind.HUMAN and principal.active


def _asked(request: AuthorityRequest, policy: PolicyBundle, principal: Principal) -> AuthorityAnswer:
    ((allowed, code),) = _decide([(request, principal)], policy)
    if allowed:
        return AuthorityAnswer(allowed=True, grant=code, role=_role(request, policy, principal))
    roles = ", ".join(sorted(principal.roles)) or "no role"
    reason = DENIED.get(code, f"has {roles}" if principal.kind is ActorKind.HUMAN else "a machine may not do this")
    return AuthorityAnswer(allowed=False, grant=code, reason=reason, who_could=who_could(request, policy))


def _decide(asked: list[tuple[AuthorityRequest, Principal]], policy: PolicyBundle) -> list[tuple[bool, str]]:
    """Ask Cedar about one subject, in each principal's name; what does not even fit the schema is denied."""
    if not asked:
        return []
    plain = [_subject(asked[0][0], policy), *(_actor(principal) for _, principal in asked)]
    try:
        entities = Entities.from_json_str(orjson.dumps(plain).decode(), _schema())
    except ValueError:
        return [(False, FAILED)] * len(asked)
    questions = [_question(request, policy, principal) for request, principal in asked]
    return [_decided(answer) for answer in is_authorized_batch(questions, _policies(), entities, _schema())]


def _decided(result: AuthzResult) -> tuple[bool, str]:
    """Return whether it is allowed and by which policy; an error of any policy denies."""
    diagnostics = result.diagnostics
    if diagnostics.errors:
        return False, FAILED
    codes = sorted(diagnostics.id_annotations_by_reason.values())
    return bool(result.allowed), codes[0] if codes else NO_PERMIT


def _role(request: AuthorityRequest, policy: PolicyBundle, principal: Principal) -> str:
    """Return the relation or role under which it is allowed, as entries name it."""
    if principal.kind is not ActorKind.HUMAN:
        return "system" if principal.kind is ActorKind.SYSTEM else str(Role.PROPOSER)
    mine = {OWNER: request.owner, NEW_OWNER: request.new_owner}
    for role in could(request, policy):
        if mine.get(role) == principal.principal_id or role in principal.roles:
            return str(role)
    return str(Role.PROPOSER) if request.act is Act.PROPOSE else "break_glass"


def _question(request: AuthorityRequest, policy: PolicyBundle, principal: Principal) -> dict[str, Any]:
    return {
        "principal": {"type": _kind(principal), "id": principal.principal_id},
        "action": {"type": "Oncourse::Action", "id": request.act.value},
        "resource": _SUBJECT,
        "context": {
            "actor": request.principal.principal_id,
            "strong": request.strong(policy),
            "break_glass": request.break_glass,
        },
    }


def _kind(principal: Principal) -> str:
    return "Oncourse::Person" if principal.kind is ActorKind.HUMAN else "Oncourse::Machine"


def _actor(principal: Principal) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "id": principal.principal_id,
        "tenant": principal.tenant_id,
        "active": principal.active,
    }
    limit = principal.approval_limit_minor
    if principal.kind is ActorKind.HUMAN:
        attrs |= {"roles": sorted(principal.roles), "limited": limit is not None, "limit": limit or 0}
    else:
        attrs["kind"] = principal.kind.value
    return {"uid": {"type": _kind(principal), "id": principal.principal_id}, "attrs": attrs, "parents": []}


def _subject(request: AuthorityRequest, policy: PolicyBundle) -> dict[str, Any]:
    attrs = {
        "tenant": request.tenant_id,
        "risk": request.risk.rank,
        "amount": request.amount_minor,
        "circle": policy.authority[request.risk].role.rank,
        "owner": request.owner or "",
        "editors": sorted(request.editors),
        "approved": sorted(request.already_approved),
        "paused_by": request.paused_by or "",
        "new_owner": request.new_owner or "",
    }
    return {"uid": _SUBJECT, "attrs": attrs, "parents": []}
