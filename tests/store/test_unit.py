"""Rows and entries are written together or not at all; the conflict is kept by the database."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from ledger import Activated
from orchestrator import BadInputError, Records
from orchestrator.moves import Hand
from plan import (
    Cause,
    Fact,
    FactKind,
    Mode,
    PlanEvent,
    PlanStatus,
    Tenant,
    references,
)
from store import NotFoundError, SlotTakenError, StaleError
from tests.databases import fresh_url, over_all
from tests.house import House
from tests.store.nightly_race import copy_of, race


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    made = House(fresh_url(request.param, tmp_path))
    yield made
    made.sql.dispose()


def test_a_whole_life_leaves_rows_that_equal_their_ledger(house):
    plan_id = house.active()
    house.run(5)
    house.orchestrator.pause(plan_id, "Quiet please.", house.who("mara"))
    house.orchestrator.resume(plan_id, "Go on.", house.who("mara"))
    house.run(5)
    house.fact(value="CLOSED_WON")
    assert house.plan(plan_id).status is PlanStatus.COMPLETED
    assert house.broken() == []


def test_positions_have_no_gap_also_after_a_refused_command(house):
    plan_id = house.draft()
    with pytest.raises(BadInputError):
        house.orchestrator.send_back(plan_id, "", house.who("otto"))
    house.approve(plan_id)
    with house.unit() as unit:
        positions = [pos for pos, _ in unit.every_entry()]
    assert positions == list(range(1, len(positions) + 1))


def test_a_failure_at_any_statement_of_a_commit_leaves_nothing_of_it(house):
    plan_id = house.draft()
    seen, who = house.record(plan_id).content_digest, house.who("otto")
    with house.unit() as unit:
        entries = list(unit.every_entry())
    count = 0
    while True:
        left = [count]

        def fail(_connection, _cursor, statement, *_rest, left=left):
            if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                if left[0] == 0:
                    raise RuntimeError("the power went out")
                left[0] -= 1

        event.listen(house.sql, "before_cursor_execute", fail)
        try:
            house.orchestrator.approve(plan_id, seen, who)
        except RuntimeError:
            pass
        else:
            break
        finally:
            event.remove(house.sql, "before_cursor_execute", fail)
        with house.unit() as unit:
            assert list(unit.every_entry()) == entries
            assert unit.replay() == []
        count += 1
    assert count >= 5
    assert house.plan(plan_id).status is PlanStatus.APPROVED
    assert house.broken() == []


def test_of_many_who_start_plans_for_one_account_at_once_exactly_one_wins(house):
    told = race(house, 8)
    assert told.wrong == []
    assert len(told.seconds) == 8


def test_a_race_that_two_win_or_nobody_wins_is_found(house, monkeypatch):
    monkeypatch.setattr(house.orchestrator, "activate", lambda plan_id, cause: PlanStatus.APPROVED)
    assert "ACTIVE are []" in race(house, 2).wrong[0]


def test_the_index_refuses_a_second_active_plan_whoever_looks_away(house):
    plan_id = house.active()
    other = copy_of_closed_slot(house, plan_id)
    with pytest.raises(SlotTakenError, match=plan_id):
        activate_without_looking(house, other)
    assert house.plan(other).status is PlanStatus.APPROVED


def activate_without_looking(house, plan_id):
    cause = Cause(kind="timer", ref="now")
    with house.unit() as unit:
        hand = Hand(unit, house.orchestrator.desk.system, cause=cause)
        policy = unit.policies.in_force()
        hand.move_plan(unit.state(plan_id), PlanEvent.ACTIVATE, ("activated", ""), edge=Activated, policy=policy)


def copy_of_closed_slot(house, plan_id):
    house.orchestrator.pause(plan_id, "A moment.", house.who("otto"))
    other = copy_of(house, plan_id)
    house.approve(other)
    house.orchestrator.resume(plan_id, "Go on.", house.who("otto"))
    return other


def test_a_change_on_top_of_a_stale_reading_is_refused(house):
    plan_id = house.draft()
    record = house.record(plan_id)
    house.orchestrator.send_back(plan_id, "Shorter, please.", house.who("otto"))
    after = record.state.model_copy(update={"paused_by": "x"})
    with house.unit() as unit, pytest.raises(StaleError, match="changed since it was read"):
        unit.plans.write(record.state, after, record.row_version)


def test_an_erased_text_reads_erased_and_every_proof_still_holds(house):
    plan_id = house.active()
    house.run(5)
    with house.unit() as unit:
        refs = references(unit.plans.get(plan_id).state.model_dump(mode="json"))
        assert unit.blobs.erase(refs) == len(refs)
    record = house.record(plan_id)
    assert all(step.rationale == "[erased]" for step in record.plan.steps)
    with house.unit() as unit:
        assert unit.replay() == []


def test_no_personal_word_stands_in_a_row_of_the_ledger(house):
    plan_id = house.active()
    house.run(8)
    house.orchestrator.abort(plan_id, "Ida Stern has left for Rival Inc.", house.who("otto"))
    with house.unit() as unit:
        whole = "\n".join(entry.model_dump_json() for _, entry in unit.every_entry())
    for word in ("Ida", "Stern", "Rival", "acme-c1", "Outcomes delivered", "Value is agreed"):
        assert word not in whole


def test_tenants_do_not_see_each_other(house):
    plan_id = house.draft()
    with pytest.raises(NotFoundError), house.store.unit("t2", house.clock.now()) as unit:
        unit.plans.get(plan_id)
    with house.store.unit("t2", house.clock.now()) as unit:
        assert unit.plans.find() == []
        assert unit.accounts.every() == []


def test_time_is_kept_to_the_microsecond_and_in_order(house):
    plan_id = house.draft()
    at = house.clock.now() + timedelta(microseconds=1)
    with house.unit() as unit:
        unit.wake(plan_id, at)
    assert house.record(plan_id).next_wake_at == at


def test_two_who_write_about_one_account_at_once_lose_nothing(house):
    house.know()
    barrier, results = threading.Barrier(4), []

    def tell(number):
        at = house.clock.now() + timedelta(seconds=number)
        fact = Fact(
            fact_id=f"f{number}",
            account_id="acme",
            kind=FactKind.RENEWAL_STATUS,
            subject_id="acme-k1",
            value="OPEN",
            effective_at=at,
            recorded_at=at,
            source="crm",
        )
        barrier.wait()
        while True:
            try:
                house.orchestrator.take_records(Records(families={}, facts=(fact,)), house.who("root"))
            except StaleError:
                continue
            results.append(number)
            return

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.unit() as unit:
        assert len(unit.accounts.facts("acme")) == 4
        assert len(unit.entries("account/acme")) == 4
        assert unit.replay() == []
    assert sorted(results) == [0, 1, 2, 3]


def test_a_machine_that_drafted_too_late_opens_no_second_plan(house):
    from agent import ProposalRequest, playbook_drafter
    from oncourse.graph import drafter_of
    from plan import PlanType

    house.know()
    asked = house.orchestrator.request("acme", PlanType.RENEWAL_DEFENSE)
    drafted = (
        playbook_drafter()
        .draft(ProposalRequest.model_validate(asked.model_dump(exclude={"earlier", "reasons"})))
        .outcome
    )
    who, cause = drafter_of("t1", "playbook"), Cause(kind="posture", ref="x")
    first = house.orchestrator.submit(drafted, who, cause)
    second = house.orchestrator.submit(drafted, who, cause)
    assert first.plan_id is not None
    assert (second.plan_id, second.codes) == (None, ("PLAN_OPEN",))
    assert house.broken() == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("UPDATE tenant SET state = replace(state, 'LIVE', 'SHADOW')", "tenant/t1: the row differs"),
        ("UPDATE tenant SET state = NULL", "tenant/t1: the row differs"),
        ("UPDATE tenant SET policy = NULL", "the policy in force is not the one that was published last"),
        ("UPDATE policy SET state = replace(state, 'default', 'defaulT')", "the row differs"),
    ],
)
def test_replay_finds_a_tenant_or_a_policy_that_was_changed_behind_its_back(house, change, finding):
    with house.unit() as unit:
        assert unit.replay() == []
    with over_all(house.sql) as connection:
        assert connection.execute(text(change)).rowcount == 1
    with house.unit() as unit:
        assert any(finding in line for line in unit.replay())


def test_the_mode_that_an_import_brings_changes_nothing(house):
    other = Tenant(tenant_id="t9", name="Another name", mode=Mode.SHADOW)
    house.orchestrator.take_records(Records(tenant=other, families={}), house.who("root"))
    with house.unit() as unit:
        assert (unit.tenant().name, unit.tenant().mode) == ("Another name", Mode.LIVE)
        assert unit.replay() == []
