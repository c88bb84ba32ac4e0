"""`oncourse rehearse`: what would become of every account that needs a defence, on real records and in virtual time.

Reviewers follow the stated script of `oncourse.world`; customers are simulated. Nothing leaves the machine, and the
database of the installation is not touched: a rehearsal has its own.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from agent import Drafter
from oncourse.console import as_json, err, say, table
from oncourse.imports import Candidates, ImportBatch
from oncourse.promises import PROMISES
from oncourse.stage import Stage
from plan import OncourseError

SPAN = timedelta(days=200)
"""Longer than any defence: every plan has ended by then."""
START_HOUR = 8


def rehearse(
    batch: ImportBatch, found: Candidates, as_of: date, directory: Path, drafter: Drafter, *, json: bool = False
) -> None:
    """Propose for every candidate, run each plan to its end, and say what became of it."""
    start = datetime(as_of.year, as_of.month, as_of.day, START_HOUR, tzinfo=UTC)
    asked = (*found.defend, *found.too_late)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeElapsedColumn(),
        console=err, transient=True, disable=not err.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("importing ...", total=SPAN.days)

        def told(at: datetime, _target: str, _did: str) -> None:
            bar.update(task, completed=(at - start).days, description=f"{at:%Y-%m-%d}")

        stage = Stage(directory / "rehearsal.db", batch, start=start, seed="rehearsal", drafter=drafter, told=told)
        for index, account_id in enumerate(asked):
            stage.posture_changes(account_id, start + timedelta(minutes=index))
        stage.reviewers.every_morning(stage.world, start, start + SPAN)
        ticks = stage.run(start + SPAN)
    _tell(stage, batch, found, ticks, json=json)


def _tell(stage: Stage, batch: ImportBatch, found: Candidates, ticks: int, *, json: bool) -> None:
    ended = stage.ended()
    refused, none = _unborn(stage)
    reasons = Counter(f"{e.status} {e.reason}" for e in ended)
    entries, broken = stage.proof()
    if json:
        as_json(
            {
                "accounts": len(batch.accounts),
                "dated_renewals": found.dated,
                "candidates": len(found.defend),
                "too_late": len(found.too_late),
                "plans": [e.model_dump() for e in ended],
                "refused": dict(refused),
                "no_plan": dict(none),
                "ticks": ticks,
                "entries": entries,
                "broken": [f.model_dump() for f in broken],
                "turned_away": stage.world.refusals,
            }
        )
    else:
        say(
            f"{len(batch.accounts)} accounts, {found.dated} with a dated renewal, {len(found.defend)} to defend, "
            f"{len(found.too_late)} too late"
        )
        rows = [*reasons.items(), *((f"no plan: {why}", n) for why, n in none.items())]
        rows += [(f"refused: {codes}", n) for codes, n in refused.items()]
        table(("what became of it", "accounts"), sorted(rows))
        table(("account", "plan", "why it stopped"), [(e.account, e.plan_id[:8], e.why) for e in ended])
        if stage.world.refusals:
            say(f"{len(stage.world.refusals)} acts of people were turned away, the first: {stage.world.refusals[0]}")
        say(f"{ticks} ticks, {entries} ledger entries; {len(PROMISES)} promises checked, {len(broken)} broken")
    if broken:
        raise OncourseError(f"{broken[0].promise} is broken: {broken[0].what}")
    silent = [e for e in ended if e.why == "Still open."]
    if silent:
        raise OncourseError(f"{len(silent)} plans have not ended, the first for {silent[0].account}")


def _unborn(stage: Stage) -> tuple[Counter[str], Counter[str]]:
    refused: Counter[str] = Counter()
    none: Counter[str] = Counter()
    with stage.house.desk.unit() as unit:
        for _, entry in unit.every_entry():
            if entry.type == "proposal.refused.v1":
                refused[", ".join(entry.data["codes"])] += 1
            elif entry.type == "proposal.none.v1":
                none[str(entry.data["reason"])] += 1
    return refused, none
