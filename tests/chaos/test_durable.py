"""The durable engine over real databases: nothing is lost with a worker, with its queue, or at any point of a life."""

import multiprocessing
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from dbos import DBOS

from oncourse.durable import QUEUE
from oncourse.promises import broken
from plan import PlanType, TenantGoal
from store import Event as Inbound
from store import EventType
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


def steadfast(shared, name):
    """Work, and queue nothing a second time."""
    shared.worker(name, pace=FAST._replace(again=timedelta(hours=1))).run_worker(Event())


def leaving(shared, seen):
    """Work on one visit at a time, and be told to end during the first one, when others are held."""
    stop, worker = Event(), shared.worker("leaving", pace=FAST._replace(at_once=1))

    def visit(_tenant, target):
        with Path(seen).open("a") as file:
            file.write(f"{target}\n")
        ends = time.monotonic() + SOON
        while len(worker._held) < 3 and time.monotonic() < ends:
            time.sleep(0.05)
        stop.set()

    worker._visit = visit
    worker.run_worker(stop)


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


@contextmanager
def working(*words):
    """Let a worker work until the block ends; then kill it."""
    child = start(*words)
    try:
        yield child
    finally:
        child.kill()
        child.join()


def eventually(what):
    ends = time.monotonic() + SOON
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.1)
    return found


def drafts(house):
    with house.desk.unit() as unit:
        return unit.plans.find()


def goal(now, name="g1"):
    body = TenantGoal(
        goal_id=name, plan_type=PlanType.RENEWAL_DEFENSE, metric="ARR", target_bp=9500, horizon_on=now.date()
    )
    return Inbound(
        source="crm",
        event_id=name,
        type=EventType.GOAL_CHANGED,
        body=body.model_dump(mode="json"),
        received_at=now,
    )


def heard_of(house):
    with house.desk.store.workers(reading=True) as workers:
        return workers.alive(MONDAY)


def taken_up(house, event):
    with house.desk.unit() as unit:
        return unit.events.get(event.source, event.event_id).processed_at


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
    with working(work, shared, "second"):
        assert eventually(lambda: drafts(house))
        assert eventually(lambda: heard_of(house) == ["second"])
    with house.desk.unit() as unit:
        assert len(unit.plans.find()) == 1
        assert broken(unit) == []


def test_a_worker_whose_visit_was_taken_over_while_it_lived_works_on(shared):
    """Whoever has lost a visit waits for what its new owner makes of it: that must not keep anybody from working."""
    with working(taken_over, shared, "only"):
        assert eventually(lambda: drafts(shared.house()))


def test_a_queue_that_is_thrown_away_loses_nothing(shared, tmp_path):
    sign = tmp_path / "begun"
    first = start(stuck, shared, "first", str(sign))
    assert eventually(sign.exists)
    first.kill()
    first.join()
    forget(shared.url)
    with working(work, shared, "second"):
        assert eventually(lambda: drafts(shared.house()))


def test_a_queue_that_is_thrown_away_under_a_living_worker_is_made_again(shared):
    house = shared.house()
    with working(work, shared, "only"):
        assert eventually(lambda: drafts(house))
        forget(shared.url)
        event = goal(house.desk.clock.now())
        house.receive(event)
        assert eventually(lambda: taken_up(house, event))


def test_a_worker_that_starts_anew_under_its_old_name_queues_anew(shared):
    house = shared.house()
    with working(steadfast, shared, "same"):
        assert eventually(lambda: drafts(house))
    event = goal(house.desk.clock.now())
    house.receive(event)
    with working(steadfast, shared, "same"):
        assert eventually(lambda: taken_up(house, event))


def test_a_worker_that_ends_leaves_the_visits_that_it_only_holds_to_the_next_one(shared, tmp_path):
    house, seen = shared.house(), tmp_path / "seen"
    events = [goal(house.desk.clock.now(), f"g{number}") for number in range(2)]
    house.receive_all(events)
    first = start(leaving, shared, str(seen))
    first.join(2 * SOON)
    assert first.exitcode == 0
    assert len(seen.read_text().splitlines()) == 1
    with working(work, shared, "second"):
        assert eventually(lambda: drafts(house) and all(taken_up(house, event) for event in events))


def test_a_worker_killed_at_points_of_a_life_leaves_it_to_be_finished_cleanly():
    lives = sweep("sqlite", every=31)
    assert len(lives) >= 3
    for life in lives:
        assert life.died, life.point
        assert (life.statuses, life.findings) == (("COMPLETED",), ()), life.point
        assert life.repeats <= 1
