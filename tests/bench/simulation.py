"""Measure the simulation of a policy change: recorded questions parsed and judged under two bundles."""

import time
from uuid import UUID

from gate import Asked, Phase, check, default_bundle, inputs_text, read_inputs, simulate
from tests import builders
from tests.house import MONDAY

QUESTIONS = 1000
ROUNDS = 3


def recorded(count: int) -> list[Asked]:
    """Return recorded questions about so many plans; each has its own ids and its own situation."""
    plan, context = builders.plan(), builders.context()
    made = []
    for number in range(count):
        one = plan.model_copy(update={"plan_id": UUID(int=number + 1)})
        phase = (Phase.PROPOSE, Phase.APPROVE)[number % 2]
        made.append(Asked(address=f"plan/{one.plan_id}#2", phase=phase, text=inputs_text(one, context, MONDAY)))
    return made


def simulation_lines() -> list[str]:
    current = default_bundle()
    new = current.model_copy(update={"name": "tighter", "max_steps": 6})
    asked = recorded(QUESTIONS)
    parsed = [read_inputs(one.text, one.phase) for one in asked]

    def once() -> None:
        for one in parsed:
            check(one.plan, one.context, current, phase=one.phase, now=one.now)

    once_seconds = min(_seconds(once) for _ in range(ROUNDS))
    taken = min(_seconds(lambda: simulate(asked, current, new)) for _ in range(ROUNDS))
    steps, size = len(parsed[0].plan.steps), len(asked[0].text)
    told = (
        f"simulation, {steps} steps, {size} bytes a question   {QUESTIONS / taken:9.0f} plans/s/core   "
        f"parsed and judged under two policies: {taken / once_seconds:.1f}x of judging once "
        f"({once_seconds / QUESTIONS * 1e6:.0f} us)"
    )
    return [told]


def _seconds(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
