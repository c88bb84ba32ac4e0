import itertools
from datetime import UTC, datetime

import pytest

from store import Store, open_engine, upgrade
from tests.databases import fresh_url
from tests.keys import KEYS

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    made = open_engine(fresh_url(request.param, tmp_path))
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def store(engine):
    count = itertools.count()
    return Store(engine, lambda: next(count).to_bytes(32), KEYS)
