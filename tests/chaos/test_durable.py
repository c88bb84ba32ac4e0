"""The durable engine over real databases: nothing is lost with a worker, with its queue, or at any point of a life."""

import multiprocessing
import time
from pathlib import Path
from threading import Event

import pytest
from dbos import DBOS

from oncourse.durable import QUEUE
from oncourse.promises import broken
from tests.chaos.herd import forget
from tests.chaos.sweep import sweep
from tests.chaos.world import FAST, found, opened
from tests.databases import fresh_url
from tests.house import MONDAY

CONTEXT = multiprocessing.get_context("forkserver")
SOON = 40
"""Seconds in which what is asked for must have come, on a busy machine too."""


def work(shared, name):
    shared.worker(name).run_worker(Event())


def stuck(shared, name, sign):
    """Work, but stay in the first visit for ever."""
    worker = shared.worker(name)

    def begin(_tenant, _target):
        Path(sign).touch()
        time.sleep(600)

    worker._visit = begin
    worker.run_worker(Event())


def taken_over(shared, name):
    """Work, but have the first visit taken over while it is under way, as after a freeze."""
    worker, visits = shared.worker(name), []
    worker._pace = FAST._replace(at_once=1)
    visit = worker._visit

    def late(tenant, target):
        visits.append(target)
        if len(visits) == 1:
            DBOS.resume_workflows([DBOS.workflow_id], queue_name=QUEUE)
        else:
            visit(tenant, target)

    worker._visit = late
    worker.run_worker(Event())


def start(*words):
    child = CONTEXT.Process(target=words[0], args=words[1:], daemon=True)
    child.start()
    return child


def eventually(what):
    ends = time.monotonic() + SOON
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.1)
    return found


def drafts(house):
    with house.desk.unit() as unit:
        return unit.plans.find()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path):
    url = fresh_url(request.param, tmp_path)
    yield found(url, tmp_path, scale=60, accounts=1)
    opened(url).dispose()


@pytest.mark.parametrize("known", [True, False], ids=["known", "struck off before"])
def test_what_a_killed_worker_had_begun_another_one_takes_over(shared, tmp_path, known):
    """A worker that was frozen for long is struck off; thawed, it may begin a visit and die before it is heard again."""
    sign = tmp_path / "begun"
    first = start(stuck, shared, "first", str(sign))
    assert eventually(sign.exists)
    first.kill()
    first.join()
    house = shared.house()
    assert drafts(house) == []
    if not known:
        with house.desk.store.workers() as workers:
            workers.forget("first")
    second = start(work, shared, "second")
    try:
        assert eventually(lambda: drafts(house))
        with house.desk.store.workers(reading=True) as workers:
            assert workers.alive(MONDAY) == ["second"]
    finally:
        second.kill()
        second.join()
    with house.desk.unit() as unit:
        assert len(unit.plans.find()) == 1
        assert broken(unit) == []


def test_a_worker_whose_visit_was_taken_over_while_it_lived_works_on(shared):
    """Whoever has lost a visit waits for what its new owner makes of it: that must not keep anybody from working."""
    only = start(taken_over, shared, "only")
    try:
        assert eventually(lambda: drafts(shared.house()))
    finally:
        only.kill()
        only.join()


def test_a_queue_that_is_thrown_away_loses_nothing(shared, tmp_path):
    sign = tmp_path / "begun"
    first = start(stuck, shared, "first", str(sign))
    assert eventually(sign.exists)
    first.kill()
    first.join()
    forget(shared.url)
    second = start(work, shared, "second")
    try:
        assert eventually(lambda: drafts(shared.house()))
    finally:
        second.kill()
        second.join()


def test_a_worker_killed_at_points_of_a_life_leaves_it_to_be_finished_cleanly():
    lives = sweep("sqlite", every=31)
    assert len(lives) >= 3
    for life in lives:
        assert life.died, life.point
        assert (life.statuses, life.findings) == (("COMPLETED",), ()), life.point
        assert life.repeats <= 1
