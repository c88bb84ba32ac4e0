from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from oncourse.clock import SeededSalt
from oncourse.identity import Doorkeeper, Links, Local, Sessions
from store import Whose
from tests.house import House


@pytest.fixture
def house():
    return House()


@pytest.fixture
def chance():
    return SeededSalt("door")


@pytest.fixture
def doorkeeper(house):
    return Doorkeeper(house.store, house.clock)


@pytest.fixture
def sessions(house, chance):
    return Sessions(house.store, house.clock, chance)


def whose(name):
    return Whose("t1", name)


GOOD = "correct horse battery"


class Door:
    """The local accounts of the house, with what their people know."""

    def __init__(self, house, chance):
        self.house = house
        self.links = Links(house.store, house.clock, chance)
        self.local = Local(house.store, house.clock, chance)
        self.factors = {}

    def pass_time(self, seconds=30):
        self.house.clock.set(self.house.clock.now() + timedelta(seconds=seconds))

    def code(self, name):
        return pyotp.TOTP(self.factors[name]).at(self.house.clock.now())

    def wrong_code(self, name):
        return f"{(int(self.code(name)) + 111_111) % 1_000_000:06}"

    def keep(self, name, entry):
        self.factors[name] = parse_qs(urlsplit(entry.otpauth).query)["secret"][0]

    def settle(self, name, password=GOOD):
        """Let somebody choose a password and a second factor; return their session."""
        entry = self.local.enrol(self.links.make(whose(name)), password)
        self.keep(name, entry)
        entry = self.local.confirm(entry.session.secret, self.code(name))
        self.pass_time()
        return entry.session.secret

    def sign_in(self, name, password=GOOD):
        entry = self.local.sign_in(whose(name), password, self.code(name))
        self.pass_time()
        return entry.session.secret


@pytest.fixture
def door(house, chance):
    return Door(house, chance)
