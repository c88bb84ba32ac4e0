"""Local accounts: a link, a password, a second factor; and the same answer to everybody who guesses."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from oncourse.identity import (
    CodeNeededError,
    LinkRefusedError,
    NotSignedInError,
    SignInRefusedError,
    StepUpNeededError,
)
from oncourse.identity.passwords import _NOBODYS, Passwords
from orchestrator import BadInputError
from plan import Principal, Role
from tests.databases import over_all
from tests.oncourse.identity.conftest import GOOD, whose


def refused(door, name, password=GOOD, code=""):
    with pytest.raises(SignInRefusedError) as error:
        door.local.sign_in(whose(name), password, code)
    return str(error.value)


def test_a_link_leads_to_a_password_then_to_a_second_factor_and_only_then_is_somebody_in(door, doorkeeper):
    entry = door.local.enrol(door.links.make(whose("sara")), GOOD)
    assert not entry.complete
    assert doorkeeper.by_session(entry.session.secret) is None
    assert entry.otpauth.startswith("otpauth://totp/oncourse:sara%40t1?secret=")
    door.keep("sara", entry)
    done = door.local.confirm(entry.session.secret, door.code("sara"))
    assert done.complete
    found = doorkeeper.by_session(done.session.secret)
    assert (found.acting.principal.principal_id, found.acting.strong_at) == ("sara", door.house.clock.now())
    assert doorkeeper.by_session(entry.session.secret) is None


def test_an_auditor_needs_no_second_factor_and_who_has_no_role_does(house, door, doorkeeper):
    for name, roles in (("rita", {Role.AUDITOR}), ("nora", set())):
        house.orchestrator.add_principal(
            Principal(principal_id=name, tenant_id="t1", roles=frozenset(roles)), house.who("root")
        )
    assert door.local.enrol(door.links.make(whose("rita")), GOOD).complete
    assert not door.local.enrol(door.links.make(whose("nora")), GOOD).complete
    entry = door.local.sign_in(whose("rita"), GOOD)
    assert doorkeeper.by_session(entry.session.secret).acting.strong_at is None


def test_an_auditor_may_take_a_second_factor_and_then_must_show_it(house, door):
    house.orchestrator.add_principal(
        Principal(principal_id="rita", tenant_id="t1", roles=frozenset({Role.AUDITOR})), house.who("root")
    )
    secret = door.local.enrol(door.links.make(whose("rita")), GOOD).session.secret
    door.keep("rita", door.local.offer(secret))
    assert door.local.sign_in(whose("rita"), GOOD).complete
    done = door.local.confirm(secret, door.code("rita"))
    with pytest.raises(CodeNeededError):
        door.local.sign_in(whose("rita"), GOOD)
    with pytest.raises(BadInputError, match="already"):
        door.local.offer(done.session.secret)


def test_an_auditor_who_was_given_more_enrols_at_the_next_sign_in(house, door, doorkeeper):
    rita = Principal(principal_id="rita", tenant_id="t1", roles=frozenset({Role.AUDITOR}))
    house.orchestrator.add_principal(rita, house.who("root"))
    door.local.enrol(door.links.make(whose("rita")), GOOD)
    house.orchestrator.add_principal(rita.model_copy(update={"roles": frozenset({Role.EDITOR})}), house.who("root"))
    entry = door.local.sign_in(whose("rita"), GOOD)
    assert (entry.complete, doorkeeper.by_session(entry.session.secret)) == (False, None)


def test_signing_in_takes_password_and_code(door, doorkeeper):
    door.settle("sara")
    assert doorkeeper.by_session(door.sign_in("sara")).acting.strong_at is not None
    refused(door, "sara", "another password", door.code("sara"))
    refused(door, "sara", GOOD, door.wrong_code("sara"))
    with pytest.raises(CodeNeededError, match="authenticator"):
        door.local.sign_in(whose("sara"), GOOD)


def test_a_code_is_taken_once_and_none_before_it_either(door):
    door.settle("sara")
    code = door.code("sara")
    door.local.sign_in(whose("sara"), GOOD, code)
    refused(door, "sara", GOOD, code)
    door.pass_time()
    later = door.code("sara")
    door.pass_time()
    door.local.sign_in(whose("sara"), GOOD, door.code("sara"))
    refused(door, "sara", GOOD, later)


def test_a_code_of_the_half_minute_before_or_after_counts_and_an_older_one_does_not(door):
    door.settle("sara")
    code = door.code("sara")
    door.pass_time(60)
    refused(door, "sara", GOOD, code)
    code = door.code("sara")
    door.pass_time(30)
    door.local.sign_in(whose("sara"), GOOD, f" {code[:3]} {code[3:]} ")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00" * 6, "-1"])
def test_what_is_no_code_is_refused(door, code):
    secret = door.settle("sara")
    with pytest.raises(SignInRefusedError):
        door.local.step_up(secret, code)


def test_after_failed_tries_nothing_is_looked_at_for_longer_and_longer(door):
    door.settle("sara")
    start = door.house.clock.now()
    for _ in range(5):
        refused(door, "sara", "another password")
    refused(door, "sara", GOOD, door.code("sara"))
    door.house.clock.set(start + timedelta(seconds=30))
    refused(door, "sara", "another password")
    door.house.clock.set(start + timedelta(seconds=60))
    refused(door, "sara", GOOD, door.code("sara"))
    door.house.clock.set(start + timedelta(seconds=90))
    door.sign_in("sara")
    refused(door, "sara", "another password")
    door.sign_in("sara")


def test_tries_that_come_at_once_are_counted_before_they_are_looked_at(door, monkeypatch):
    door.settle("sara")
    inside = []

    def fits(self, kept, password):
        if kept is not None and len(inside) < 20:
            inside.append(kept)
            refused(door, "sara", "another password")
        return False

    monkeypatch.setattr(Passwords, "fits", fits)
    refused(door, "sara", "another password")
    assert len(inside) == 5


def test_whoever_knows_the_password_cannot_try_codes_without_end(door):
    door.settle("sara")
    tried = 0
    for _ in range(50):
        with pytest.raises((SignInRefusedError, CodeNeededError)) as error:
            door.local.sign_in(whose("sara"), GOOD)
        tried += error.type is CodeNeededError
        refused(door, "sara", GOOD, door.wrong_code("sara"))
    assert tried <= 5


def test_trying_codes_in_a_session_locks_as_well(door):
    secret = door.settle("sara")
    for _ in range(5):
        with pytest.raises(SignInRefusedError):
            door.local.step_up(secret, door.wrong_code("sara"))
    with pytest.raises(SignInRefusedError):
        door.local.step_up(secret, door.code("sara"))


def test_somebody_unknown_gone_or_locked_is_answered_like_a_wrong_password_after_the_same_work(
    house, door, monkeypatch
):
    for name in ("sara", "otto", "vera"):
        door.settle(name)
    house.orchestrator.governance.deactivate("otto", "left the company", house.who("root"))
    for _ in range(5):
        refused(door, "vera", "another password")
    compared, written = [], []
    fits = Passwords.fits
    monkeypatch.setattr(Passwords, "fits", lambda self, kept, p: (compared.append(kept), fits(self, kept, p))[1])
    told = set()
    for name, password in (("sara", "another password"), ("nobody", GOOD), ("otto", GOOD), ("vera", GOOD)):
        before = house.sql.raw_connection().total_changes
        told.add(refused(door, name, password))
        written.append(house.sql.raw_connection().total_changes - before)
    assert len(told) == 1
    assert len(compared) == 4
    assert (compared[1], compared[3]) == (None, None)
    assert written == [1, 1, 1, 1]


def test_what_a_stranger_is_compared_with_is_made_like_todays_hashes_and_never_fits(chance):
    passwords = Passwords(chance)
    assert not passwords.old(_NOBODYS)
    assert not passwords.fits(None, "x" * 12)
    assert passwords.fits(_NOBODYS, "x" * 12)


def test_a_password_is_kept_as_an_argon2id_hash_and_by_todays_figures_after_a_sign_in(house, door):
    door.settle("sara")
    with over_all(house.sql) as connection:
        kept = connection.execute(text("SELECT password FROM credential WHERE principal_id='sara'")).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "horse" not in kept


def test_the_same_text_from_another_keyboard_is_the_same_password(door):
    door.settle("sara", "Stra\u00dfe am gr\u00fcnen Ufer")
    door.sign_in("sara", "Stra\u00dfe am gru\u0308nen Ufer")


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "x" * 257, "abababababab", "sara-sara-12"])
def test_a_weak_password_is_refused_and_the_link_still_opens(door, password):
    link = door.links.make(whose("sara"))
    with pytest.raises(BadInputError, match="password"):
        door.local.enrol(link, password)
    assert door.local.enrol(link, GOOD).otpauth


def test_a_link_opens_once_for_a_quarter_of_an_hour_and_only_the_last_one(house, door):
    old, link = door.links.make(whose("sara")), door.links.make(whose("sara"))
    with pytest.raises(LinkRefusedError):
        door.local.enrol(old, GOOD)
    door.local.enrol(link, GOOD)
    with pytest.raises(LinkRefusedError):
        door.local.enrol(link, GOOD)
    late = door.links.make(whose("sara"))
    house.clock.set(house.clock.now() + timedelta(minutes=15))
    with pytest.raises(LinkRefusedError, match="principal link"):
        door.local.enrol(late, GOOD)


def test_a_link_for_a_machine_or_for_who_left_is_not_made_and_does_not_open(house, door):
    link = door.links.make(whose("otto"))
    house.orchestrator.governance.deactivate("otto", "left the company", house.who("root"))
    with pytest.raises(LinkRefusedError):
        door.local.enrol(link, GOOD)
    for name in ("otto", "nobody"):
        with pytest.raises(BadInputError, match="no active person"):
            door.links.make(whose(name))


def test_a_new_link_replaces_password_and_second_factor_and_ends_all_sessions(door, doorkeeper):
    secret, old = door.settle("sara"), door.factors["sara"]
    door.settle("sara", "an entirely other phrase")
    assert doorkeeper.by_session(secret) is None
    assert door.factors["sara"] != old
    refused(door, "sara", GOOD, door.code("sara"))
    door.sign_in("sara", "an entirely other phrase")


def test_a_link_lets_in_who_is_locked_out(door):
    door.settle("sara")
    for _ in range(9):
        refused(door, "sara", "another password")
    door.settle("sara")
    door.sign_in("sara")


def test_stepping_up_is_noted_under_a_new_secret_and_the_old_one_opens_nothing(door, doorkeeper):
    secret = door.settle("sara")
    door.pass_time(20 * 60)
    entry = door.local.step_up(secret, door.code("sara"))
    assert doorkeeper.by_session(secret) is None
    assert doorkeeper.by_session(entry.session.secret).acting.strong_at == door.house.clock.now()
    with pytest.raises(NotSignedInError):
        door.local.step_up(secret, door.code("sara"))


def test_a_session_that_only_enrols_does_not_step_up_into_a_whole_one(door, doorkeeper):
    entry = door.local.enrol(door.links.make(whose("sara")), GOOD)
    door.keep("sara", entry)
    for act in (door.local.step_up, door.local.change_password):
        with pytest.raises((SignInRefusedError, StepUpNeededError)):
            act(entry.session.secret, door.code("sara"))
    other = door.local.sign_in(whose("sara"), GOOD)
    door.keep("sara", other)
    door.local.confirm(entry.session.secret, door.code("sara"))
    door.pass_time()
    with pytest.raises(SignInRefusedError):
        door.local.step_up(other.session.secret, door.code("sara"))
    with pytest.raises(SignInRefusedError):
        door.local.confirm(other.session.secret, door.code("sara"))


def test_changing_the_password_takes_a_fresh_second_factor_and_ends_all_other_sessions(door, doorkeeper):
    other, secret = door.settle("sara"), door.sign_in("sara")
    door.pass_time(601)
    with pytest.raises(StepUpNeededError):
        door.local.change_password(secret, "an entirely other phrase")
    secret = door.local.step_up(secret, door.code("sara")).session.secret
    with pytest.raises(BadInputError):
        door.local.change_password(secret, "short")
    entry = door.local.change_password(secret, "an entirely other phrase")
    door.pass_time()
    assert doorkeeper.by_session(other) is None
    assert doorkeeper.by_session(secret) is None
    assert doorkeeper.by_session(entry.session.secret) is not None
    refused(door, "sara", GOOD, door.code("sara"))
    door.sign_in("sara", "an entirely other phrase")


def test_a_namesake_of_another_tenant_is_somebody_else(door):
    door.settle("sara")
    with pytest.raises(SignInRefusedError):
        door.local.sign_in(whose("sara")._replace(tenant_id="t2"), GOOD, door.code("sara"))


def test_whoever_came_through_a_provider_is_sent_there_for_a_second_factor(door, sessions):
    secret = sessions.open(whose("sara"), "oidc").secret
    for act in (door.local.step_up, door.local.confirm, door.local.change_password):
        with pytest.raises(BadInputError, match="step_up=true"):
            act(secret, "123456")


def test_a_session_that_was_not_used_for_long_is_not_woken_by_a_code(door, doorkeeper):
    secret = door.settle("sara")
    door.pass_time(31 * 60)
    assert doorkeeper.by_session(secret) is None
    with pytest.raises(NotSignedInError):
        door.local.step_up(secret, door.code("sara"))
