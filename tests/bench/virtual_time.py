"""Virtual time: whole lives of plans over weeks, beside empty transactions on the same database."""

import time
from datetime import timedelta

from plan import CLOSED
from tests.bench.measuring import beside, line, microseconds
from tests.house import MONDAY, House


def lines(*, quick: bool = False) -> list[str]:
    accounts, days = (1, 3) if quick else (12, 90)
    house = House()
    for number in range(accounts):
        house.draft(f"a{number:02d}", urgent_ticket=number % 3 == 0)
    house.reviewers(MONDAY + timedelta(days=days))
    start = time.process_time()
    house.run(days)
    taken = time.process_time() - start
    with house.unit() as unit:
        found = unit.plans.find()
        entries = sum(1 for _ in unit.every_entry())
    lived = sum(
        (
            (r.state.closed_at if r.plan.status in CLOSED and r.state.closed_at else house.clock.now())
            - r.plan.created_at
        ).days
        for r in found
    )
    raw = beside({"commit": lambda: _bare_commit(house)}, seconds=0 if quick else 1)["commit"]
    return [
        line(
            f"virtual time, {len(found)} plans, {days} days, {entries} entries",
            f"{lived / taken:,.0f} plan-days/s",
            f"{entries / taken:,.0f} entries/s",
            f"{taken / entries / raw:.1f}x of an empty transaction each ({microseconds(raw)})",
        )
    ]


def _bare_commit(house: House) -> None:
    with house.unit() as unit:
        unit.virtual_now()
