"""Visit every state of plans with more steps and more revisions: `python -m tests.plan.nightly_states`."""

import sys
import time

from plan import PLAN_MOVES, STEP_MOVES, Approval, DependencyKind, OnFailure
from tests.plan.breaches import BREACHES
from tests.plan.exploration import Model, Taken, Walk, explore
from tests.plan.worlds import Slot

THREE_STEPS = (
    Slot(Approval.AUTO, tries=1),
    Slot(Approval.DRAFT, awaits=True, needs=((0, DependencyKind.SUCCESS),)),
    Slot(
        Approval.AUTO,
        required=False,
        awaits=True,
        on_failure=OnFailure.SKIP,
        needs=((0, DependencyKind.SUCCESS), (1, DependencyKind.FINISHED)),
        tries=1,
    ),
)
TWO_STEPS = (Slot(Approval.AUTO), Slot(Approval.APPROVE, awaits=True, needs=((0, DependencyKind.FINISHED),)))
WALKS = {"three steps, two revisions": (THREE_STEPS, 2), "two steps tried twice, three revisions": (TWO_STEPS, 3)}


def rows() -> set[Taken]:
    """Return every row of both tables, once for each source and target."""
    plan_rows = {(m.event, s, t) for m in PLAN_MOVES for s in m.sources for t in m.targets or (None,)}
    return plan_rows | {(m.event, s, t) for m in STEP_MOVES for s in m.sources for t in m.targets}


def faults(walk: Walk) -> list[str]:
    """Return what is wrong with what a walk found."""
    found = [f"{promise}: after {world}" for promise, world in walk.breaches.items()]
    if walk.stuck:
        found.append(f"{walk.stuck:,} states that time and the orchestrator alone never bring to an end")
    if walk.lingering:
        found.append(f"{walk.lingering:,} states past the plan's end that the orchestrator cannot close in one move")
    return found


def main() -> int:
    """Print how many states and edges were seen and what was wrong with them; return 1 where something was."""
    wrong = []
    for name, (slots, revisions) in WALKS.items():
        started = time.perf_counter()
        walk = explore(Model(slots, revisions=revisions))
        found = faults(walk)
        print("\n".join(found), end="\n" if found else "")
        print(
            f"states of {name}: {walk.worlds:,} states, {walk.edges:,} edges, {len(BREACHES)} promises, "
            f"{len(found)} faults; {time.perf_counter() - started:.0f} s",
            flush=True,
        )
        wrong += found
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
