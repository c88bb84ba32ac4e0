"""`oncourse review`: what waits for a person, and what each thing takes."""

from oncourse.cli.session import current
from oncourse.console import as_json, say, short, table
from orchestrator import Waiting, waiting


def review() -> None:
    """List what waits for a person: drafts, rendered steps, tasks, hand-overs, steps in doubt, and held accounts."""
    with current.house.desk.unit(reading=True) as unit:
        rows = [_row(one) for one in waiting(unit)]
    if current.json:
        as_json([dict(zip(("plan", "step", "account", "what", "digest"), row, strict=True)) for row in rows])
    elif rows:
        table(("plan", "step", "account", "what", "digest to quote"), rows)
    else:
        say("Nothing waits for a person.")


def _row(one: Waiting) -> tuple[str, str, str, str, str]:
    plan, step = (short(name) if name else "" for name in (one.plan_id, one.step_id))
    return plan, step, one.account_id, one.told, one.digest
