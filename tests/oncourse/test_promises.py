"""Each promise holds over a lived life, and each is seen to be broken by what would break it."""

from datetime import timedelta
from uuid import UUID

import pytest

from gate import default_bundle
from ledger import Actor, Proposed
from oncourse.promises import PROMISES
from oncourse.simulator import EAGER
from orchestrator.desk import BY_SYSTEM
from plan import Cause, Principal, RiskClass, Role, content_digest
from tests.databases import over_all
from tests.house import MONDAY, House, scripts


@pytest.fixture
def lived():
    """A plan that has sent an external step, on a database that the test may tamper with."""
    house = House(scripts=scripts(acme={"temper": EAGER}))
    plan_id = house.active(urgent_ticket=True)
    house.reviewers(MONDAY + timedelta(days=60))
    house.run(14)
    assert house.broken() == []
    return house, plan_id


def tamper(house, statement, *values):
    with over_all(house.sql) as connection:
        for trigger in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS ledger_entry_no_{trigger}")
        done = connection.exec_driver_sql(statement, values)
        assert done.rowcount != 0, "the tampering touched nothing"


def kinds(house):
    return {finding.partition(":")[0] for finding in house.broken()}


EFFECT = "UPDATE effect SET {} WHERE action_type = 'REQUEST_RENEWAL_MEETING'"
OTHER = "sha256:" + "f" * 64
BODY = "UPDATE ledger_entry SET body = replace(body, '{}', '{}') WHERE type = '{}'"

BREAKS = {
    "P1": EFFECT.format(f"content = '{OTHER}'"),
    "P2": EFFECT.format(f"rendered = '{OTHER}'"),
    "P4": BODY.format('"attempt":1', '"attempt":7', "step.started.v1"),
    "P5": "UPDATE effect SET status = 'STARTED', claimed_until = '2026-03-03T00:00:00.000000Z'",
    "P6": BODY.format('"at":"2026-03', '"at":"2027-03', "step.started.v1"),
    "P9": "UPDATE plan_step SET status = 'SKIPPED'",
    "P11": BODY.format('"kind":"human"', '"kind":"system"', "plan.approved.v1"),
    "P12": BODY.format('"id":"otto"', '"id":"ghost"', "plan.approved.v1"),
    "P14": "DELETE FROM ledger_entry WHERE pos = (SELECT max(pos) FROM ledger_entry)",
    "P13": 'UPDATE plan_step SET body = replace(body, \'"approval":"DRAFT"\', \'"approval":"AUTO"\')',
}


@pytest.mark.parametrize("promise", list(BREAKS))
def test_a_broken_promise_is_found(lived, promise):
    house, _ = lived
    tamper(house, BREAKS[promise])
    if promise == "P5":
        tamper(house, "UPDATE plan SET next_wake_at = NULL")
    assert promise in kinds(house)


def test_two_active_plans_of_one_account_are_found_and_end_no_check(lived):
    house, plan_id = lived
    tamper(house, "DROP INDEX uq_plan_one_active")
    twin = house.plan(plan_id).model_copy(update={"plan_id": UUID(int=99)})
    body = Proposed(
        source=None, target=twin.status, revision=1, content=content_digest(twin), plan=twin, drafter="ghost"
    )
    with house.unit() as unit:
        actor, cause = Actor(kind="agent", id="ghost"), Cause(kind="person", ref="ghost")
        unit.record(f"plan/{twin.plan_id}", "plan.proposed.v1", body, actor=actor, authority=BY_SYSTEM, cause=cause)
        unit.commit()
    found = [finding for finding in house.broken() if finding.startswith("P3")]
    assert found == [f"P3: plan/{twin.plan_id} became ACTIVE while plan/{plan_id} was, for acme"]


def test_a_step_that_starts_before_its_dependency_is_found(lived):
    from oncourse.promises import Evidence, dependencies_first, stopping_works
    from plan import PlanStatus, StepStatus

    house, plan_id = lived
    with house.unit() as unit:
        seen = Evidence(unit)
    moments = seen.moments[plan_id]
    undone = [_undo(m, StepStatus.PENDING) for m in moments]
    seen.moments[plan_id] = undone
    assert dependencies_first(seen)
    seen.moments[plan_id] = [
        m if m.before is None else m._replace(before=_status(m.before, PlanStatus.PAUSED)) for m in moments
    ]
    assert stopping_works(seen)


def _undo(moment, status):
    if moment.before is None:
        return moment
    steps = tuple(s.model_copy(update={"status": status}) for s in moment.before.plan.steps)
    return moment._replace(
        before=moment.before.model_copy(update={"plan": moment.before.plan.model_copy(update={"steps": steps})})
    )


def _status(state, status):
    return state.model_copy(update={"plan": state.plan.model_copy(update={"status": status})})


def test_a_step_added_to_a_running_plan_is_found(lived):
    from ledger import StepAdded
    from oncourse.promises import Evidence, adaptation_adds_nothing

    house, plan_id = lived
    with house.unit() as unit:
        seen = Evidence(unit)
    last = seen.moments[plan_id][-1]
    added = StepAdded(step=last.after.plan.steps[0], position=0).model_dump(mode="json")
    entry = last.entry.model_copy(update={"type": "step.added.v1", "data": added})
    seen.moments[plan_id].append(last._replace(entry=entry))
    assert adaptation_adds_nothing(seen)


def test_a_closed_plan_that_does_not_say_why_is_found(lived):
    from oncourse.promises import Evidence, says_why_it_stopped

    house, plan_id = lived
    house.orchestrator.abort(plan_id, "Sold.", house.who("otto"))
    with house.unit() as unit:
        seen = Evidence(unit)
    assert says_why_it_stopped(seen) == []
    seen.moments[plan_id] = [m for m in seen.moments[plan_id] if m.entry.type != "plan.aborted.v1"]
    assert says_why_it_stopped(seen)


def test_a_judgement_that_wavers_is_found(lived, monkeypatch):
    from oncourse import promises

    house, _ = lived
    count = iter(range(100))
    real = promises.check
    monkeypatch.setattr(
        promises,
        "check",
        lambda plan, context, policy, *, phase, now: real(
            plan, context, policy, phase=phase, now=now + timedelta(seconds=next(count))
        ),
    )
    assert "P10" in kinds(house)


def test_a_risk_that_an_earlier_bundle_gave_is_lawful():
    """A draft keeps the risk of the bundle that judged it, whatever is in force later."""
    plain = default_bundle()
    raw = plain.model_dump(mode="json") | {"name": "stricter"}
    raw["actions"]["RENEWAL_DEFENSE"]["REQUEST_RENEWAL_MEETING"]["risk"] = "HIGH"
    house = House(policy=type(plain).model_validate(raw))
    plan_id = house.draft()
    assert house.plan(plan_id).risk is RiskClass.HIGH
    rita = Principal(principal_id="rita", tenant_id="t1", roles=frozenset({Role.TENANT_ADMIN}))
    house.orchestrator.add_principal(rita, house.who("root"))
    govern = house.orchestrator.governance
    made = govern.propose_policy(plain, timedelta(days=1), house.who("root"))
    govern.publish_policy(made.digest, house.who("rita"))
    assert house.broken() == []
    tamper(house, 'UPDATE plan SET body = replace(body, \'"risk":"HIGH"\', \'"risk":"LOW"\')')
    assert "P13" in kinds(house)


def test_every_promise_is_kept_in_code():
    assert set(PROMISES) == {f"P{n}" for n in range(1, 17)}
