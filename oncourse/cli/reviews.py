"""`oncourse review`: what waits for a person, and what each thing takes."""

from collections.abc import Iterator
from typing import NamedTuple

from oncourse.cli.session import current
from oncourse.console import as_json, say, short, table
from orchestrator import held, to_quote
from plan import Approval, PlanStatus, PlanStep, StepStatus
from store import PlanRecord, Unit


class Waiting(NamedTuple):
    """One thing that a person is to look at."""

    plan: str
    step: str
    account: str
    what: str
    digest: str = ""
    """What an approval quotes."""


def review() -> None:
    """List what waits for a person: drafts, rendered steps, tasks, hand-overs, steps in doubt, and held accounts."""
    with current.house.desk.unit() as unit:
        records = unit.plans.find(statuses=[PlanStatus.DRAFT, PlanStatus.ACTIVE, PlanStatus.PAUSED])
        steps = [(record, list(_steps(unit, record))) for record in records]
        waits = {r.plan.account_id: held(unit, r.plan.account_id) for r in records}
    rows = [row for record, found in steps for row in (*_plans(record), *found)]
    rows += [
        Waiting("", "", name, f"{', '.join(h.kind for h in by)} came in: look, then account release")
        for name, by in waits.items()
        if by
    ]
    if current.json:
        as_json([row._asdict() for row in rows])
    elif rows:
        table(("plan", "step", "account", "what", "digest to quote"), rows)
    else:
        say("Nothing waits for a person.")


def _plans(record: PlanRecord) -> Iterator[Waiting]:
    plan, state = record.plan, record.state
    here = (short(plan.plan_id), "", plan.account_id)
    if plan.status is PlanStatus.DRAFT and state.sent_back:
        yield Waiting(*here, "sent back: waits for an edit that answers")
    elif plan.status is PlanStatus.DRAFT:
        decision = current.house.judged(str(plan.plan_id))
        asked = decision.required_authority
        so_far = f" ({len(state.approvals)} of {asked.persons} so far)" if asked.persons > 1 else ""
        more = f", override {', '.join(asked.overrides)}" if asked.overrides else ""
        seen = to_quote(record.content_digest, decision.policy_digest)
        yield Waiting(*here, f"approve the draft{so_far}{more}", seen)
    elif plan.status is PlanStatus.PAUSED and state.handover is not None:
        yield Waiting(*here, f"{state.handover.to} accepts it by {state.handover.accept_by:%Y-%m-%d}, or it ends")
    elif plan.status is PlanStatus.PAUSED:
        yield Waiting(*here, f"paused ({state.pause_reason}): resume, reopen or abort")


def _steps(unit: Unit, record: PlanRecord) -> Iterator[Waiting]:
    for step in record.plan.steps:
        here = (short(record.plan.plan_id), short(step.step_id), record.plan.account_id)
        if step.status is StepStatus.PENDING_APPROVAL:
            kept = unit.effects.artefact(record.plan.plan_id, step.step_id, step.attempts + 1)
            yield Waiting(*here, f"approve {step.action_type}{_given(record, step)}", kept.digest[7:23] if kept else "")
        elif step.status is StepStatus.IN_DOUBT:
            yield Waiting(*here, f"find out: {step.action_type}")
        elif step.status is StepStatus.AWAITING_OUTCOME and step.approval is Approval.TASK:
            yield Waiting(*here, f"do {step.action_type}, report its outcome")


def _given(record: PlanRecord, step: PlanStep) -> str:
    given = [a for a in record.state.step_approvals if (a.step_id, a.attempt) == (step.step_id, step.attempts + 1)]
    return f" ({len(given)} so far)" if given else ""
