"""One server for the tests that leave it alive, and one of its own for each test that kills it."""

import pytest

from tests.connectors.process import Server


@pytest.fixture(scope="package")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("server")).start()
    yield running
    running.kill()


@pytest.fixture
def mortal(tmp_path):
    running = Server(tmp_path).start()
    yield running
    running.kill()


@pytest.fixture
def old(tmp_path):
    (tmp_path / "old").touch()
    running = Server(tmp_path).start()
    yield running
    running.kill()
