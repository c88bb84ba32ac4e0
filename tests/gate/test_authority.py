"""Who may do what: Cedar against an oracle written from the design, and the ways in which asking could fail open."""

import itertools
from datetime import timedelta

import cedarpy
import pytest

import gate.authority.cedar as asked_in
from gate import DELEGABLE, Act, PolicyBundle, may, who_can
from gate.authority import DENIED, policies_text, schema_text
from gate.authority.words import COULD, FAILED, NO_PERMIT
from plan import ActorKind, Delegation, Principal, RiskClass, Role
from tests.gate.nightly_authority import differences
from tests.gate.oracle import KINDS, POLICY, Case, allowed, domain, request
from tests.house import MONDAY

EVERY = 199
"""A prime, so that a slice of the domain meets every value of every dimension."""


def answer(act=Act.APPROVE, kind="approver", risk=RiskClass.MEDIUM, **more):
    return may(request(Case(act, kind, risk, **more)), POLICY)


def test_a_slice_of_the_domain_is_decided_as_the_oracle_says():
    count, found = differences(itertools.islice(domain(), 0, None, EVERY))
    assert count > 4_000
    assert found == []


def test_every_approval_and_override_by_people_is_decided_as_the_oracle_says():
    flags = (False, True)
    cases = (
        Case(act, kind, risk, owner, edited, approved, above, strong)
        for act, kind, risk, owner, edited, approved, above, strong in itertools.product(
            (Act.APPROVE, Act.OVERRIDE),
            ("approver", "senior", "two hats"),
            RiskClass,
            flags,
            flags,
            flags,
            flags,
            flags,
        )
    )
    assert differences(cases) == (576, [])


def test_the_oracle_and_the_slice_can_fail():
    """An oracle that lets editors approve is contradicted."""
    lax = [
        c for c in itertools.islice(domain(), 0, None, 7) if c.edited and c.act is Act.APPROVE and c.kind == "senior"
    ]
    wrong = [c for c in lax if may(request(c), POLICY).allowed != allowed(c._replace(edited=False))]
    assert wrong


def test_the_policies_fit_their_schema_and_every_one_has_an_id_of_its_own():
    assert cedarpy.validate_policies(policies_text(), schema_text()).validation_passed
    ids = [line.split('"')[1] for line in policies_text().split("\n") if line.startswith("@id(")]
    assert len(ids) == len(set(ids)) == policies_text().count("\npermit (") + policies_text().count("\nforbid (")


def test_every_policy_decides_some_request():
    """Each circumstance alone, turned from what is usual, reaches every policy."""
    ids = {line.split('"')[1] for line in policies_text().split("\n") if line.startswith("@id(")}
    turns = (
        {},
        *({name: True} for name in ("owner", "edited", "approved", "above", "emergency", "handed")),
        {"owner": True, "owner_paused": True},
        {"strong": False},
        {"standing": "left"},
        {"standing": "foreign"},
    )
    seen = {
        answer(act, kind, risk, **turn).grant for act in Act for kind in KINDS for risk in RiskClass for turn in turns
    }
    assert ids - seen == set()


def test_without_its_schema_cedar_would_let_through_what_a_policy_forbids():
    """The reason for the schema: a forbid that meets a missing attribute fails, is skipped, and the request passes."""
    policies = "permit (principal, action, resource); forbid (principal, action, resource) when { resource.closed };"
    question = {"principal": 'U::"a"', "action": 'Action::"go"', "resource": 'R::"r"', "context": {}}
    open_door = cedarpy.is_authorized(question, policies, [])
    assert open_door.allowed
    assert open_door.diagnostics.errors
    assert asked_in._decided(open_door) == (False, FAILED)


@pytest.mark.parametrize("change", [{"editors": None}, {"amount": 2**63}, {"editors": ["x", 1]}, {"unknown": 1}])
def test_a_question_that_does_not_fit_the_schema_is_denied(monkeypatch, change):
    asked = request(Case(Act.APPROVE, "senior", RiskClass.LOW))
    assert may(asked, POLICY).allowed
    full = asked_in._subject(asked, POLICY)
    full["attrs"] = {key: value for key, value in (full["attrs"] | change).items() if value is not None}
    monkeypatch.setattr(asked_in, "_subject", lambda *_: full)
    told = may(asked, POLICY)
    assert (told.allowed, told.grant, told.reason) == (False, FAILED, DENIED[FAILED])
    assert who_can(asked, [asked.principal], POLICY) == ()


@pytest.mark.parametrize("act", list(Act))
def test_nobody_without_a_role_and_no_foreigner_may_anything_but_their_own(act):
    told = answer(act, "nobody")
    assert not told.allowed
    assert told.grant == NO_PERMIT
    assert told.reason == "has no role"
    assert told.who_could
    assert answer(act, "senior", standing="foreign").grant == "AUTH-F01-foreign-tenant"


@pytest.mark.parametrize(
    ("grant", "more"),
    [
        ("AUTH-F02-machine-never", {"kind": "system"}),
        ("AUTH-F03-own-content", {"edited": True}),
        ("AUTH-F04-twice", {"approved": True}),
        ("AUTH-F05-owner-of-high", {"kind": "senior", "risk": RiskClass.HIGH, "owner": True}),
        ("AUTH-F06-above-limit", {"above": True}),
        ("AUTH-F07-second-factor", {"kind": "senior", "risk": RiskClass.HIGH, "strong": False}),
        ("AUTH-F08-second-factor-to-override", {"act": Act.OVERRIDE, "kind": "senior", "strong": False}),
        ("AUTH-F09-inactive", {"standing": "left"}),
        (NO_PERMIT, {"kind": "approver", "risk": RiskClass.HIGH}),
    ],
)
def test_each_denial_names_its_policy_in_words_and_who_could(grant, more):
    told = answer(**more)
    assert (told.allowed, told.grant) == (False, grant)
    assert told.reason == DENIED.get(grant, "has plan_approver")
    assert "senior_approver" in told.who_could


@pytest.mark.parametrize("act", sorted(COULD))
def test_the_words_of_who_could_are_what_the_policies_say(act):
    roles = {str(role) for role in Role} - {"auditor", "proposer"}
    granted = {
        role
        for role in roles
        if may(
            request(Case(act, "nobody", RiskClass.LOW)).model_copy(
                update={"principal": Principal(principal_id="me", tenant_id="t1", roles=frozenset({Role(role)}))}
            ),
            POLICY,
        ).allowed
    }
    assert {str(word) for word in COULD[act]} - {"owner", "new_owner"} == granted
    assert ("owner" in COULD[act]) == answer(act, "nobody", RiskClass.LOW, owner=True).allowed
    assert ("new_owner" in COULD[act]) == answer(act, "nobody", RiskClass.LOW, handed=True).allowed


@pytest.mark.parametrize("act", [Act.APPROVE, Act.APPROVE_STEP])
def test_a_policy_that_asks_for_a_senior_approver_gets_one(act):
    strict = POLICY.model_dump() | {
        "authority": {risk: {"role": "senior_approver", "persons": 1} for risk in RiskClass}
    }
    policy = PolicyBundle.model_validate(strict)
    for risk in RiskClass:
        assert not may(request(Case(act, "approver", risk)), policy).allowed
        assert may(request(Case(act, "senior", risk)), policy).allowed
    assert not may(request(Case(act, "nobody", RiskClass.LOW, owner=True)), policy).allowed


def test_breaking_the_glass_stops_things_and_starts_nothing():
    widened = {act for act in Act if answer(act, "auditor", emergency=True).allowed}
    assert widened == {Act.PAUSE, Act.ABORT, Act.SWITCH_ON, Act.GO_SHADOW}


def test_delegated_authority_says_whose_it_is_and_ones_own_comes_first():
    lent = answer(kind="nobody", lent="right")
    assert (lent.allowed, lent.on_behalf_of, lent.role) == (True, "lender", "senior_approver")
    own = answer(kind="approver", lent="right")
    assert (own.allowed, own.on_behalf_of) == (True, None)
    assert {act for act in Act if answer(act, "nobody", lent="right").allowed} == DELEGABLE


def test_who_can_names_exactly_those_who_may_delegations_included():
    people = [
        Principal(principal_id=kind.replace(" ", "-"), tenant_id="t1", roles=roles)
        for kind, roles in KINDS.items()
        if kind not in {"agent", "system", "policy"}
    ]
    given = Delegation(to="nobody", acts=("approve",), until=MONDAY + timedelta(days=1))
    people = [p.model_copy(update={"delegations": (given,)}) if p.principal_id == "senior" else p for p in people]
    base = request(Case(Act.APPROVE, "nobody", RiskClass.MEDIUM))
    named = who_can(base, people, POLICY)
    assert named == ("approver", "nobody", "senior", "two-hats")
    lenders = tuple(p for p in people if p.delegations)
    one_by_one = {
        p.principal_id
        for p in people
        if may(base.model_copy(update={"principal": p, "delegators": lenders}), POLICY).allowed
    }
    assert set(named) == one_by_one
    assert who_can(base, (), POLICY) == ()


def test_an_id_of_any_letters_stays_an_id():
    odd = Principal(principal_id='x"};permit(principal,action,resource);//', tenant_id="t1", kind=ActorKind.HUMAN)
    asked = request(Case(Act.APPROVE, "nobody", RiskClass.LOW)).model_copy(update={"principal": odd})
    assert not may(asked, POLICY).allowed
