"""The first start: one link while nobody can sign in, and no other machine reaches the house until then."""

import pytest

from oncourse.identity import BindRefusedError, check_bind, first_start, is_set_up
from plan import Principal, Role
from tests.oncourse.identity.conftest import GOOD


def test_the_first_start_shows_a_link_for_an_administrator_until_the_set_up_is_finished(house, door, chance):
    def start(*, oidc=False):
        return first_start(house.store, "t1", house.clock, chance, oidc=oidc)

    path = start()
    assert path.startswith("/sign-in?link=")
    assert start(oidc=True) is None
    entry = door.local.enrol(start().partition("=")[2], GOOD)
    assert entry.person.principal_id == "root"
    assert start() is not None
    entry = door.local.enrol(start().partition("=")[2], GOOD)
    door.keep("root", entry)
    door.local.confirm(entry.session.secret, door.code("root"))
    assert start() is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "oncourse.example", "", "127.0.0.1.example"])  # noqa: S104 - it is refused
def test_no_other_machine_is_let_near_until_somebody_can_sign_in(house, door, host):
    with pytest.raises(BindRefusedError, match="finish the set-up"):
        check_bind(host, house.store, oidc=False)
    check_bind(host, house.store, oidc=True)
    door.settle("root")
    check_bind(host, house.store, oidc=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_this_machine_may_always_come(house, host):
    check_bind(host, house.store, oidc=False)


def test_a_password_alone_and_an_auditor_alone_finish_nothing(house, door):
    house.orchestrator.add_principal(
        Principal(principal_id="rita", tenant_id="t1", roles=frozenset({Role.AUDITOR})), house.who("root")
    )
    from tests.oncourse.identity.conftest import whose

    door.local.enrol(door.links.make(whose("rita")), GOOD)
    door.local.enrol(door.links.make(whose("sara")), GOOD)
    assert not is_set_up(house.store)
