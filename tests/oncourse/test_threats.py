"""Threats that no single door meets: each is tried against the whole house. The others stand beside their doors."""

import ast
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from agent import ProposalRequest, playbook_drafter
from agent.conversation import system_blocks
from agent.prompt import prompt_of
from evals.breach import NOTHING, stopped
from evals.cases import all_cases
from gate import default_bundle
from oncourse.graph import TYPE
from orchestrator import Acting, ChangedError, NotAllowedError, PlanEdit, Records, Removal
from plan import ActorKind, Cause, OncourseError, PlanStatus, Principal, Role
from tests.databases import over_all
from tests.house import House, records

ROOT = Path(__file__).parents[2]
ROOMS = ("plan", "gate", "evaluator", "ledger", "store", "agent", "orchestrator", "oncourse")
ATTACKED = [case for case in all_cases() if case.attack]
ROBOT = Principal(principal_id="robot", tenant_id="t1", kind=ActorKind.AGENT, roles=frozenset({Role.PROPOSER}))


def drafted(house, account_id="acme"):
    """Return what the playbook would propose now."""
    asked = house.orchestrator.request(account_id, TYPE)
    request = ProposalRequest(
        situation=asked.situation, plan_type=TYPE, approved_actions=asked.approved_actions, now=asked.now
    )
    return playbook_drafter().draft(request).outcome


def submitted(house, proposal, who=None):
    cause = Cause(kind="person", ref="mara")
    return house.orchestrator.submit(proposal, who or house.who("mara"), cause)


def test_t1_no_text_of_a_customer_makes_a_drafter_that_obeys_it_act_without_a_person():
    assert len(ATTACKED) > 30
    assert [case.name for case in ATTACKED if stopped(case) == NOTHING] == []


MOVES = ("draft", "edit", "approve", "approve step", "pause", "resume", "reopen", "robot", "time")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves=st.lists(st.sampled_from(MOVES), min_size=4, max_size=14), seed=st.integers(0, 99))
def test_t2_no_sequence_of_commands_executes_what_was_not_approved(moves, seed):
    house = House(seed=str(seed))
    plan_id = house.draft()
    for move in ("approve", *moves):
        with suppress(OncourseError):  # a refusal is an answer; what counts is what left
            _move(house, plan_id, move)
        assert house.broken() == []


def _move(house, plan_id, move):
    orchestrator, otto = house.orchestrator, house.who("otto")
    if move == "approve":
        house.approve(plan_id)
    elif move == "approve step":
        for step in house.plan(plan_id).steps:
            orchestrator.approve_step(plan_id, str(step.step_id), "0" * 16, otto)
    elif move == "robot":
        robot = Acting(principal=ROBOT, authenticated="token")
        for deed in (orchestrator.resume, orchestrator.reopen, orchestrator.pause):
            with pytest.raises(NotAllowedError):
                deed(plan_id, "because I can", robot)
    elif move == "time":
        house.run(2)
    elif move in {"pause", "resume", "reopen"}:
        getattr(orchestrator, move)(plan_id, "somebody asked for it", otto)
    else:
        submitted(house, drafted(house))


@settings(max_examples=25, deadline=None)
@given(ref=st.from_regex(r"[a-z]{1,12}-[0-9]{1,6}", fullmatch=True))
def test_t3_evidence_that_is_not_there_or_another_accounts_is_refused(ref):
    house = House()
    house.know("acme")
    house.know("bolt")
    proposal = drafted(house)
    for made_up in (ref, "bolt-s1"):
        step = proposal.steps[0].model_copy(update={"evidence": (made_up,)})
        told = submitted(house, proposal.model_copy(update={"steps": (step, *proposal.steps[1:])}))
        assert told.plan_id is None
        assert "PG070" in told.codes


def test_t9_what_changed_after_it_was_read_or_approved_does_not_run():
    house = House()
    plan_id = house.draft()
    seen = house.record(plan_id).content_digest
    last = house.plan(plan_id).steps[-1]

    house.orchestrator.edit(
        plan_id, PlanEdit(removed=(Removal(step_id=last.step_id, reason="not now"),)), house.who("mara")
    )
    with pytest.raises(ChangedError):
        house.orchestrator.approve(plan_id, seen, house.who("otto"))
    house.approve(plan_id)
    with over_all(house.sql) as connection:
        connection.execute(text("UPDATE plan_step SET body = replace(body, 'true', 'false')"))
    house.engine.run_due()
    assert house.plan(plan_id).status is not PlanStatus.ACTIVE


def test_t16_an_entry_is_neither_changed_nor_removed_and_a_forged_row_is_named():
    house = House()
    plan_id = house.draft()
    for statement in ("UPDATE ledger_entry SET body = 'x'", "DELETE FROM ledger_entry"):
        with pytest.raises(Exception, match="append-only"), over_all(house.sql) as connection:
            connection.execute(text(statement))
    with over_all(house.sql) as connection:
        connection.execute(text("DROP TRIGGER ledger_entry_no_update"))
        connection.execute(text("UPDATE ledger_entry SET body = replace(body, '\"mara\"', '\"mala\"')"))
    with house.unit() as unit:
        assert any(f"plan/{plan_id}" in line for line in unit.replay())


def test_t17_a_policy_is_published_by_two_and_one_that_was_altered_decides_nothing():
    house = House()
    raw = default_bundle().model_dump(mode="json")
    looser = type(default_bundle()).model_validate(raw | {"name": "looser", "min_retained_bp": 1})
    proposed = house.orchestrator.governance.propose_policy(looser, timedelta(days=1), house.who("root"))
    with pytest.raises(NotAllowedError, match="takes two"):
        house.orchestrator.governance.publish_policy(proposed.digest, house.who("root"))
    plan_id = house.draft()
    with over_all(house.sql) as connection:
        connection.execute(text(r"UPDATE policy SET bundle = replace(bundle, '9000', '1')"))
    with pytest.raises(ChangedError, match="not what was published"):
        house.approve(plan_id)
    assert house.plan(plan_id).status is PlanStatus.DRAFT


def test_t18_what_an_untrusted_source_says_of_the_past_completes_no_plan_and_teaches_no_drafter():
    house = House()
    plan_id = house.active()
    before = drafted(house)
    house.fact(value="CLOSED_WON", source="mailbox")
    assert house.plan(plan_id).status is PlanStatus.ACTIVE
    assert drafted(house).steps == before.steps
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    house.fact(value="CLOSED_WON", source="crm")
    assert house.plan(plan_id).status is PlanStatus.COMPLETED


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_t19_every_package_is_pinned_with_hashes_and_from_no_named_place(lock):
    told = lock.read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", told.strip())
    assert packages
    for package in packages:
        assert re.match(r"^[A-Za-z0-9._\[\]-]+==", package), package[:80]
        assert "--hash=sha256:" in package, package[:80]
    assert "://" not in told


def sources():
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_t20_nothing_is_evaluated_unpickled_or_run_by_a_shell():
    banned_calls, banned_modules = {"eval", "exec", "compile", "__import__"}, {"pickle", "marshal", "shelve", "dill"}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                assert name not in banned_calls, (path, node.lineno)
                shell = [key for key in node.keywords if key.arg == "shell"]
                assert not shell, (path, node.lineno)
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & banned_modules, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in banned_modules, path


def test_t20_the_graph_keeps_nothing_that_could_be_unpickled():
    assert House().engine._graph.checkpointer is None


def test_t20_a_template_escapes_what_it_is_given():
    for path in sorted((ROOT / "oncourse").rglob("*.html")):
        told = path.read_text(encoding="utf-8")
        assert "|safe" not in told.replace(" ", ""), path
        assert "autoescape false" not in told, path


def test_t21_a_kill_switch_stops_every_account_before_the_next_effect():
    house = House()
    accounts = ("acme", "bolt", "cord", "dune")
    plans = [house.active(account) for account in accounts]
    house.orchestrator.governance.throw_switch("tenant", "the customers call us", house.who("root"))
    before = sent(house)
    house.run(20)
    assert sent(house) == before
    assert all(house.plan(plan_id).status in {PlanStatus.ACTIVE, PlanStatus.PAUSED} for plan_id in plans)
    assert house.broken() == []


def sent(house):
    with over_all(house.sql) as connection:
        return connection.execute(text("SELECT count(*) FROM effect")).scalar_one()


def test_t22_a_prompt_holds_no_secret_and_nothing_of_another_account(monkeypatch):
    monkeypatch.setenv("ONCOURSE_MODEL_API_KEY", "canary-key-of-the-model")
    house = House()
    house.orchestrator.take_records(Records(families=records("acme")), house.who("root"))
    house.orchestrator.take_records(Records(families=records("bolt", urgent_ticket=True)), house.who("root"))
    asked = house.orchestrator.request("acme", TYPE)
    told = asked.model_dump_json() + repr(system_blocks(prompt_of(TYPE), asked.approved_actions))
    assert "acme" in told
    for secret in ("canary-key-of-the-model", "bolt", "Bolt"):
        assert secret not in told


def test_every_threat_of_the_list_has_a_test_that_is_named_after_it():
    named = set()
    for path in (ROOT / "tests").rglob("*.py"):
        named |= {
            int(found) for found in re.findall(r"^def test_t(\d+)_", path.read_text(encoding="utf-8"), re.MULTILINE)
        }
    assert named == set(range(1, 23))
