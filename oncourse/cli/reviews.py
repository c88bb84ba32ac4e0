"""`oncourse review`: what waits for a person, and what each thing takes."""

from oncourse.cli.session import current
from oncourse.console import as_json, say, short, table
from orchestrator import USED_UP, Waiting, waiting


def review() -> None:
    """List what waits for a person: drafts, rendered steps, tasks, hand-overs, steps in doubt, and held accounts."""
    with current.house.desk.unit(reading=True) as unit:
        rows = [_row(one) for one in waiting(unit)]
        late = [e for e in unit.events.postponed(unit.now) if e.told == USED_UP]
    if current.json:
        as_json([dict(zip(("plan", "step", "account", "what", "digest"), row, strict=True)) for row in rows])
    elif rows:
        table(("plan", "step", "account", "what", "digest to quote"), rows)
    else:
        say("Nothing waits for a person.")
    if late and not current.json:
        until = f"{late[0].retry_at:%Y-%m-%d %H:%M}Z"
        say(f"{len(late)} accounts wait for a draft until {until}: the day's drafts are used up (drafts_per_day).")


def _row(one: Waiting) -> tuple[str, str, str, str, str]:
    plan, step = (short(name) if name else "" for name in (one.plan_id, one.step_id))
    return plan, step, one.account_id, one.told, one.digest
