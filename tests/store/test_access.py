"""Who may come in, as rows: of all tenants, found by a hash, and used up once."""

from datetime import timedelta

import pytest

from store import Credential, Link, Session, StaleError, Token, Whose
from tests.store.conftest import NOW

MARA, TWIN = Whose("t1", "mara"), Whose("t2", "mara")
SOON = NOW + timedelta(minutes=15)


def session(number, whose=MARA, ends_at=SOON):
    return Session(session_hash=f"{number:064}", tenant_id=whose.tenant_id, principal_id=whose.principal_id,
                   method="local", made_at=NOW, seen_at=NOW, ends_at=ends_at)  # fmt: skip


def token(number, token_id="k-1", tenant_id="t1"):
    return Token(token_hash=f"{number:064}", tenant_id=tenant_id, token_id=token_id, principal_id="bot",
                 scopes=frozenset({"read", "events"}), made_by="root", made_at=NOW, ends_at=SOON)  # fmt: skip


def link(number, whose=MARA):
    return Link(link_hash=f"{number:064}", tenant_id=whose.tenant_id, principal_id=whose.principal_id,
                made_at=NOW, ends_at=SOON)  # fmt: skip


def test_a_session_is_found_by_its_hash_whoever_it_belongs_to(store):
    with store.access() as access:
        access.add_session(session(1))
        access.add_session(session(2, TWIN))
    with store.access(reading=True) as access:
        assert access.session(f"{2:064}") == session(2, TWIN)
        assert access.session(f"{3:064}") is None


def test_signing_somebody_out_everywhere_leaves_their_namesake_of_another_tenant_in(store):
    with store.access() as access:
        for made in (session(1), session(2), session(3, TWIN)):
            access.add_session(made)
        assert access.end_sessions(MARA) == 2
        assert access.session(f"{3:064}") is not None
        assert access.end_session(f"{3:064}")
        assert not access.end_session(f"{3:064}")


def test_what_has_ended_is_forgotten(store):
    with store.access() as access:
        access.add_session(session(1))
        access.add_session(session(2, ends_at=SOON + timedelta(seconds=1)))
        access.forget_ended(SOON)
        assert access.session(f"{1:064}") is None
        assert access.session(f"{2:064}") is not None


def test_a_token_is_listed_with_its_tenant_and_revoked_once(store):
    with store.access() as access:
        access.add_token(token(1))
        access.add_token(token(2, tenant_id="t2"))
        access.use_token(f"{1:064}", SOON)
        assert access.tokens("t1") == [token(1).model_copy(update={"used_at": SOON})]
        assert not access.revoke_token("t3", "k-1", NOW)
        assert access.revoke_token("t1", "k-1", NOW)
        assert not access.revoke_token("t1", "k-1", NOW)
        assert access.token(f"{1:064}").revoked_at == NOW
        assert access.token(f"{2:064}").revoked_at is None


def test_two_tokens_of_one_tenant_have_two_ids(store):
    with store.access() as access:
        access.add_token(token(1))
    with pytest.raises(StaleError), store.access() as access:
        access.add_token(token(2))
    with store.access() as access:
        assert access.tokens("t1") == [token(1)]


def test_a_link_is_used_once_and_in_time_and_a_new_one_voids_the_old_one(store):
    with store.access() as access:
        access.add_link(link(1))
        access.add_link(link(2, TWIN))
        assert access.take_link(f"{1:064}", SOON) is None
        assert access.take_link(f"{1:064}", NOW) == MARA
        assert access.take_link(f"{1:064}", NOW) is None
        access.add_link(link(3))
        access.add_link(link(4))
        assert access.take_link(f"{3:064}", NOW) is None
        assert access.take_link(f"{4:064}", NOW) == MARA
        assert access.take_link(f"{2:064}", NOW) == TWIN


def test_a_credential_is_one_persons_and_a_code_is_taken_once(store):
    made = Credential(tenant_id="t1", principal_id="mara", password="argon", changed_at=NOW)
    with store.access() as access:
        assert not access.anybody()
        access.put_credential(made)
        assert access.credential(TWIN) is None
        assert not access.anybody()
        access.change_credential(MARA, second_factor="S", failures=2)
        assert access.anybody()
        assert access.take_code(MARA, f"{7:020}")
        assert not access.take_code(MARA, f"{7:020}")
        assert not access.take_code(MARA, f"{6:020}")
        assert access.take_code(MARA, f"{10:020}")
        told = made.model_copy(update={"second_factor": "S", "failures": 2, "used_code": f"{10:020}"})
        assert access.credential(MARA, hold=True) == told
        access.put_credential(made)
        assert access.credential(MARA) == made


def test_a_subject_of_a_provider_is_one_principal_for_good(store):
    with store.access() as access:
        access.add_identity(MARA, "https://id.example", "s-1", NOW)
        assert access.identity("t1", "https://id.example", "s-1") == "mara"
        assert access.identity("t2", "https://id.example", "s-1") is None
        assert access.identity("t1", "https://other.example", "s-1") is None
    with pytest.raises(StaleError), store.access() as access:
        access.add_identity(Whose("t1", "otto"), "https://id.example", "s-1", NOW)


def test_a_copied_database_lets_nobody_in_by_an_old_session_or_link(store):
    with store.access() as access:
        access.add_session(session(1))
        access.add_link(link(1))
        access.forget_sign_ins()
        assert access.session(f"{1:064}") is None
        assert access.take_link(f"{1:064}", NOW) is None
