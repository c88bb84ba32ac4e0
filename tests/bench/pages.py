"""What the pages cost: the list beside more and more plans, and what a browser waits for."""

import tempfile
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import sync_playwright
from sqlalchemy import insert, select

from store.row_security import show_all
from store.tables import plan, plan_step, record, stream
from tests.bench.measuring import line
from tests.oncourse.pages.browsing import CHROMIUM, at_a_desk, served
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
        ends = sorted({row["expires_at"] for row in plans})
        for number in range(most // len(plans)):
            for table, rows in ((plan, plans), (plan_step, steps), (record, records), (stream, streams)):
                connection.execute(insert(table), [_copy(dict(row), number, ends) for row in rows])
    return most // len(plans) * len(plans) + len(plans)


def _copy(row: dict, number: int, ends: list[datetime]) -> dict:
    """Return a row under the ids of another copy of the tenant's accounts and plans.

    Copies end one after another and not kind by kind, so that the first page holds the same mix of plans however many
    there are: what is compared is how many stand behind it.
    """
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
        row["expires_at"] = ends[0] + timedelta(seconds=number * len(ends) + ends.index(row["expires_at"]))
    return row


def lines(*, quick: bool = False) -> list[str]:
    """Return what the lists cost as plans become many, and what a browser waits for."""
    found = _lists((16, 24) if quick else SIZES, 2 if quick else LOADS)
    return found + (
        _browser(1 if quick else 7) if CHROMIUM else ["no Chromium here: what a browser waits for is left out"]
    )


def _lists(sizes: tuple[int, ...], loads: int) -> list[str]:
    """Load each list of each size in turn, so that a busy machine slows all of them alike."""
    found = []
    with ExitStack() as stack:
        tenants = {}
        for size in sizes:
            door = populated(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            stack.callback(door.house.sql.dispose)
            tenants[grow(door, size)] = door.of("otto")
        for path in PATHS:
            took: dict[int, list[float]] = {plans: [] for plans in tenants}
            for _ in range(loads + 1):
                for plans, client in tenants.items():
                    begun = time.perf_counter()
                    assert client.get(path).status_code == HTTPStatus.OK
                    took[plans].append(1000 * (time.perf_counter() - begun))
            p95 = {plans: quantiles(each[1:], n=20)[-1] for plans, each in took.items()}
            least = p95[min(p95)]
            found += [
                line(
                    f"{path} of {plans:,} plans",
                    f"{median(each[1:]):.0f} ms",
                    f"p95 {p95[plans]:.0f} ms, {p95[plans] / least:.2f}x",
                )
                for plans, each in took.items()
            ]
    return found


def _browser(loads: int) -> list[str]:
    """Say when a page is first to be seen, how many requests it takes and how many kilobytes, with an empty cache."""
    found = []
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright, served(Path(directory)) as site:
        house = site.door.house
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in ("/plans", f"/plans/{house.plan_of('vela')}", f"/review/{house.plan_of('northwind')}"):
            seen, sent, asked = [], [], []
            for _ in range(loads):
                with at_a_desk(chromium, site) as desk:
                    got = []
                    desk.page.on("response", lambda answer, got=got: got.append(answer))
                    page = desk.open(path)
                    page.wait_for_timeout(400)
                    told = page.evaluate(_TIMES)
                    seen.append(told["seen"])
                    sent.append(told["bytes"] / 1000)
                    asked.append(len([one for one in got if "/events/stream" not in one.url]))
            what = path.split("/")[1] + (" of one" if path.count("/") > 1 else "")
            found.append(
                line(
                    f"/{what}", f"{median(seen):.0f} ms", f"first visible; {max(asked)} requests, {median(sent):.0f} KB"
                )
            )
        chromium.close()
    return found


_TIMES = """() => ({
  seen: performance.getEntriesByType('paint').at(-1)?.startTime ?? NaN,
  bytes: [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]
    .reduce((sum, one) => sum + one.transferSize, 0),
})"""
