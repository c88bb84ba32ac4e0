"""The simulation of a policy change: recorded questions parsed and judged under two bundles, beside judging once."""

from uuid import UUID

from gate import Asked, Phase, check, default_bundle, inputs_text, read_inputs, simulate
from tests import builders
from tests.bench.measuring import beside, line, microseconds
from tests.house import MONDAY

QUESTIONS = 100
BAR = 2000


def recorded(count: int) -> list[Asked]:
    """Return recorded questions about so many plans; each has its own ids and its own situation."""
    plan, context = builders.plan(), builders.context()
    made = []
    for number in range(count):
        one = plan.model_copy(update={"plan_id": UUID(int=number + 1)})
        phase = (Phase.PROPOSE, Phase.APPROVE)[number % 2]
        made.append(Asked(address=f"plan/{one.plan_id}#2", phase=phase, text=inputs_text(one, context, MONDAY)))
    return made


def lines(*, quick: bool = False) -> list[str]:
    current = default_bundle()
    new = current.model_copy(update={"name": "tighter", "max_steps": 6})
    asked = recorded(2 if quick else QUESTIONS)
    parsed = [read_inputs(one.text, one.phase) for one in asked]
    works = {
        "two policies": lambda: simulate(asked, current, new),
        "parsing": lambda: [read_inputs(one.text, one.phase) for one in asked],
        "judging once": lambda: [check(p.plan, p.context, current, phase=p.phase, now=p.now) for p in parsed],
    }
    found = {name: taken / len(asked) for name, taken in beside(works, seconds=0 if quick else 6).items()}
    both, once, read = found["two policies"], found["judging once"], found["parsing"]
    steps = len(parsed[0].plan.steps)
    return [
        line(
            f"simulation, {steps} steps, parsed and judged under two policies",
            f"{1 / both:,.0f} plans/s/core",
            f"{both / once:.1f}x of one check of the gate ({microseconds(once)})",
            f"{both / read:.1f}x of parsing alone ({microseconds(read)})",
            f"bar {BAR:,}",
        )
    ]
