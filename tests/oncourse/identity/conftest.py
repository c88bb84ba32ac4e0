import pytest

from oncourse.clock import SeededSalt
from oncourse.identity import Doorkeeper, Sessions
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
