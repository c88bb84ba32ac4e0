"""Somebody whom the provider sends is one principal for good, with the roles of their groups at each sign-in."""

import pytest

from oncourse.clock import SeededIds
from oncourse.config import OidcSettings
from oncourse.identity import Members, NotSignedInError, ProviderRefusedError, StepUpNeededError
from oncourse.identity.openid import Shown
from plan import ActorKind, Principal, Role
from tests.oncourse.identity.conftest import whose

ISSUER = "https://id.example"
GROUPS = {"admins": Role.TENANT_ADMIN, "approvers": Role.PLAN_APPROVER, "bosses": Role.SENIOR_APPROVER}


@pytest.fixture
def members(house, chance):
    told = OidcSettings(issuer=ISSUER, client_id="plans", roles=GROUPS)
    return Members(told, house.orchestrator, house.clock, SeededIds("members"), chance)


def shown(*groups, subject="ada@corp.example", strong_at=None):
    return Shown(subject=subject, groups=frozenset(groups), strong_at=strong_at)


def person_of(doorkeeper, opened):
    return doorkeeper.by_session(opened.secret).acting.principal


def last_entry(house, name):
    with house.unit() as unit:
        return list(unit.entries(f"principal/{name}"))[-1]


def test_somebody_new_is_added_under_a_name_that_says_nothing_and_keeps_it(house, members, doorkeeper):
    one = person_of(doorkeeper, members.sign_in(shown("approvers", "others")))
    two = person_of(doorkeeper, members.sign_in(shown("approvers", "others")))
    assert one == two
    assert (one.kind, one.roles) == (ActorKind.HUMAN, {Role.PLAN_APPROVER})
    assert one.principal_id.startswith("u-")
    assert "ada" not in one.principal_id
    assert person_of(doorkeeper, members.sign_in(shown("approvers", subject="bob"))) != one
    assert house.broken() == []


def test_the_ledger_says_that_the_roles_came_from_the_provider_and_only_when_they_changed(house, members, doorkeeper):
    name = person_of(doorkeeper, members.sign_in(shown("approvers"))).principal_id
    entry = last_entry(house, name)
    assert (entry.type, entry.actor.kind, entry.authority.grant) == ("principal.added.v1", "system", "AUTH-OIDC-GROUPS")
    assert (entry.cause.kind, entry.cause.ref, entry.reason.code) == ("import", ISSUER, "roles_from_groups")
    members.sign_in(shown("approvers"))
    assert last_entry(house, name) == entry
    person = person_of(doorkeeper, members.sign_in(shown("bosses", "approvers")))
    assert person.roles == {Role.SENIOR_APPROVER, Role.PLAN_APPROVER}
    assert last_entry(house, name).type == "principal.changed.v1"
    assert house.broken() == []


def test_roles_that_are_lost_are_lost_in_sessions_that_are_open_too(members, doorkeeper):
    opened = members.sign_in(shown("bosses", "approvers"))
    members.sign_in(shown("approvers"))
    assert person_of(doorkeeper, opened).roles == {Role.PLAN_APPROVER}


def test_somebody_of_no_known_group_does_not_come_in_and_leaves_no_trace(house, members):
    with pytest.raises(ProviderRefusedError, match="none of your groups"):
        members.sign_in(shown("others"))
    with house.unit() as unit:
        assert not [p for p in unit.principals.every() if p.principal_id.startswith("u-")]


def test_somebody_who_lost_every_group_loses_every_role_and_every_session(house, members, doorkeeper):
    opened = members.sign_in(shown("approvers"))
    name = person_of(doorkeeper, opened).principal_id
    with pytest.raises(ProviderRefusedError):
        members.sign_in(shown())
    assert doorkeeper.by_session(opened.secret) is None
    assert house.who(name).principal.roles == frozenset()


def test_somebody_who_was_let_go_does_not_come_in_however_many_groups_they_have(house, members, doorkeeper):
    name = person_of(doorkeeper, members.sign_in(shown("approvers"))).principal_id
    house.orchestrator.governance.deactivate(name, "left the company", house.who("root"))
    with pytest.raises(ProviderRefusedError):
        members.sign_in(shown("bosses"))
    assert not house.who(name).principal.active


def test_limits_and_delegations_stay_when_roles_follow_the_groups(house, members, doorkeeper):
    person = person_of(doorkeeper, members.sign_in(shown("approvers")))
    limited = Principal.model_validate(person.model_dump() | {"approval_limit_minor": 5})
    house.orchestrator.add_principal(limited, house.who("root"))
    assert person_of(doorkeeper, members.sign_in(shown("bosses"))).approval_limit_minor == 5


def test_the_last_administrator_stays_one_whatever_the_groups_say(house, members, doorkeeper):
    name = person_of(doorkeeper, members.sign_in(shown("admins"))).principal_id
    demoted = house.who("root").principal.model_copy(update={"roles": frozenset({Role.REVOPS})})
    house.orchestrator.add_principal(demoted, house.who("root"))
    person = person_of(doorkeeper, members.sign_in(shown("approvers")))
    assert person.roles == {Role.PLAN_APPROVER, Role.TENANT_ADMIN}
    with pytest.raises(ProviderRefusedError):
        members.sign_in(shown())
    assert house.who(name).principal.roles == {Role.TENANT_ADMIN}
    assert house.broken() == []


def test_stepping_up_takes_a_second_factor_of_the_same_person_just_now(house, members, doorkeeper):
    now = house.clock.now()
    opened = members.sign_in(shown("bosses"))
    for strong_at in (None, now.replace(hour=1)):
        with pytest.raises(StepUpNeededError):
            members.step_up(shown("bosses", strong_at=strong_at), opened.secret)
    with pytest.raises(NotSignedInError):
        members.step_up(shown("bosses", strong_at=now, subject="bob"), opened.secret)
    with pytest.raises(NotSignedInError):
        members.step_up(shown("bosses", strong_at=now), "nothing")
    fresh = members.step_up(shown("bosses", strong_at=now), opened.secret)
    assert doorkeeper.by_session(opened.secret) is None
    assert doorkeeper.by_session(fresh.secret).acting.strong_at == now


def test_what_was_planted_before_ends_with_the_sign_in(house, members, sessions, doorkeeper):
    planted = sessions.open(whose("mara"), "local", house.clock.now())
    members.sign_in(shown("bosses"), instead_of=planted.secret)
    assert doorkeeper.by_session(planted.secret) is None
