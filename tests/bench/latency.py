"""How long after its commit an event, or a plan that somebody wakes, is taken up by a worker that is otherwise idle."""

import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from threading import Event as Flag

from oncourse.durable import Pace
from plan import PlanType, TenantGoal
from store import Event, EventType
from tests.bench.apart import Opened, Recording, Running, apart, opened
from tests.bench.measuring import line
from tests.chaos.world import ScaledClock
from tests.databases import fresh_url, kinds
from tests.house import House

SAMPLES = 40
PACES = {"the default pace": Pace(), "a poll of 0.1 s": Pace(poll=timedelta(seconds=0.1))}


class Awaited:
    """Ticks through another one, and notes when the tick of what is awaited began."""

    def __init__(self, ticker) -> None:
        self._ticker, self._target, self._began, self._ended = ticker, "", 0.0, Flag()

    def tick(self, target: str) -> str:
        began = time.perf_counter()
        did = self._ticker.tick(target)
        if target == self._target:
            self._began, self._target = began, ""
            self._ended.set()
        return did

    def postpone(self, target: str) -> None:
        raise RuntimeError(f"a tick of {target} failed")

    def after(self, do: Callable[[], object], target: str) -> float:
        """Do something; return the seconds from its end until the tick of a target begins."""
        self._ended.clear()
        self._target = target
        do()
        since = time.perf_counter()
        if not self._ended.wait(60):
            raise TimeoutError(f"{target} was not taken up")
        return self._began - since


def prepared(url: str) -> str:
    """Make a tenant with a draft, which waits for people; return its id."""
    house = House(url, executor=Recording())
    plan_id = house.draft()
    house.sql.dispose()
    return plan_id


def measured(url: str, plan_id: str, pace: Pace, samples: int) -> tuple[list[float], list[float]]:
    """Return what was measured for events and for plans."""
    here = opened(url, ScaledClock(datetime.now(UTC), 1))
    awaited, drawn = Awaited(here.ticker), random.Random(pace.poll.microseconds)
    events, plans = [], []
    with Running(here.worker(pace, awaited)):
        for number in range(samples + 1):  # the first of each is not counted: much is loaded then
            time.sleep(drawn.uniform(0, 2 * pace.poll.total_seconds()))
            event = _goal(here, number)
            events.append(awaited.after(lambda event=event: here.house.receive(event), event.target))
            time.sleep(drawn.uniform(0, 2 * pace.poll.total_seconds()))
            target = f"plan/{plan_id}"
            plans.append(awaited.after(lambda: here.ticker.wake(target, here.clock.now()), target))
    return events[1:], plans[1:]


def _goal(here: Opened, number: int) -> Event:
    now = here.clock.now()
    goal = TenantGoal(
        goal_id=f"g{number}",
        plan_type=PlanType.RENEWAL_DEFENSE,
        metric="retained ARR",
        target_bp=9500,
        horizon_on=now.date(),
    )
    return Event(
        source="bench",
        event_id=f"goal-{number}",
        type=EventType.GOAL_CHANGED,
        body=goal.model_dump(mode="json"),
        received_at=now,
    )


def lines(*, quick: bool = False) -> list[str]:
    told = []
    for kind in kinds():
        for name, pace in PACES.items():
            with tempfile.TemporaryDirectory() as folder:
                url = fresh_url(kind, Path(folder))
                plan_id = apart(prepared, url)
                found = apart(measured, url, plan_id, pace, 2 if quick else SAMPLES)
            for what, taken in zip(("event", "woken plan"), found, strict=True):
                figure = f"{median(taken) * 1e3:,.0f} ms"
                p95 = f"95 of 100 within {quantiles(taken, n=20)[-1] * 1e3:,.0f} ms"
                told.append(line(f"{what} to tick, {kind}, {name}, {len(taken)} times", figure, p95))
    return told
