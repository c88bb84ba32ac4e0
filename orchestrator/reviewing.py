"""What people decide against a draft: send it back with a reason, or close it."""

from gate import Act
from orchestrator.desk import Acting, Desk, authorize, check_reason
from orchestrator.moves import Hand
from plan import Cause, PlanEvent


def send_back(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Return a draft with a sentence that the next revision must answer; its approvals become void."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        hand = Hand(unit, who, authorize(unit, who, Act.SEND_BACK, record.state), cause=cause)
        hand.move_plan(record.state, PlanEvent.SEND_BACK, ("sent_back", reason))
        unit.wake(plan_id, unit.now)


def reject(desk: Desk, plan_id: str, reason: str, who: Acting, cause: Cause) -> None:
    """Close a draft for good: `discarded` by its owner or an editor, `rejected` by an approver."""
    check_reason(reason)
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        authority = authorize(unit, who, Act.REJECT, record.state)
        code = "discarded" if authority.role in {"owner", "editor"} else "rejected"
        Hand(unit, who, authority, cause=cause).move_plan(record.state, PlanEvent.REJECT, (code, reason))
