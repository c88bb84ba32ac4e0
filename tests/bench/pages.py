"""What the pages cost: the list beside more and more plans, and what a browser waits for."""

import json
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright
from sqlalchemy import insert, select

from oncourse.web import listening
from store.row_security import show_all
from store.tables import plan, plan_step, record, stream
from tests.bench.measuring import line
from tests.oncourse.pages.browsing import CHROMIUM, at_a_desk
from tests.oncourse.pages.tenant import populated

SIZES = (100, 10_000, 100_000)
LOADS = 60
PATHS = ("/plans", "/plans?show=closed", "/review")


def grow(door, most: int) -> int:
    """Copy the tenant's plans with their steps, accounts and contracts until there are so many; return how many."""
    with door.house.sql.begin() as connection:
        show_all(connection)
        plans = connection.execute(select(plan)).mappings().all()
        steps = connection.execute(select(plan_step)).mappings().all()
        records = connection.execute(select(record).where(record.c.family.not_in(["owners", "goals"]))).mappings().all()
        streams = connection.execute(select(stream).where(stream.c.stream.like("plan/%"))).mappings().all()
        for number in range(most // len(plans)):
            for table, rows in ((plan, plans), (plan_step, steps), (record, records), (stream, streams)):
                connection.execute(insert(table), [_copy(dict(row), number) for row in rows])
    return most // len(plans) * len(plans) + len(plans)


def _copy(row: dict, number: int) -> dict:
    """Return a row under the ids of another copy of the tenant's accounts and plans."""
    mark = f"{number:06x}"
    if row.get("account_id"):
        row["account_id"] += mark
    if "record_id" in row:
        row["record_id"] += mark
    if "plan_id" in row:
        row["plan_id"] = mark + row["plan_id"][6:]
    if "stream" in row:
        row["stream"] = "plan/" + mark + row["stream"][11:]
    if "expires_at" in row:
        old = row["plan_id"]
        row["body"] = row["body"].replace('"plan_id":"' + row["body"].split('"plan_id":"')[1][:36], '"plan_id":"' + old)
        told = row["body"].split('"account_id":"')[1].split('"')[0]
        row["body"] = row["body"].replace(f'"account_id":"{told}"', f'"account_id":"{row["account_id"]}"')
        row["expires_at"] += timedelta(minutes=number % 50_000)
    return row


def served_in(client, path: str) -> list[float]:
    """Return the milliseconds of each of many loads, sorted."""
    found = []
    for _ in range(LOADS):
        begun = time.perf_counter()
        assert client.get(path).status_code == 200
        found.append(1000 * (time.perf_counter() - begun))
    return sorted(found)


def run() -> None:
    """Print what the list costs as plans become many, and what a browser waits for."""
    first: dict[str, float] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            door = populated(Path(directory))
            plans = grow(door, size)
            client = door.of("otto")
            for path in PATHS:
                client.get(path)
                took = served_in(client, path)
                p95 = quantiles(took, n=20)[-1]
                first.setdefault(path, p95)
                print(
                    line(
                        f"{path} of {plans:,} plans",
                        f"p50 {median(took):.0f} ms, p95 {p95:.0f} ms, {p95 / first[path]:.2f}x of the smallest",
                    )
                )
            door.house.sql.dispose()
    browser()


def browser() -> None:
    """Print when a page is first to be seen, how many requests it takes and how many kilobytes."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        door = populated(Path(directory))
        house = door.house
        with listening(door.app, "127.0.0.1", 0) as address:
            site = type("Site", (), {"address": address})
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for path in ("/plans", f"/plans/{house.plan_of('vela')}", f"/review/{house.plan_of('northwind')}"):
                seen, sizes = [], []
                for _ in range(7):
                    with at_a_desk(chromium, site) as desk:
                        got = []
                        desk.page.on("response", lambda answer, got=got: got.append(answer))
                        page = desk.open(path)
                        page.wait_for_load_state("load")
                        seen.append(
                            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                        )
                        parts = json.loads(
                            page.evaluate(
                                "JSON.stringify(performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map(e => e.transferSize))"
                            )
                        )
                        sizes.append((len(got), sum(parts) / 1000))
                print(
                    line(
                        path.split("/")[1] + (" of one" if path.count("/") > 1 else ""),
                        f"first visible {median(seen):.0f} ms, {sizes[-1][0]} requests, {median(s for _, s in sizes):.0f} KB",
                    )
                )
            chromium.close()
