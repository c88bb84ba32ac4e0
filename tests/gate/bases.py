"""Make the questions that policy tests start from: a plan of the default playbook at three moments of its life.

python -m tests.gate.bases
"""

from pathlib import Path

import gate
from gate import Phase, Recording, read_inputs, recording_text
from ledger import GateEvaluated
from plan import StepStatus
from tests.house import House

HERE = Path(gate.__file__).parent / "bases"


def made() -> dict[str, str]:
    house = House(seed="bases")
    plan_id = house.draft("acme", urgent_ticket=True)
    draft = _asked(house, plan_id, Phase.PROPOSE)
    house.approve(plan_id)
    house.engine.run_due()
    house.reviewers(house.clock.now().replace(month=5))
    for _ in range(40):
        if house.step(plan_id, "REQUEST_RENEWAL_MEETING").status not in _WAITING:
            break
        house.run(1)
    meeting = house.step(plan_id, "REQUEST_RENEWAL_MEETING").step_id
    return {
        "draft": recording_text(draft.model_copy(update={"phase": Phase.APPROVE})),
        "start": recording_text(_asked(house, plan_id, Phase.ACTIVATE)),
        "step": recording_text(_asked(house, plan_id, Phase.STEP, meeting)),
    }


_WAITING = frozenset({StepStatus.PENDING, StepStatus.READY, StepStatus.PENDING_APPROVAL})


def _asked(house: House, plan_id: str, phase: Phase, step_id=None) -> Recording:
    """Return the last question of a phase as the ledger kept it."""
    with house.unit() as unit:
        bodies = [entry.body() for entry in unit.entries(f"plan/{plan_id}")]
        asked = [b for b in bodies if isinstance(b, GateEvaluated) and b.phase == phase and b.step_id == step_id]
        return read_inputs(unit.blobs.reveal(asked[-1].inputs), phase)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for name, text in made().items():
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")
