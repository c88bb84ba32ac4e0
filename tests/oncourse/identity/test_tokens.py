"""API tokens: made by people for machines, shown once, and never more than a machine may do."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from oncourse.clock import SeededIds
from oncourse.identity import Tokens
from orchestrator import BadInputError, NotAllowedError
from plan import ActorKind, Principal, Role
from store import NotFoundError
from tests.databases import over_all


@pytest.fixture
def tokens(house, chance):
    return Tokens(house.orchestrator, house.clock, SeededIds("token"), chance)


def test_a_token_is_shown_once_and_kept_as_a_hash_for_a_machine_that_the_ledger_knows(house, tokens, doorkeeper):
    issued = tokens.issue("crm-sync", ["events"], 30, house.who("root"))
    found = doorkeeper.by_token(issued.secret)
    machine = found.acting.principal
    assert (machine.principal_id, machine.kind, machine.roles) == ("crm-sync", ActorKind.AGENT, {Role.PROPOSER})
    assert found.scopes == {"events"}
    with over_all(house.sql) as connection:
        row = str(connection.execute(text("SELECT * FROM api_token")).one())
        added = connection.execute(text("SELECT type FROM ledger_entry WHERE stream='principal/crm-sync'")).scalar_one()
    assert issued.secret not in row
    assert issued.secret[4:] not in row
    assert added == "principal.added.v1"
    assert issued.secret not in str(tokens.every(house.who("root")))


@pytest.mark.parametrize("name", ["mara", "otto", "sara"])
def test_who_is_neither_revops_nor_an_administrator_manages_no_tokens(house, tokens, name):
    issued = tokens.issue("bot", ["read"], 1, house.who("root"))
    who = house.who(name)
    for act in (
        lambda: tokens.issue("bot", ["read"], 1, who),
        lambda: tokens.every(who),
        lambda: tokens.revoke(issued.token.token_id, who),
    ):
        with pytest.raises(NotAllowedError, match="AUTH-TOKENS"):
            act()


def test_a_token_issues_no_tokens(house, tokens, doorkeeper):
    issued = tokens.issue("bot", ["read", "propose", "events"], 1, house.who("root"))
    with pytest.raises(NotAllowedError):
        tokens.issue("bot", ["read"], 1, doorkeeper.by_token(issued.secret).acting)


def test_a_person_of_revops_issues_tokens_for_machines_that_are_known_and_a_new_one_takes_an_administrator(
    house, tokens
):
    house.orchestrator.add_principal(
        Principal(principal_id="rene", tenant_id="t1", roles=frozenset({Role.REVOPS})), house.who("root")
    )
    with pytest.raises(NotAllowedError, match="root could"):
        tokens.issue("bot", ["read"], 1, house.who("rene"))
    tokens.issue("bot", ["read"], 1, house.who("root"))
    assert tokens.issue("bot", ["read"], 1, house.who("rene")).token.made_by == "rene"


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [("bot", [], 1), ("bot", ["approve"], 1), ("bot", ["read"], 0), ("bot", ["read"], 366), ("mara", ["read"], 1)],
)
def test_a_token_that_would_be_more_than_a_machines_is_refused(house, tokens, name, scopes, days):
    with pytest.raises(BadInputError):
        tokens.issue(name, scopes, days, house.who("root"))


def test_a_machine_that_left_gets_no_token(house, tokens):
    tokens.issue("bot", ["read"], 1, house.who("root"))
    house.orchestrator.governance.deactivate("bot", "not needed any more", house.who("root"))
    with pytest.raises(BadInputError, match="reactivate bot"):
        tokens.issue("bot", ["read"], 1, house.who("root"))


def test_a_revoked_token_and_one_whose_days_are_over_open_nothing(house, tokens, doorkeeper):
    issued = tokens.issue("bot", ["read"], 1, house.who("root"))
    other = tokens.issue("bot", ["read"], 365, house.who("root"))
    tokens.revoke(issued.token.token_id, house.who("root"))
    assert doorkeeper.by_token(issued.secret) is None
    assert doorkeeper.by_token(other.secret) is not None
    with pytest.raises(NotFoundError, match="token list"):
        tokens.revoke(issued.token.token_id, house.who("root"))
    house.clock.set(house.clock.now() + timedelta(days=365))
    assert doorkeeper.by_token(other.secret) is None


def test_a_token_of_another_tenant_is_not_revoked_from_here(house, tokens):
    issued = tokens.issue("bot", ["read"], 1, house.who("root"))
    with house.store.access() as access:
        assert not access.revoke_token("t2", issued.token.token_id, house.clock.now())
