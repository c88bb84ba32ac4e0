"""Let many start plans for one account at once, on both databases: `python -m tests.store.nightly_race`."""

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from ledger import ConflictRefused
from plan import Cause, PlanStatus, Proposal, ProposedStep, Provenance
from tests.databases import fresh_url
from tests.house import House


class Round(NamedTuple):
    """What came of one race."""

    wrong: list[str]
    seconds: list[float]
    """How long each activation took, the wait for the others included."""


def copy_of(house, plan_id):
    """Open another plan of the same account and type, so small that it reaches nobody."""
    record = house.record(plan_id)
    brief = ProposedStep(
        key="brief",
        action_type="PREP_RENEWAL_BRIEF",
        params={"sections": ["VALUE"]},
        start_day=1,
        evidence=(f"{record.plan.account_id}-s1",),
    )
    proposal = Proposal(
        account_id=record.plan.account_id,
        plan_type=record.plan.plan_type,
        subject=record.plan.subject,
        steps=(brief,),
        provenance=Provenance(drafter="person"),
    )
    told = house.orchestrator.submit(proposal, house.who("mara"), Cause(kind="person", ref="mara"))
    return str(told.plan_id)


def race(house, starters):
    """Start so many approved plans of one account at the same instant, and say what went wrong."""
    plans = [house.draft()]
    plans += [copy_of(house, plans[0]) for _ in range(starters - 1)]
    for plan_id in plans:
        house.approve(plan_id)
    barrier, cause = threading.Barrier(starters), house.record(plans[0]).plan.created_from
    results, seconds = {}, []

    def start(plan_id):
        barrier.wait()
        began = time.perf_counter()
        try:
            results[plan_id] = house.orchestrator.activate(plan_id, cause)
        except Exception as error:  # noqa: BLE001 - whatever a thread raises is a finding of the round
            results[plan_id] = repr(error)
        seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=start, args=(plan_id,)) for plan_id in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Round(_wrong(house, plans, results), seconds)


def _wrong(house, plans, results):
    wrong = [f"{plan_id}: {told}" for plan_id, told in results.items() if told not in set(PlanStatus)]
    winners = [plan_id for plan_id in plans if house.plan(plan_id).status is PlanStatus.ACTIVE]
    if len(winners) != 1 or [p for p, told in results.items() if told is PlanStatus.ACTIVE] != winners:
        return [*wrong, f"ACTIVE are {winners}, and the commands said {results}"]
    for plan_id in set(plans) - set(winners):
        with house.unit() as unit:
            bodies = [entry.body() for entry in unit.entries(f"plan/{plan_id}")]
        holders = [body.holder for body in bodies if isinstance(body, ConflictRefused)]
        if holders != winners or house.plan(plan_id).status is not PlanStatus.APPROVED:
            wrong.append(f"{plan_id} was refused for {holders} and is {house.plan(plan_id).status}")
    return [*wrong, *house.broken()]


def main() -> int:
    """Run the rounds on each database and print what they found; return 1 where a round went wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--starters", type=int, default=32)
    asked = parser.parse_args()
    wrong = []
    for kind in ("sqlite", "postgresql"):
        began, seconds, found = time.perf_counter(), [], []
        for number in range(asked.rounds):
            with tempfile.TemporaryDirectory() as folder:
                house = House(fresh_url(kind, Path(folder)), seed=str(number))
                done = race(house, asked.starters)
                house.sql.dispose()
            seconds += done.seconds
            found += [f"race on {kind}, round {number}: {line}" for line in done.wrong]
        print("\n".join(found[:20]), end="\n" if found else "")
        seconds.sort()
        p50, p99 = (1000 * seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.99))
        print(
            f"race on {kind}: {asked.rounds} rounds of {asked.starters}, {len(found)} faults, one activation among all "
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms; {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        wrong += found
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
