"""What one change of authority's code would change: what is not said, the very instant, and in whose name it is told."""

from datetime import timedelta

import pytest

import gate.authority.cedar as asked_in
from gate import DELEGABLE, Act, AuthorityAnswer, AuthorityRequest, may, who_can
from plan import ActorKind, Delegation, Principal, RiskClass, Role
from tests.gate.oracle import POLICY
from tests.house import MONDAY

MINUTE = timedelta(minutes=1)
LENT = Delegation(to="nia", acts=("approve",), until=MONDAY)
"""Nia may approve until Monday."""


def person(name="nia", *roles, **more):
    return Principal(principal_id=name, tenant_id="t1", roles=frozenset(roles), **more)


def lender(*delegations, name="sara", **more):
    return person(name, Role.SENIOR_APPROVER, delegations=delegations, **more)


def asking(principal, act=Act.APPROVE, **more):
    return AuthorityRequest(act=act, principal=principal, tenant_id="t1", **more)


def answer(principal, act=Act.APPROVE, **more):
    return may(asking(principal, act, **more), POLICY)


# what is not said


def test_a_subject_of_which_nothing_is_said_is_of_no_risk_and_no_amount_and_no_emergency():
    assert answer(person("otto", Role.PLAN_APPROVER, approval_limit_minor=0)) == AuthorityAnswer(
        allowed=True, grant="AUTH-P06-approve", role="plan_approver", reason="", who_could="", on_behalf_of=None
    )
    assert answer(person("mara"), owner="mara").role == "owner"
    assert not answer(person("otto", Role.PLAN_APPROVER, approval_limit_minor=0), amount_minor=1).allowed
    assert not answer(person("ada", Role.AUDITOR), Act.PAUSE).allowed


@pytest.mark.parametrize("name", ["X", "-", "None", "nobody", "null"])
@pytest.mark.parametrize("act", [Act.APPROVE, Act.RESUME, Act.ACCEPT])
def test_where_nobody_is_named_nobody_is_meant_whatever_he_is_called(name, act):
    """Neither is anybody the owner, nor the new owner, nor the one who paused it."""
    told = answer(person(name), act)
    assert (told.allowed, told.grant) == (False, "AUTH-D00-no-permit")
    assert not answer(person(name), Act.RESUME, owner=name).allowed
    assert not answer(person(name), Act.RESUME, paused_by=name).allowed


def test_an_answer_that_denies_names_no_role():
    assert answer(person("ada", Role.AUDITOR), Act.EDIT) == AuthorityAnswer(
        allowed=False,
        grant="AUTH-D00-no-permit",
        role="",
        reason="has auditor",
        who_could="the owner or an editor",
        on_behalf_of=None,
    )


# under which role


@pytest.mark.parametrize(
    ("principal", "act", "more", "role"),
    [
        (person("mara"), Act.EDIT, {"owner": "mara"}, "owner"),
        (person("mara", Role.EDITOR), Act.EDIT, {"owner": "sara"}, "editor"),
        (person("mara", Role.EDITOR), Act.ACCEPT, {"owner": "sara", "new_owner": "mara"}, "new_owner"),
        (person("ron", Role.REVOPS), Act.IMPORT, {}, "revops"),
        (person("ron", Role.REVOPS, Role.PROPOSER), Act.PROPOSE, {}, "revops"),
        (person("pia", Role.PROPOSER), Act.PROPOSE, {"break_glass": True}, "proposer"),
        (person("pia", Role.PROPOSER, Role.AUDITOR), Act.PROPOSE, {}, "proposer"),
        (person("pia", Role.PROPOSER, Role.TENANT_ADMIN), Act.PROPOSE, {}, "proposer"),
        (person("ada", Role.AUDITOR), Act.PAUSE, {"break_glass": True}, "break_glass"),
        (person("ada"), Act.SWITCH_ON, {"break_glass": True}, "break_glass"),
        (person("olga", Role.OPERATOR), Act.PAUSE, {"break_glass": True}, "operator"),
        (person("clock", kind=ActorKind.SYSTEM), Act.PAUSE, {}, "system"),
        (person("bot", kind=ActorKind.AGENT), Act.PROPOSE, {}, "proposer"),
    ],
)
def test_an_act_is_told_under_the_relation_or_role_that_allows_it(principal, act, more, role):
    told = answer(principal, act, **more)
    assert (told.allowed, told.role) == (True, role)


# limits and instants


def test_a_person_approves_as_much_as_the_limit_and_no_more():
    otto = person("otto", Role.PLAN_APPROVER, approval_limit_minor=1000)
    assert answer(otto, amount_minor=1000).allowed
    assert answer(otto, amount_minor=1001).grant == "AUTH-F06-above-limit"


def test_a_second_factor_counts_from_the_very_instant_and_never_from_the_future():
    def told(shown, now=MONDAY):
        sara = person("sara", Role.SENIOR_APPROVER)
        return answer(sara, risk=RiskClass.HIGH, now=now, strong_at=shown).grant

    assert told(MONDAY) == "AUTH-P07-approve-high"
    assert told(MONDAY + timedelta(microseconds=1)) == "AUTH-F07-second-factor"
    assert told(MONDAY - POLICY.strong_authentication_minutes * MINUTE) == "AUTH-P07-approve-high"
    assert told(None) == "AUTH-F07-second-factor"
    assert told(MONDAY, now=None) == "AUTH-F07-second-factor"
    assert told(None, now=None) == "AUTH-F07-second-factor"


# in somebody's stead


def test_exactly_these_acts_can_be_lent():
    lent = "approve approve_step override send_back reject resume reopen transfer skip_required"
    assert {act.value for act in DELEGABLE} == set(lent.split())


@pytest.mark.parametrize("act", sorted(DELEGABLE))
def test_each_act_that_can_be_lent_is_allowed_in_the_lenders_name(act):
    sara = lender(LENT.model_copy(update={"acts": (act.value,)}))
    told = answer(person(), act, delegators=(sara,), now=MONDAY, strong_at=MONDAY)
    assert (told.allowed, told.on_behalf_of, told.role) == (True, "sara", "senior_approver")


def test_one_of_several_loans_is_enough():
    other = LENT.model_copy(update={"to": "otto"})
    assert answer(person(), delegators=(lender(other, LENT),), now=MONDAY).on_behalf_of == "sara"
    assert not answer(person(), delegators=(lender(other),), now=MONDAY).allowed


def test_a_loan_reaches_as_far_as_its_amount():
    sara = lender(LENT.model_copy(update={"max_amount_minor": 1000}))
    assert answer(person(), delegators=(sara,), now=MONDAY, amount_minor=1000).on_behalf_of == "sara"
    assert not answer(person(), delegators=(sara,), now=MONDAY, amount_minor=1001).allowed


def test_where_no_instant_is_named_no_loan_is_in_force():
    told = answer(person(), delegators=(lender(LENT),))
    assert (told.allowed, told.grant) == (False, "AUTH-D00-no-permit")


def test_nobody_lends_to_himself_what_he_has_no_more():
    before = lender(LENT, name="nia")
    assert not answer(person("nia"), delegators=(before,), now=MONDAY).allowed


def test_of_those_who_can_a_loan_of_another_act_makes_nobody():
    sara = lender(LENT.model_copy(update={"acts": ("reject",)}))
    people = [person(), sara]
    assert who_can(asking(person(), now=MONDAY), people, POLICY) == ("sara",)


def test_of_those_who_can_one_of_a_lenders_several_loans_is_enough():
    sara = lender(LENT.model_copy(update={"to": "otto"}), LENT)
    assert who_can(asking(person(), now=MONDAY), [person(), sara], POLICY) == ("nia", "sara")


# the policies themselves


def test_policies_that_do_not_fit_their_schema_are_refused(monkeypatch):
    monkeypatch.setattr(
        asked_in, "policies_text", lambda: "permit (principal, action, resource) when { resource.age };"
    )
    with pytest.raises(asked_in.BadAuthorityError, match=r"do not fit their schema: .*age") as told:
        asked_in._policies.__wrapped__()
    assert told.value.code == "bad_authority"
