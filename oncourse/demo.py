"""`oncourse demo`: ninety days of a made-up company in seconds, and each plan's reason in plain words.

Everything is seeded: a second run prints the same bytes. Nothing leaves the machine.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agent import Drafter
from ledger import Entry
from oncourse.console import err, indented, say, table
from oncourse.imports import ImportBatch, read_flat
from oncourse.promises import PROMISES
from oncourse.simulator import EAGER, SILENT, Answer, Script
from oncourse.stage import Stage
from orchestrator import PlanEdit, Removal, StepEdit
from plan import (
    Cause,
    ModelCall,
    OncourseError,
    PlanType,
    Proposal,
    ProposedDependency,
    ProposedStep,
    Provenance,
    StepStatus,
)

START = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""A Monday, 08:00 in the company's own time zone."""
DAYS = 90
SEED = "lindqvist"
LOST_ON = START + timedelta(days=14, hours=3)
_CONFIRMED = Answer(outcome="OWNER_CONFIRMED", after_days=2)

SCRIPTS: dict[str, Script] = {
    "aurora": Script(temper=EAGER, closes_at_bp=10_000),
    "brixton": Script(temper=EAGER, closes_at_bp=None),
    "calder": Script(temper=SILENT),
    "dunmore": Script(temper=EAGER),
    "ellison": Script(
        temper=EAGER, answers={"CONFIRM_RENEWAL_OWNER": (Answer(outcome="NO_OWNER", after_days=1), _CONFIRMED)}
    ),
    "hadley": Script(temper=EAGER, closes_at_bp=9_500),
    "ibsen": Script(temper=EAGER),
    "jarrow": Script(temper=EAGER, faults={"PREP_RENEWAL_BRIEF": 1}),
    "lomond": Script(temper=EAGER, closes_at_bp=10_500),
}
"""How each customer answers; the others answer as usual."""
NAMES = {
    "p-otto": "Otto",
    "p-sara": "Sara",
    "p-vera": "Vera",
    "p-mara": "Mara",
    "p-jonas": "Jonas",
    "p-lena": "Lena",
    "drafter-playbook": "the playbook",
    "drafter-replay": "a recording",
    "drafter-claude": "the model",
    "drafter-local": "the local model",
}
_SAYS: dict[str, str] = {
    "plan.proposed.v1": "drafted by {who}",
    "proposal.none.v1": "no plan: {why}",
    "proposal.refused.v1": "a proposal of {asked} was refused: {why}",
    "plan.sent_back.v1": "sent back by {who}: {why}",
    "plan.edited.v1": "edited by {who}",
    "plan.endorsed.v1": "endorsed by {who}",
    "plan.approved.v1": "approved by {who}",
    "plan.activated.v1": "started",
    "plan.paused.v1": "paused: {why}",
    "step.retried.v1": "{step} taken up again by {who}: {why}",
    "plan.resumed.v1": "resumed by {who}",
    "step.attempt_failed.v1": "{step} failed ({outcome}), next try at {wait:%H:%M} UTC",
    "plan.completed.v1": "completed, {end}: {why}",
    "plan.aborted.v1": "aborted, {end}: {why}",
    "plan.expired.v1": "expired, {end}: {why}",
}
"""The turning points that the demo tells, and how."""
_ENDS = {
    "objective_met": "objective met",
    "all_steps_done": "all steps done, objective not reached",
    "window_passed": "its window passed",
    "lost": "the renewal was lost",
}


def run_demo(directory: Path, drafter: Drafter, *, live: bool) -> None:
    """Run the story into a new database in the directory, and tell what became of each plan."""
    batch = demo_batch()
    say(f"Lindqvist Sensors: {len(batch.accounts)} accounts, {DAYS} days from {START:%Y-%m-%d}. Everything is made up.")
    with _view(batch, live=live) as told:
        stage, ticks = stage_demo(directory, drafter, told=told)
    _tell(stage, batch, directory, ticks)


def demo_batch() -> ImportBatch:
    """Return the made-up company."""
    with as_file(files("oncourse").joinpath("demo_data")) as folder:
        return read_flat(Path(folder))


def stage_demo(directory: Path, drafter: Drafter, *, days: int = DAYS, told: "Told | None" = None) -> tuple[Stage, int]:
    """Run the story for a number of days; return the stage and how many ticks it took."""

    def tell(at: datetime, target: str, did: str) -> None:
        if told is not None:
            told(stage, at, target, did)

    stage = Stage(
        directory / "oncourse.db", demo_batch(), start=START, seed=SEED, drafter=drafter, scripts=SCRIPTS, told=tell
    )
    _write_story(stage)
    return stage, stage.run(START + timedelta(days=days))


def _write_story(stage: Stage) -> None:
    """Put on the agenda what happens beyond the customers' answers."""
    world = stage.world
    stage.reviewers.leave_alone.add("ibsen")
    stage.reviewers.every_morning(world, START, START + timedelta(days=DAYS))
    for index, account in enumerate(
        (
            "aurora",
            "brixton",
            "calder",
            "dunmore",
            "ellison",
            "galway",
            "hadley",
            "ibsen",
            "jarrow",
            "kestrel",
            "lomond",
        )
    ):
        stage.posture_changes(account, START + timedelta(days=index % 3, minutes=index))
    world.lose("dunmore", "dunmore-2025", LOST_ON)
    later = START + timedelta(days=1, hours=6)
    world.at(later, lambda: _contact_in_spite_of_a_legal_hold(stage))
    world.at(START + timedelta(days=1, hours=2), lambda: _send_back(stage))
    world.at(START + timedelta(days=1, hours=7), lambda: _answer(stage))
    world.at(START + timedelta(days=11, hours=3), lambda: _second_plan(stage))
    for day in range(2, 30):
        world.at(START + timedelta(days=day, hours=4), lambda: _mend_failure(stage))


def _contact_in_spite_of_a_legal_hold(stage: Stage) -> None:
    steps = (
        ProposedStep(key="brief", action_type="PREP_RENEWAL_BRIEF", params={"sections": ["USAGE"]}, start_day=0),
        ProposedStep(
            key="meeting",
            action_type="REQUEST_RENEWAL_MEETING",
            params={"contact_id": "fenwick-1", "purpose": "SOFT_RENEWAL_QUESTION"},
            depends_on=(ProposedDependency(key="brief"),),
            start_day=2,
            evidence=("fenwick-s1",),
            rationale="A quick call will do.",
        ),
    )
    _submit(stage, "p-lena", _own("fenwick", "fenwick-2025", steps))


def _second_plan(stage: Stage) -> None:
    steps = (ProposedStep(key="brief", action_type="PREP_RENEWAL_BRIEF", params={"sections": ["VALUE"]}, start_day=5),)
    _submit(stage, "p-jonas", _own("hadley", "hadley-plant", steps))


def _own(account_id: str, contract_id: str, steps: tuple[ProposedStep, ...]) -> Proposal:
    return Proposal(
        account_id=account_id,
        plan_type=PlanType.RENEWAL_DEFENSE,
        subject=(contract_id,),
        steps=steps,
        provenance=Provenance(drafter="person"),
    )


def _submit(stage: Stage, name: str, proposal: Proposal) -> None:
    stage.house.submit(proposal, stage.people[name], Cause(kind="person", ref=name))


def _send_back(stage: Stage) -> None:
    record = stage.plan_of("ibsen")
    if record is not None:
        reason = "Write to Knut alone first, and leave the team channel out of it."
        stage.house.send_back(str(record.plan.plan_id), reason, stage.people["p-otto"])


def _answer(stage: Stage) -> None:
    """Edit the draft that was sent back, as asked."""
    record = stage.plan_of("ibsen")
    if record is None:
        return
    by_action = {step.action_type: step for step in record.plan.steps}
    voice, notice = by_action["REBUILD_CHAMPION"], by_action["NOTIFY_ACCOUNT_TEAM"]
    change = PlanEdit(
        removed=(Removal(step_id=notice.step_id, reason="The reviewer wants no notice in the team channel."),),
        changed=(StepEdit(step_id=voice.step_id, params={"contact_ids": ["ibsen-2"]}),),
        answers=("Only Knut is written to, and the channel hears nothing.",),
    )
    stage.house.edit(str(record.plan.plan_id), change, stage.people["p-lena"])
    stage.reviewers.leave_alone.discard("ibsen")


def _mend_failure(stage: Stage) -> None:
    """Let a reviewer look at a plan that a failed step paused: try the step again and resume."""
    record = stage.plan_of("ellison")
    if record is None or record.state.pause_reason != "failure":
        return
    plan_id, reviewer = str(record.plan.plan_id), stage.people["p-otto"]
    for step in record.plan.steps:
        if step.status is StepStatus.FAILED:
            stage.house.retry(plan_id, str(step.step_id), "Jonas is back and takes the renewal.", reviewer)
    stage.house.resume(plan_id, "The renewal has an owner now.", reviewer)


Told = Callable[[Stage, datetime, str, str], None]


@contextmanager
def _view(batch: ImportBatch, *, live: bool) -> Iterator[Told]:
    """Show the plans as they go, where there is a terminal."""
    if not live:
        yield lambda _stage, _at, _target, _did: None
        return
    names = {account.account_id: account.name for account in batch.accounts}
    seen: dict[str, tuple[str, str]] = {}
    with Live(console=err, refresh_per_second=12, transient=True) as shown:

        def told(stage: Stage, at: datetime, target: str, did: str) -> None:
            account_id = _account_of(stage, target)
            if account_id is not None and did != "waits":
                record = stage.plan_of(account_id)
                seen[account_id] = (record.plan.status.value if record else "no plan", did)
                shown.update(_frame(at, names, seen))

        yield told


def _account_of(stage: Stage, target: str) -> str | None:
    kind, _, name = target.partition("/")
    with stage.house.desk.unit() as unit:
        if kind == "plan":
            return unit.plans.get(name).plan.account_id
        source, _, event_id = name.partition("/")
        event = unit.events.get(source, event_id)
        return event.account_id if event else None


def _frame(at: datetime, names: dict[str, str], seen: dict[str, tuple[str, str]]) -> Group:
    drawn = Table(box=None, pad_edge=False)
    for column in ("account", "plan", "last"):
        drawn.add_column(column)
    for account_id, name in names.items():
        status, did = seen.get(account_id, ("", ""))
        drawn.add_row(Text(name), Text(status), Text(did))
    day = (at - START).days
    return Group(Text(f"day {day:2d} of {DAYS}   {at:%a %Y-%m-%d %H:%M} UTC   {'#' * (day * 40 // DAYS)}"), drawn)


def _tell(stage: Stage, batch: ImportBatch, directory: Path, ticks: int) -> None:
    names = {account.account_id: account.name for account in batch.accounts}
    _happened(stage, names)
    rows = [(e.account, e.status, e.plan_id[:8], _ENDS.get(e.reason, e.reason)) for e in stage.ended()]
    table(("account", "plan", "id", "why it stopped"), rows)
    entries, broken = stage.proof()
    for refusal in stage.world.refusals:
        say(f"refused: {refusal}")
    for finding in broken:
        say(f"{finding.promise} is broken: {finding.what}")
    if broken:
        raise OncourseError(f"{len(broken)} promises are broken; this must not happen")
    with stage.house.desk.unit() as unit:
        born = [entry.model for _, entry in unit.every_entry() if entry.type == "plan.proposed.v1"]
    for line in sources(born):
        say(line)
    say(f"{ticks} ticks, {entries} ledger entries; replay agrees with every row, {len(PROMISES)} promises hold.")
    here = f"--db sqlite:///{directory / 'oncourse.db'} --tenant {stage.tenant.tenant_id}"
    say("Where to look next (with .venv/bin on your PATH):")
    say(f"  oncourse {here} plan list")
    say(f"  oncourse {here} ledger explain {rows[0][2]}")
    say(f"  oncourse {here} doctor")


def sources(born: Sequence[Sequence[ModelCall]]) -> tuple[str, str]:
    """Say in two lines where drafts came from, by the calls that their entries carry; a recorded call has a label."""
    labels = [calls[-1].cassette.partition(":")[0] for calls in born if calls]
    recorded = [label for label in labels if label]
    asked = len(labels) - len(recorded)
    kinds = f" ({', '.join(sorted(set(recorded)))})" if recorded else ""
    first = f"{len(born)} drafts: {len(recorded)} from recordings{kinds}, {len(born) - len(labels)} by the playbook."
    return first, f"A model was asked for {asked}." if asked else "No model was asked."


def _happened(stage: Stage, names: dict[str, str]) -> None:
    """Print the turning points of each account, in the order in which they happened, from the ledger alone."""
    told: dict[str, list[tuple[str, list[str]]]] = {name: [] for name in names.values()}
    with stage.house.desk.unit() as unit:
        plans = unit.plans.find()
        accounts = {f"plan/{r.plan.plan_id}": names[r.plan.account_id] for r in plans}
        steps = {str(s.step_id): s.action_type for r in plans for s in r.plan.steps}
        for _, entry in unit.every_entry():
            account = accounts.get(entry.stream) or names.get(entry.stream.removeprefix("account/"), "")
            if entry.type in _SAYS and account:
                days = told[account]
                if not days or days[-1][0] != f"{entry.at:%m-%d}":
                    days.append((f"{entry.at:%m-%d}", []))
                days[-1][1].append(_phrase(entry, unit.blobs.reveal, steps))
    for account, days in told.items():
        say(account)
        for day, phrases in days:
            indented(f"  {day}  ", "; ".join(phrases))


def _phrase(entry: Entry, reveal: Callable[[str], str], steps: dict[str, str]) -> str:
    text = reveal(entry.reason.text) if entry.reason and entry.reason.text else ""
    wait = entry.data.get("wait_until")
    code = entry.reason.code if entry.reason else ""
    return _SAYS[entry.type].format(
        end=_ENDS.get(code, code),
        who=NAMES.get(entry.actor.id, entry.actor.id),
        asked=NAMES.get(entry.actor.on_behalf_of or "", entry.actor.on_behalf_of),
        why=(text or code).rstrip("."),
        step=steps.get(str(entry.data.get("step_id")), ""),
        outcome=entry.data.get("outcome"),
        wait=datetime.fromisoformat(wait) if wait else entry.at,
    )
