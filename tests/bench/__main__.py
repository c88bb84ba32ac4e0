"""Measure the gate, virtual time and import, each beside something that everybody knows the cost of."""

import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from gate import Phase, check, default_bundle
from oncourse.imports import read_flat
from orchestrator import gate_context
from plan import CLOSED, PlanStep, RevenuePlanV1
from tests.house import MONDAY, House

ROWS = 50_000
ACCOUNTS = 12
DAYS = 90


def median_seconds(work: Callable[[], object], times: int, rounds: int = 7) -> float:
    """Return the median time of one call, over rounds of many calls."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        taken.append((time.perf_counter() - start) / times)
    return statistics.median(taken)


def gate_line() -> str:
    house = House()
    plan_id = house.draft()
    record = house.record(plan_id)
    steps = list(record.plan.steps)
    while len(steps) < 10:
        extra: PlanStep = steps[0].model_copy(update={"step_id": house.orchestrator.desk.ids.new(), "required": False})
        steps.append(extra)
    plan = record.plan.model_copy(update={"steps": tuple(steps[:10])})
    with house.unit() as unit:
        context = gate_context(unit, record)
    policy, text = default_bundle(), plan.model_dump_json()
    judged = median_seconds(lambda: check(plan, context, policy, phase=Phase.PROPOSE, now=MONDAY), 200)
    parsed = median_seconds(lambda: RevenuePlanV1.model_validate_json(text), 200)
    return (
        f"gate, 10 steps, all rules, digests included   {judged * 1e6:9.0f} us   "
        f"{judged / parsed:5.1f}x of parsing the same plan from JSON ({parsed * 1e6:.0f} us)"
    )


def time_line() -> str:
    house = House()
    for number in range(ACCOUNTS):
        house.draft(f"a{number:02d}", urgent_ticket=number % 3 == 0)
    house.reviewers(MONDAY + timedelta(days=DAYS))
    start = time.perf_counter()
    house.run(DAYS)
    taken = time.perf_counter() - start
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
    raw = median_seconds(lambda: _bare_commit(house), 50)
    each = taken / entries
    return (
        f"virtual time, {len(found)} plans, {DAYS} days             {lived / taken:9.0f} plan-days/s   "
        f"{entries / taken:.0f} entries/s, {each / raw:.1f}x of an empty transaction each ({raw * 1e6:.0f} us)"
    )


def _bare_commit(house: House) -> None:
    with house.unit() as unit:
        unit.virtual_now()


def import_line() -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "accounts.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("account_id", "name"))
            writer.writerows((f"a{n}", f"Company {n}") for n in range(ROWS // 2))
        with (folder / "contracts.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("contract_id", "account_id", "arr", "currency", "starts_on", "renews_on"))
            day = date(2027, 1, 1).isoformat()
            writer.writerows((f"k{n}", f"a{n}", "1200.50", "EUR", "2026-01-01", day) for n in range(ROWS // 2))
        start = time.perf_counter()
        batch = read_flat(folder)
        taken = time.perf_counter() - start
        start = time.perf_counter()
        for path in folder.iterdir():
            with path.open(newline="", encoding="utf-8") as file:
                for _ in csv.DictReader(file):
                    pass
        bare = time.perf_counter() - start
    return (
        f"import, {batch.rows} rows, validated              {batch.rows / taken:9.0f} rows/s        "
        f"{taken / bare:5.1f}x of reading the same files with csv.DictReader"
    )


def main() -> None:
    for line in (gate_line, time_line, import_line):
        sys.stdout.write(line() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
