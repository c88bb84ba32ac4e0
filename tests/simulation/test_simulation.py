"""Short lives under many faults: every promise is kept, every kind of fault happens, and a seed replays to the byte."""

import os
import re
import subprocess
import sys
from collections import Counter

import pytest

from tests.simulation.__main__ import seeds_of
from tests.simulation.faults import RATES
from tests.simulation.life import Life, Size, Told
from tests.simulation.provider import Connector

SMALL = Size(accounts=3, days=75, harsh=5)
TINY = Size(accounts=1, days=25, harsh=5)
SEEDS = (14, 19)
GOVERNED = {
    "policy made tighter",
    "policy made looser",
    "policy published",
    "owner changed",
    "kill switch",
    "kill switch released",
    "went to shadow",
    "went live",
    "person left",
    "person came back",
    "account released",
    "paused",
    "edited",
    "sent back",
    "two people at once",
    "approval of what was seen long ago",
}


@pytest.fixture(scope="module")
def lives() -> dict[int, Told]:
    return {seed: Life(seed, SMALL).run() for seed in SEEDS}


def test_every_promise_is_kept(lives):
    assert {seed: told.finding for seed, told in lives.items()} == dict.fromkeys(SEEDS, "")
    assert all(told.plans >= 2 and told.ticks > 50 for told in lives.values())


def test_every_kind_of_fault_happens(lives):
    happened = sum((told.faults for told in lives.values()), Counter())
    assert set(happened) == set(RATES), sorted(set(RATES) - set(happened))
    assert sum(told.points.total() for told in lives.values()) > 10


def test_those_who_govern_do_all_that_they_may(lives):
    done = sum((told.deeds for told in lives.values()), Counter())
    assert set(done) >= GOVERNED, sorted(GOVERNED - set(done))


def test_customers_are_heard_and_their_accounts_held(lives):
    done = sum((told.deeds for told in lives.values()), Counter())
    assert any(deed.startswith("contact ") for deed in done)
    assert sum(told.types["account.held.v1"] for told in lives.values())


def test_a_seed_replays_to_the_same_bytes():
    """Another process with another order of its sets writes the same ledger."""
    code = f"from tests.simulation.life import *; print(Life(3, Size{tuple(TINY)}).run().head)"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = Life(3, TINY).run()
    assert here.points.total() > 0
    assert told.stdout.strip() == here.head


def test_a_provider_that_takes_a_key_twice_is_found_and_told_with_its_seed(monkeypatch):
    apply = Connector._apply

    def twice(self, order):
        apply(self, order)
        self._book.times[order.key] += 1

    monkeypatch.setattr(Connector, "_apply", twice)
    told = Life(1, SMALL).run()
    assert told.finding.startswith("seed 1, 2026-")
    assert f"tick {told.ticks}: P4: " in told.finding
    assert re.search(r"took effect [2-9] times$", told.finding)


def test_a_row_that_somebody_changes_is_found_at_the_next_tick():
    life = Life(1, SMALL)
    life.faults.on = False
    look = life._look

    def tamper(ticked):
        if len(life.watch.plans) == 1:
            with life._sql.begin() as connection:
                connection.exec_driver_sql("UPDATE plan SET owner = 'ghost'")
        look(ticked)

    life._look = tamper
    assert "P9: " in life.run().finding


def test_seeds_are_named_singly_or_in_a_row():
    assert seeds_of(["3", "7-9"]) == [3, 7, 8, 9]
