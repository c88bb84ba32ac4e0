"""Who may do what, against an oracle written from the design's own sentences."""

import itertools

import pytest

from gate import Act, AuthorityRequest, PolicyBundle, default_bundle, may
from plan import ActorKind, Principal, RiskClass, Role

POLICY = default_bundle()
HUMANS = {
    "nobody": set(),
    "editor": {Role.EDITOR},
    "approver": {Role.PLAN_APPROVER},
    "senior": {Role.SENIOR_APPROVER},
    "operator": {Role.OPERATOR},
    "revops": {Role.REVOPS},
    "admin": {Role.TENANT_ADMIN},
    "auditor": {Role.AUDITOR},
}


def oracle(act, kind, *, owner, edited, approved, risk, owner_paused, above):
    approver = kind in {"approver", "senior"}
    match act:
        case Act.APPROVE | Act.APPROVE_STEP:
            if above or edited or (act is Act.APPROVE and approved):
                return False
            if risk is RiskClass.HIGH:
                return kind == "senior" and not owner
            return approver or (owner and risk is RiskClass.LOW)
        case Act.RESUME:
            return approver or (owner and owner_paused)
        case Act.PROPOSE:
            return approver or owner or kind in {"editor", "revops"}
        case Act.EDIT:
            return owner or kind == "editor"
        case Act.REJECT:
            return approver or owner or kind == "editor"
        case Act.SEND_BACK | Act.SKIP_REQUIRED | Act.REOPEN:
            return approver
        case Act.PAUSE | Act.ABORT | Act.RETRY | Act.RECONCILE:
            return approver or owner or kind == "operator"
        case Act.SKIP_OPTIONAL:
            return approver or owner
        case Act.REPORT_OUTCOME:
            return approver or owner or kind in {"editor", "operator"}
        case Act.TRANSFER:
            return approver or kind == "revops"
        case Act.IMPORT:
            return kind in {"revops", "admin", "operator"}
        case Act.ADD_PRINCIPAL | Act.PUBLISH_POLICY | Act.SWITCH_OFF | Act.GO_LIVE:
            return kind == "admin"
        case Act.SWITCH_ON | Act.GO_SHADOW:
            return kind in {"operator", "admin"}
        case Act.OVERRIDE:
            return kind == "senior"
        case Act.DELEGATE:
            return approver
        case Act.ACCEPT:
            return False


def request(act, *, roles=(), kind=ActorKind.HUMAN, tenant="t1", active=True, limit=None, **more):
    who = Principal(
        principal_id="p", tenant_id=tenant, kind=kind, roles=frozenset(roles), active=active, approval_limit_minor=limit
    )
    return AuthorityRequest(act=act, principal=who, tenant_id="t1", **more)


def test_every_act_by_every_kind_of_person_is_as_the_design_says():
    flags = list(itertools.product([False, True], repeat=5))
    tried = 0
    for act, kind, risk, (owner, edited, approved, owner_paused, above) in itertools.product(
        Act, HUMANS, RiskClass, flags
    ):
        asked = request(
            act,
            roles=HUMANS[kind],
            risk=risk,
            limit=10 if above else None,
            amount_minor=11,
            owner="p" if owner else "someone",
            editors={"p"} if edited else frozenset(),
            already_approved={"p"} if approved else frozenset(),
            paused_by=("p" if owner else "someone") if owner_paused else "other",
        )
        wanted = oracle(
            act, kind, owner=owner, edited=edited, approved=approved, risk=risk, owner_paused=owner_paused, above=above
        )
        answer = may(asked, POLICY)
        assert answer.allowed == wanted, (act, kind, risk, owner, edited, approved, owner_paused, above, answer)
        assert answer.grant if wanted else answer.reason
        tried += 1
    assert tried == len(Act) * len(HUMANS) * len(RiskClass) * 32


@pytest.mark.parametrize("kind", [ActorKind.AGENT, ActorKind.SYSTEM, ActorKind.POLICY])
@pytest.mark.parametrize(
    "act", [Act.APPROVE, Act.APPROVE_STEP, Act.RESUME, Act.TRANSFER, Act.REOPEN, Act.SKIP_REQUIRED]
)
def test_no_machine_approves_resumes_or_transfers_whatever_roles_it_is_given(kind, act):
    answer = may(request(act, kind=kind, roles=set(Role), owner="p", paused_by="p"), POLICY)
    assert not answer.allowed
    assert "machine" in answer.reason


MACHINES = {
    ActorKind.AGENT: {Act.PROPOSE},
    ActorKind.SYSTEM: {Act.PROPOSE, Act.PAUSE, Act.ABORT, Act.SKIP_OPTIONAL, Act.REPORT_OUTCOME},
    ActorKind.POLICY: set(),
}


@pytest.mark.parametrize("kind", list(MACHINES))
def test_each_machine_may_exactly_what_the_design_gives_it_whatever_roles_it_has(kind):
    granted = {act for act in Act if may(request(act, kind=kind, roles=set(Role), owner="p"), POLICY).allowed}
    assert granted == MACHINES[kind]


@pytest.mark.parametrize("act", [Act.APPROVE, Act.APPROVE_STEP])
def test_a_policy_that_asks_for_a_senior_approver_gets_one(act):
    strict = POLICY.model_dump() | {
        "authority": {risk: {"role": "senior_approver", "persons": 1} for risk in RiskClass}
    }
    policy = PolicyBundle.model_validate(strict)
    for risk in RiskClass:
        assert not may(request(act, roles={Role.PLAN_APPROVER}, risk=risk), policy).allowed
        assert may(request(act, roles={Role.SENIOR_APPROVER}, risk=risk), policy).allowed
    assert not may(request(act, risk=RiskClass.LOW, owner="p"), policy).allowed


@pytest.mark.parametrize("act", list(Act))
def test_another_tenants_people_and_those_who_left_may_nothing(act):
    assert not may(request(act, roles=set(Role), tenant="t2", owner="p"), POLICY).allowed
    assert not may(request(act, roles=set(Role), active=False, owner="p"), POLICY).allowed


@pytest.mark.parametrize("act", list(Act))
def test_a_refusal_says_who_could(act):
    answer = may(request(act, owner="someone"), POLICY)
    assert not answer.allowed
    assert answer.who_could
