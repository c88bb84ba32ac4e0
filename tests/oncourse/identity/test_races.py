"""Several at once, on every database: a code, a link and a try count once each."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from oncourse.clock import RandomIds, random_salt
from oncourse.config import OidcSettings
from oncourse.identity import Doorkeeper, IdentityError, Members, Sessions
from oncourse.identity.openid import Shown
from plan import Role
from tests.databases import fresh_url
from tests.house import House
from tests.oncourse.identity.conftest import GOOD, Door, whose

AT_ONCE = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def door(request, tmp_path):
    return Door(House(fresh_url(request.param, tmp_path)), random_salt)


def at_once(act, count=AT_ONCE):
    """Do the same several times at once; return what came of each, or its error."""

    def tried(_):
        try:
            return act()
        except IdentityError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(tried, range(count)))


def done(results):
    return [one for one in results if not isinstance(one, Exception)]


def test_a_code_signs_in_once_however_many_send_it_at_once(door):
    door.settle("sara")
    code = door.code("sara")
    assert len(done(at_once(lambda: door.local.sign_in(whose("sara"), GOOD, code)))) == 1


def test_a_link_opens_once_however_many_use_it_at_once(door):
    link = door.links.make(whose("sara"))
    assert len(done(at_once(lambda: door.local.enrol(link, GOOD)))) == 1


def test_tries_that_come_at_once_are_all_counted(door):
    door.settle("sara")
    assert done(at_once(lambda: door.local.sign_in(whose("sara"), "another password"))) == []
    with door.house.store.access() as access:
        known = access.credential(whose("sara"))
    assert known.failures == 5
    assert known.locked_until is not None


def test_a_session_is_changed_once_however_many_do_it_at_once(door):
    sessions = Sessions(door.house.store, door.house.clock, random_salt)
    secret = sessions.open(whose("sara"), "local").secret

    assert len(done(at_once(lambda: sessions.change(secret, "local", door.house.clock.now())))) == 1


def test_somebody_who_comes_twice_at_once_for_the_first_time_is_one_principal(door):
    told = OidcSettings(issuer="https://id.example", client_id="plans", roles={"bosses": Role.SENIOR_APPROVER})
    house = door.house
    members = Members(told, house.orchestrator, house.clock, RandomIds(), random_salt)
    shown = Shown(subject="ada", groups=frozenset({"bosses"}), strong_at=None)
    keeper = Doorkeeper(house.store, house.clock)
    opened = at_once(lambda: members.sign_in(shown))
    names = {keeper.by_session(one.secret).acting.principal.principal_id for one in opened}
    assert len(names) == 1
    assert house.broken() == []
