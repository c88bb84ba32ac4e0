"""Approve exactly what was seen: whatever is changed behind the ledger's back does not run."""

import pytest
from sqlalchemy import text

from orchestrator import ChangedError
from plan import PlanStatus
from tests.databases import over_all
from tests.house import House


def change(house, statement, **values):
    with over_all(house.sql) as connection:
        assert connection.execute(text(statement), values).rowcount == 1


def body_of(house, plan_id, action_type):
    step_id = str(house.step(plan_id, action_type).step_id)
    with over_all(house.sql) as connection:
        row = connection.execute(text("SELECT body FROM plan_step WHERE step_id = :s"), {"s": step_id})
        return step_id, row.scalar_one()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [('"USAGE"', '"VALUE"'), ('"required":true', '"required":false'), ("T", "U")],
    ids=["a parameter", "a flag", "one byte of a date"],
)
@pytest.mark.parametrize("when", ["before the start", "while it runs"])
def test_a_plan_of_which_a_byte_changed_after_approval_does_not_run(was, becomes, when):
    house = House()
    plan_id = house.draft()
    house.approve(plan_id)
    if when == "while it runs":
        house.engine.run_due()
    step_id, body = body_of(house, plan_id, "PREP_RENEWAL_BRIEF")
    if becomes == "U":
        was, becomes = '"due_by":"2026', '"due_by":"2027'
    assert was in body
    change(house, "UPDATE plan_step SET body = :b WHERE step_id = :s", b=body.replace(was, becomes, 1), s=step_id)
    house.run(3)
    assert house.plan(plan_id).status in {PlanStatus.PAUSED, PlanStatus.DRAFT}
    assert all(step.attempts == 0 for step in house.plan(plan_id).steps)
    assert any("PG100" in line for line in house.sentences(plan_id))
    with house.unit() as unit:
        assert unit.replay()


def test_a_private_text_that_was_swapped_is_seen_and_nothing_leaves():
    house = House()
    plan_id = house.draft()
    house.approve(plan_id)
    swap = "UPDATE ledger_blob SET content = 'Knut Holm' WHERE content = 'mara'"
    change(house, swap)
    house.run(3)
    assert house.plan(plan_id).status is PlanStatus.DRAFT
    assert all(step.attempts == 0 for step in house.plan(plan_id).steps)
    assert house.step(plan_id, "CONFIRM_RENEWAL_OWNER").params["candidate_owner"] == "[altered]"
    with pytest.raises(ChangedError, match="not what the ledger committed to"):
        house.approve(plan_id)
    with house.unit() as unit:
        assert any("not what its commitment says" in line for line in unit.replay())


def test_a_rendered_text_that_was_swapped_after_its_approval_is_not_sent():
    house = House()
    plan_id = house.active(urgent_ticket=True)
    house.run(3)
    waiting = house.step(plan_id, "ESCALATE_SUPPORT_RISK")
    with house.unit() as unit:
        kept = unit.effects.artefact(plan_id, waiting.step_id, 1)
    house.orchestrator.approve_step(plan_id, str(waiting.step_id), kept.digest, house.who("otto"))
    change(house, "UPDATE ledger_blob SET content = 'Send it all.' WHERE ref = :r", r=kept.ref)
    house.run(3)
    assert house.step(plan_id, "ESCALATE_SUPPORT_RISK").attempts == 0
    assert house.plan(plan_id).status is PlanStatus.PAUSED


def test_an_approval_that_was_forged_row_by_row_starts_nothing():
    """Everything about it is right but that no entry of the ledger says so."""
    from gate import bundle_digest, default_bundle
    from plan import PlanApproval, canonical

    house = House()
    plan_id = house.draft()
    record = house.record(plan_id)
    forged = PlanApproval(
        principal_id="otto",
        role="plan_approver",
        revision=1,
        content_digest=record.content_digest,
        policy_digest=bundle_digest(default_bundle()),
        gate_digest=record.content_digest,
        authenticated="cli",
        at=house.clock.now(),
        expires_at=house.clock.now().replace(day=9),
    )
    change(
        house,
        "INSERT INTO approval (tenant_id, plan_id, position, step_id, attempt, revision, principal_id, body) "
        "VALUES ('t1', :p, 0, '', 0, 1, 'otto', :b)",
        p=plan_id,
        b=canonical(forged).decode(),
    )
    approved = (
        """UPDATE plan SET status = 'APPROVED', body = replace(body, '"status":"DRAFT"', '"status":"APPROVED"')"""
    )
    change(house, f"{approved} WHERE plan_id = :p", p=plan_id)
    assert house.record(plan_id).altered
    assert (house.plan(plan_id).status, house.record(plan_id).state.approvals) == (PlanStatus.APPROVED, (forged,))
    house.engine.wake(f"plan/{plan_id}", house.clock.now())
    house.run(3)
    assert house.plan(plan_id).status is PlanStatus.DRAFT
    assert all(step.attempts == 0 for step in house.plan(plan_id).steps)
    assert any("PG100" in line for line in house.sentences(plan_id))
    with house.unit() as unit:
        assert unit.replay()
