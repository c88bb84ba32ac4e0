"""The gate with all rules of a phase on ten steps, digests included, beside reading the same plan from JSON."""

from uuid import UUID

from gate import Phase, check, default_bundle
from plan import RevenuePlanV1
from tests import builders
from tests.bench.measuring import beside, line, microseconds
from tests.house import MONDAY

STEPS = 10
BAR = 250e-6
ADDED = ("NOTIFY_ACCOUNT_TEAM", "NOTIFY_ACCOUNT_TEAM", "REQUEST_RENEWAL_MEETING")


def ten_steps() -> RevenuePlanV1:
    """Return the clean plan of seven steps with three more of its own kind."""
    plan = builders.plan()
    known = {step.action_type: step for step in plan.steps}
    more = tuple(
        known[name].model_copy(update={"step_id": UUID(int=100 + number)}) for number, name in enumerate(ADDED)
    )
    return plan.model_copy(update={"steps": (*plan.steps, *more)})


def lines(*, quick: bool = False) -> list[str]:
    plan, context, policy = ten_steps(), builders.context(), default_bundle()
    text = plan.model_dump_json()
    works = {phase: lambda p=phase: check(plan, context, policy, phase=p, now=MONDAY) for phase in Phase}
    found = beside(works | {"parse": lambda: RevenuePlanV1.model_validate_json(text)}, seconds=0 if quick else 8)
    parse = found.pop("parse")
    against = "of reading the same plan from JSON"
    return [
        line(
            f"gate, {phase}, {len(plan.steps)} steps, digests included",
            f"{microseconds(taken)} a check",
            f"{taken / parse:.1f}x {against} ({microseconds(parse)})",
            f"bar {microseconds(BAR)}",
        )
        for phase, taken in found.items()
    ]
