"""A secret is looked up by its hash; what it says is checked anew each time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from oncourse.identity import SCOPES, TOKEN_PREFIX, NotSignedInError
from oncourse.identity.secret import hash_of, new_secret
from plan import ActorKind, Principal, Role
from store import Token, Whose
from tests.databases import over_all
from tests.oncourse.identity.conftest import whose

MINUTE = timedelta(minutes=1)


def give_token(house, chance, principal_id="bot", *, tenant_id="t1", scopes=SCOPES, kind=ActorKind.AGENT):
    bot = Principal(principal_id=principal_id, tenant_id="t1", kind=kind, roles=frozenset({Role.PROPOSER}))
    house.orchestrator.add_principal(bot, house.who("root"))
    secret = new_secret(chance, TOKEN_PREFIX)
    now = house.clock.now()
    made = Token(token_hash=hash_of(secret), tenant_id=tenant_id, token_id="k-1", principal_id=principal_id,
                 scopes=scopes, made_by="root", made_at=now, ends_at=now + timedelta(days=30))  # fmt: skip
    with house.store.access() as access:
        access.add_token(made)
    return secret


def test_a_session_says_who_it_is_in_which_tenant_and_when_a_second_factor_was_shown(house, doorkeeper, sessions):
    strong = house.clock.now()
    opened = sessions.open(whose("sara"), "local", strong)
    found = doorkeeper.by_session(opened.secret)
    assert (found.tenant_id, found.acting.principal.principal_id) == ("t1", "sara")
    assert (found.acting.authenticated, found.acting.strong_at) == ("session", strong)
    assert (found.scopes, found.ends_at) == (SCOPES, strong + timedelta(hours=8))


def test_a_secret_has_256_bits_and_only_its_hash_is_kept(house, sessions):
    opened = sessions.open(whose("sara"), "local", house.clock.now())
    assert len(opened.secret) == 43
    with over_all(house.sql) as connection:
        kept = [row[0] for row in connection.execute(text("SELECT session_hash FROM session"))]
        assert kept == [hash_of(opened.secret)]


@pytest.mark.parametrize("secret", ["", "onc_", "x" * 5000, "ä", "\ud800"])
def test_a_secret_that_nobody_gave_out_is_nobody(doorkeeper, secret):
    assert doorkeeper.by_session(secret) is None
    assert doorkeeper.by_token(secret) is None


def test_a_session_ends_after_eight_hours_however_much_it_is_used(house, doorkeeper, sessions):
    opened = sessions.open(whose("sara"), "local", house.clock.now())
    start = house.clock.now()
    for minutes in range(20, 480, 20):
        house.clock.set(start + minutes * MINUTE)
        assert doorkeeper.by_session(opened.secret) is not None
    house.clock.set(start + timedelta(hours=8))
    assert doorkeeper.by_session(opened.secret) is None


def test_an_approvers_session_ends_after_half_an_hour_without_use_and_an_editors_does_not(house, doorkeeper, sessions):
    approver = sessions.open(whose("otto"), "local", house.clock.now())
    editor = sessions.open(whose("mara"), "local", house.clock.now())
    house.clock.set(house.clock.now() + 30 * MINUTE)
    assert doorkeeper.by_session(approver.secret) is not None
    house.clock.set(house.clock.now() + 31 * MINUTE)
    assert doorkeeper.by_session(approver.secret) is None
    assert doorkeeper.by_session(editor.secret) is not None


def test_use_is_noted_at_most_once_a_minute(house, doorkeeper, sessions):
    opened = sessions.open(whose("sara"), "local", house.clock.now())
    start = house.clock.now()
    for seconds, seen in ((59, start), (60, start + MINUTE), (119, start + MINUTE)):
        house.clock.set(start + timedelta(seconds=seconds))
        doorkeeper.by_session(opened.secret)
        with house.store.access() as access:
            assert access.session(hash_of(opened.secret)).seen_at == seen


def test_who_left_is_nobody_and_who_came_back_is_somebody_again(house, doorkeeper, sessions):
    opened = sessions.open(whose("mara"), "local", house.clock.now())
    house.orchestrator.governance.deactivate("mara", "left the company", house.who("root"))
    assert doorkeeper.by_session(opened.secret) is None
    house.orchestrator.governance.reactivate("mara", "came back", house.who("root"))
    assert doorkeeper.by_session(opened.secret) is not None


def test_a_session_of_somebody_unknown_or_of_another_tenant_is_nobody(house, doorkeeper, sessions):
    assert doorkeeper.by_session(sessions.open(whose("nobody"), "local").secret) is None
    assert doorkeeper.by_session(sessions.open(Whose("t2", "sara"), "local", house.clock.now()).secret) is None


def test_a_session_that_only_enrols_is_nobody(doorkeeper, sessions):
    assert doorkeeper.by_session(sessions.open(whose("sara"), "enrolling").secret) is None


def test_whoever_is_given_more_than_reading_signs_in_again_with_a_second_factor(house, doorkeeper, sessions):
    reader = Principal(principal_id="rita", tenant_id="t1", roles=frozenset({Role.AUDITOR}))
    house.orchestrator.add_principal(reader, house.who("root"))
    opened = sessions.open(whose("rita"), "local")
    assert doorkeeper.by_session(opened.secret) is not None
    more = reader.model_copy(update={"roles": frozenset({Role.AUDITOR, Role.PLAN_APPROVER})})
    house.orchestrator.add_principal(more, house.who("root"))
    assert doorkeeper.by_session(opened.secret) is None


def test_signing_out_ends_one_session_and_everywhere_ends_all(house, doorkeeper, sessions):
    one, two, other = (sessions.open(whose(n), "local", house.clock.now()) for n in ("sara", "sara", "otto"))
    sessions.end(one.secret)
    sessions.end(one.secret)
    assert doorkeeper.by_session(one.secret) is None
    assert doorkeeper.by_session(two.secret) is not None
    assert sessions.end_all(whose("sara")) == 1
    assert doorkeeper.by_session(two.secret) is None
    assert doorkeeper.by_session(other.secret) is not None


def test_a_session_that_was_changed_for_a_new_one_opens_nothing_and_the_new_one_lives_no_longer(
    house, doorkeeper, sessions
):
    old = sessions.open(whose("sara"), "local", house.clock.now())
    house.clock.set(house.clock.now() + 10 * MINUTE)
    new = sessions.change(old.secret, "local", house.clock.now())
    assert doorkeeper.by_session(old.secret) is None
    assert doorkeeper.by_session(new.secret).acting.strong_at == house.clock.now()
    assert new.ends_at == old.ends_at
    with pytest.raises(NotSignedInError):
        sessions.change(old.secret, "local", house.clock.now())


def test_opening_a_session_ends_the_one_that_the_browser_showed(house, doorkeeper, sessions):
    planted = sessions.open(whose("mara"), "local", house.clock.now())
    own = sessions.open(whose("sara"), "local", house.clock.now(), instead_of=planted.secret)
    assert doorkeeper.by_session(planted.secret) is None
    assert doorkeeper.by_session(own.secret) is not None


def test_a_token_is_a_machine_with_its_scopes_and_no_session(house, doorkeeper, chance):
    secret = give_token(house, chance, scopes=frozenset({"read", "approve"}))
    assert secret.startswith("onc_")
    found = doorkeeper.by_token(secret)
    assert (found.acting.principal.kind, found.acting.authenticated) == (ActorKind.AGENT, "token")
    assert found.acting.strong_at is None
    assert found.scopes == {"read"}
    assert doorkeeper.by_session(secret) is None


def test_a_token_that_is_revoked_or_over_or_whose_machine_left_is_nobody(house, doorkeeper, chance):
    secret = give_token(house, chance)
    house.orchestrator.governance.deactivate("bot", "not needed any more", house.who("root"))
    assert doorkeeper.by_token(secret) is None
    house.orchestrator.governance.reactivate("bot", "needed again", house.who("root"))
    assert doorkeeper.by_token(secret) is not None
    house.clock.set(house.clock.now() + timedelta(days=30))
    assert doorkeeper.by_token(secret) is None


def test_a_revoked_token_is_nobody(house, doorkeeper, chance):
    secret = give_token(house, chance)
    with house.store.access() as access:
        access.revoke_token("t1", "k-1", house.clock.now())
    assert doorkeeper.by_token(secret) is None


def test_a_token_of_a_person_is_nobody(house, doorkeeper, chance):
    assert doorkeeper.by_token(give_token(house, chance, "paul", kind=ActorKind.HUMAN)) is None


def test_a_token_of_another_tenant_does_not_become_this_tenants_machine(house, doorkeeper, chance):
    assert doorkeeper.by_token(give_token(house, chance, tenant_id="t2")) is None


def test_a_tokens_use_is_noted_at_most_once_a_minute(house, doorkeeper, chance):
    secret = give_token(house, chance)
    start = house.clock.now()
    for seconds, used in ((0, start), (59, start), (60, start + MINUTE)):
        house.clock.set(start + timedelta(seconds=seconds))
        doorkeeper.by_token(secret)
        with house.store.access() as access:
            assert access.token(hash_of(secret)).used_at == used


def test_a_second_factor_is_as_old_by_a_made_up_clock_as_it_is(house, doorkeeper, sessions):
    opened = sessions.open(whose("sara"), "local", house.clock.now())
    made_up = house.clock.now() + timedelta(days=50)
    with house.unit() as unit:
        unit.set_virtual_now(made_up)
    house.clock.set(house.clock.now() + 4 * MINUTE)
    assert doorkeeper.by_session(opened.secret).acting.strong_at == made_up - 4 * MINUTE
