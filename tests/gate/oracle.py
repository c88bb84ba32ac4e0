"""Who may, written from the design's sentences alone: it knows nothing of the Cedar policies that it checks."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from gate import Act, AuthorityRequest, default_bundle
from plan import ActorKind, Delegation, Principal, RiskClass, Role
from tests.house import MONDAY

POLICY = default_bundle()
LIMIT, AMOUNT = 1000, 1001
KINDS: dict[str, frozenset[Role]] = {
    "nobody": frozenset(),
    "editor": frozenset({Role.EDITOR}),
    "approver": frozenset({Role.PLAN_APPROVER}),
    "senior": frozenset({Role.SENIOR_APPROVER}),
    "operator": frozenset({Role.OPERATOR}),
    "revops": frozenset({Role.REVOPS}),
    "admin": frozenset({Role.TENANT_ADMIN}),
    "auditor": frozenset({Role.AUDITOR}),
    "proposer": frozenset({Role.PROPOSER}),
    "two hats": frozenset({Role.EDITOR, Role.PLAN_APPROVER, Role.OPERATOR}),
    "agent": frozenset(Role),
    "system": frozenset(Role),
    "policy": frozenset(Role),
}
MACHINES = {"agent": ActorKind.AGENT, "system": ActorKind.SYSTEM, "policy": ActorKind.POLICY}
LENT = ("none", "right", "another act", "over", "too risky", "lender edited", "lender left", "too dear")
STANDINGS = ("active", "left", "foreign")


class Case(NamedTuple):
    """One situation of the abstract domain."""

    act: Act
    kind: str
    risk: RiskClass
    owner: bool = False
    edited: bool = False
    approved: bool = False
    above: bool = False
    strong: bool = True
    standing: str = "active"
    owner_paused: bool = False
    emergency: bool = False
    handed: bool = False
    lent: str = "none"


def allowed(case: Case) -> bool:
    """Say whether the design lets this happen."""
    if case.standing != "active":
        return False
    if case.kind in MACHINES:
        return _machine(case)
    own = KINDS[case.kind]
    if _person(case, own, above=case.above, edited=case.edited):
        return True
    return _lent(case)


def _machine(case: Case) -> bool:
    """A machine proposes, or runs what runs; it never decides."""
    if case.kind == "agent":
        return case.act is Act.PROPOSE
    runs = {Act.PROPOSE, Act.PAUSE, Act.ABORT, Act.SKIP_OPTIONAL, Act.REPORT_OUTCOME}
    return case.kind == "system" and case.act in runs


def _lent(case: Case) -> bool:
    """A senior approver without limit lent it: what the lender may, where the loan covers it and neither is barred."""
    may_be_lent = {
        Act.APPROVE, Act.APPROVE_STEP, Act.OVERRIDE, Act.SEND_BACK, Act.REJECT, Act.RESUME, Act.REOPEN, Act.TRANSFER,
        Act.SKIP_REQUIRED,
    }  # fmt: skip
    if case.act not in may_be_lent or case.lent in {"none", "another act", "over", "lender left", "too dear"}:
        return False
    if case.lent == "too risky" and case.risk is not RiskClass.LOW:
        return False
    edited = case.edited or case.lent == "lender edited"
    return _person(case, KINDS["senior"], above=False, edited=edited, owns=False, barred_as_owner=case.owner)


def _person(
    case: Case, roles: frozenset[Role], *, above: bool, edited: bool, owns: bool | None = None, barred_as_owner=None
) -> bool:
    owner = case.owner if owns is None else owns
    as_owner = case.owner if barred_as_owner is None else barred_as_owner
    senior = Role.SENIOR_APPROVER in roles
    approver = senior or Role.PLAN_APPROVER in roles
    high = case.risk is RiskClass.HIGH
    match case.act:
        case Act.APPROVE | Act.APPROVE_STEP:
            if edited or case.approved or above or (high and (as_owner or not case.strong)):
                return False
            return senior if high else approver or (owner and case.risk is RiskClass.LOW)
        case Act.OVERRIDE:
            return senior and case.strong and not edited and not above and not (high and as_owner)
        case Act.PAUSE | Act.ABORT:
            return owner or approver or Role.OPERATOR in roles or case.emergency
        case Act.SWITCH_ON | Act.GO_SHADOW:
            return bool(roles & {Role.OPERATOR, Role.TENANT_ADMIN}) or case.emergency
        case Act.RESUME:
            return approver or (owner and case.owner_paused)
        case Act.ACCEPT:
            return case.handed
        case Act.PROPOSE:
            return owner or approver or bool(roles & {Role.EDITOR, Role.REVOPS, Role.PROPOSER})
        case Act.EDIT:
            return owner or Role.EDITOR in roles
        case Act.REJECT:
            return owner or approver or Role.EDITOR in roles
        case Act.SEND_BACK | Act.REOPEN | Act.SKIP_REQUIRED | Act.DELEGATE:
            return approver
        case Act.TRANSFER:
            return approver or Role.REVOPS in roles
        case Act.SKIP_OPTIONAL | Act.RELEASE:
            return owner or approver
        case Act.RETRY | Act.RECONCILE:
            return owner or approver or Role.OPERATOR in roles
        case Act.REPORT_OUTCOME:
            return owner or approver or bool(roles & {Role.EDITOR, Role.OPERATOR})
        case Act.IMPORT:
            return bool(roles & {Role.REVOPS, Role.TENANT_ADMIN, Role.OPERATOR})
        case Act.ADD_PRINCIPAL | Act.PUBLISH_POLICY | Act.SWITCH_OFF | Act.GO_LIVE | Act.KEEP_LEDGER:
            return Role.TENANT_ADMIN in roles
    raise AssertionError(case.act)


def request(case: Case) -> AuthorityRequest:
    """Return the question that this situation puts."""
    me = Principal(
        principal_id="me",
        tenant_id="t2" if case.standing == "foreign" else "t1",
        kind=MACHINES.get(case.kind, ActorKind.HUMAN),
        roles=KINDS[case.kind],
        active=case.standing != "left",
        approval_limit_minor=LIMIT if case.above else None,
    )
    editors = {"me"} if case.edited else set()
    if case.lent == "lender edited":
        editors.add("lender")
    owner = "me" if case.owner else "someone"
    return AuthorityRequest(
        act=case.act,
        principal=me,
        tenant_id="t1",
        risk=case.risk,
        owner=owner,
        editors=frozenset(editors),
        already_approved=frozenset({"me"} if case.approved else ()),
        amount_minor=AMOUNT,
        paused_by=owner if case.owner_paused else "other",
        now=MONDAY,
        strong_at=MONDAY - timedelta(minutes=15) if case.strong else MONDAY - timedelta(minutes=15, seconds=1),
        delegators=() if case.lent == "none" else (_lender(case),),
        break_glass=case.emergency,
        new_owner="me" if case.handed else "someone",
    )


def _lender(case: Case) -> Principal:
    given = Delegation(
        to="me",
        acts=("pause",) if case.lent == "another act" else tuple(act.value for act in Act),
        max_risk=RiskClass.LOW if case.lent == "too risky" else RiskClass.HIGH,
        max_amount_minor=AMOUNT - 1 if case.lent == "too dear" else None,
        until=MONDAY - timedelta(seconds=1) if case.lent == "over" else MONDAY,
    )
    return Principal(
        principal_id="lender",
        tenant_id="t1",
        roles=frozenset({Role.SENIOR_APPROVER}),
        active=case.lent != "lender left",
        delegations=(given,),
    )


def domain() -> Iterator[Case]:
    """Yield every situation: all circumstances of one's own authority, then delegation over the acts that approve."""
    flags = (False, True)
    for (
        act,
        kind,
        risk,
        owner,
        edited,
        approved,
        above,
        strong,
        standing,
        paused,
        emergency,
        handed,
    ) in itertools.product(Act, KINDS, RiskClass, flags, flags, flags, flags, flags, STANDINGS, flags, flags, flags):
        yield Case(act, kind, risk, owner, edited, approved, above, strong, standing, paused, emergency, handed)
    people = ("nobody", "editor", "approver", "revops", "agent")
    for act, kind, risk, owner, edited, approved, strong, standing, lent in itertools.product(
        Act, people, RiskClass, flags, flags, flags, flags, STANDINGS, LENT[1:]
    ):
        yield Case(act, kind, risk, owner, edited, approved, strong=strong, standing=standing, lent=lent)
