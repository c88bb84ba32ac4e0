"""How a tenant is governed: stopping takes one, starting takes two; every decision can be asked again."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from gate import Act, Phase, default_bundle
from ledger import GateEvaluated
from orchestrator import Answer, BadInputError, ChangedError, DeniedError, NotAllowedError, gate_context
from orchestrator.replaying import replay as again
from plan import ActorKind, Cause, Mode, PlanStatus, Principal, Proposal, ProposedStep, Provenance, RiskClass, Role
from store import NotFoundError
from tests.databases import over_all
from tests.house import House

DAYS = timedelta(days=90)
WHY = "It is time for that."


@pytest.fixture
def house():
    made = House()
    second = Principal(principal_id="ruth", tenant_id="t1", roles=frozenset({Role.TENANT_ADMIN}))
    made.orchestrator.add_principal(second, made.who("root"))
    return made


def tighter(**fields):
    known = default_bundle()
    return type(known).model_validate(known.model_dump(mode="json") | {"name": "other"} | fields)


def publish(house, bundle):
    govern = house.orchestrator.governance
    proposed = govern.propose_policy(bundle, DAYS, house.who("root"))
    govern.publish_policy(proposed.digest, house.who("ruth"))
    return proposed.digest


def decisions(house, plan_id, phase=None):
    with house.unit() as unit:
        found = [e for e in unit.entries(f"plan/{plan_id}") if e.type == "plan.gate_evaluated.v1"]
    return [e for e in found if phase is None or e.data["phase"] == phase]


def told(house, stream):
    with house.unit() as unit:
        return [entry.type for entry in unit.entries(stream)]


# Switches and mode


def test_what_a_switch_names_reaches_the_gate_with_the_connector(house):
    plan_id = house.draft()
    house.orchestrator.governance.throw_switch("action:PREP_RENEWAL_BRIEF", WHY, house.who("root"))
    with house.unit() as unit:
        context = gate_context(unit, unit.plans.get(plan_id))
    assert context.switches == frozenset({"action:PREP_RENEWAL_BRIEF"})
    assert context.connector == house.executor.name


def test_releasing_a_switch_takes_two_different_admins(house):
    govern = house.orchestrator.governance
    govern.throw_switch("tenant", WHY, house.who("root"))
    asked = govern.release_switch("tenant", WHY, house.who("root"))
    assert (asked.done, asked.could) == (False, ("ruth",))
    with pytest.raises(NotAllowedError, match=r"\(AUTH-T01-takes-two\): .* it takes two; ruth could"):
        govern.release_switch("tenant", WHY, house.who("root"))
    assert govern.switches()[0].release_asked_by == "root"
    assert govern.release_switch("tenant", WHY, house.who("ruth")).done
    assert govern.switches() == ()
    assert told(house, "tenant/t1")[-3:] == ["switch.thrown.v1", "switch.release_asked.v1", "switch.released.v1"]
    assert house.broken() == []


def test_a_wish_ends_with_the_right_to_have_it(house):
    govern = house.orchestrator.governance
    govern.throw_switch("tenant", WHY, house.who("root"))
    govern.release_switch("tenant", WHY, house.who("root"))
    govern.deactivate("root", WHY, house.who("ruth"))
    assert not govern.release_switch("tenant", WHY, house.who("ruth")).done
    assert govern.switches()[0].release_asked_by == "ruth"


def test_throwing_a_switch_again_is_an_objection_to_its_release(house):
    govern = house.orchestrator.governance
    govern.throw_switch("tenant", WHY, house.who("root"))
    govern.release_switch("tenant", WHY, house.who("root"))
    govern.throw_switch("tenant", "Not yet, it still fails.", house.who("root"))
    assert not govern.release_switch("tenant", WHY, house.who("ruth")).done
    assert govern.switches()[0].reason == "Not yet, it still fails."


def test_the_release_of_a_switch_wakes_what_waited_for_it(house):
    plan_id = house.draft()
    govern = house.orchestrator.governance
    govern.throw_switch("tenant", WHY, house.who("root"))
    govern.release_switch("tenant", WHY, house.who("root"))
    assert house.record(plan_id).next_wake_at > house.clock.now()
    govern.release_switch("tenant", WHY, house.who("ruth"))
    assert house.record(plan_id).next_wake_at == house.clock.now()


@pytest.mark.parametrize("name", ["", "tenant:t1", "action:", "action:FLY", "plan_type:x", "connector:other"])
def test_an_unknown_switch_is_refused_with_what_is_known(house, name):
    for command in (house.orchestrator.governance.throw_switch, house.orchestrator.governance.release_switch):
        with pytest.raises(BadInputError, match=r"known: .+"):
            command(name, WHY, house.who("root"))


def test_every_switch_that_is_known_can_be_thrown(house):
    govern = house.orchestrator.governance
    for name in govern.switch_names():
        govern.throw_switch(name, WHY, house.who("root"))
    assert len(govern.switches()) == len(govern.switch_names())
    assert house.broken() == []


def test_a_switch_needs_a_reason_and_an_emergency_a_longer_one(house):
    govern, root = house.orchestrator.governance, house.who("root")
    with pytest.raises(BadInputError, match="reason"):
        govern.throw_switch("tenant", "", root)
    with pytest.raises(BadInputError, match="20 letters"):
        govern.throw_switch("tenant", "Too short.", root, break_glass=True)
    assert govern.switches() == ()


def test_a_switch_that_is_off_cannot_be_released(house):
    with pytest.raises(BadInputError, match="is off"):
        house.orchestrator.governance.release_switch("tenant", WHY, house.who("root"))


@pytest.mark.parametrize("name", ["mara", "otto", "sara"])
def test_nobody_else_releases_or_goes_live(house, name):
    govern = house.orchestrator.governance
    govern.go_shadow(WHY, house.who("root"))
    govern.throw_switch("tenant", WHY, house.who("root"))
    for command in (
        lambda: govern.release_switch("tenant", WHY, house.who(name)),
        lambda: govern.go_live(WHY, house.who(name)),
        lambda: govern.propose_policy(tighter(max_steps=8), DAYS, house.who(name)),
        lambda: govern.deactivate("mara", WHY, house.who(name)),
    ):
        with pytest.raises(NotAllowedError):
            command()


def test_going_live_takes_two_and_going_back_takes_one(house):
    govern = house.orchestrator.governance
    govern.go_shadow(WHY, house.who("root"))
    assert mode(house) is Mode.SHADOW
    assert not govern.go_live(WHY, house.who("root")).done
    assert mode(house) is Mode.SHADOW
    with pytest.raises(NotAllowedError, match="takes two"):
        govern.go_live(WHY, house.who("root"))
    assert govern.go_live(WHY, house.who("ruth")).done
    assert mode(house) is Mode.LIVE
    with pytest.raises(BadInputError, match="already"):
        govern.go_live(WHY, house.who("root"))
    assert house.broken() == []


def test_going_shadow_voids_the_wish_to_go_live(house):
    govern = house.orchestrator.governance
    govern.go_shadow(WHY, house.who("root"))
    govern.go_live(WHY, house.who("root"))
    govern.go_shadow("We wait another week.", house.who("ruth"))
    assert not govern.go_live(WHY, house.who("ruth")).done


def test_going_shadow_twice_says_that_nothing_leaves_already(house):
    house.orchestrator.governance.go_shadow(WHY, house.who("root"))
    with pytest.raises(BadInputError, match="nothing leaves"):
        house.orchestrator.governance.go_shadow(WHY, house.who("root"))


def mode(house):
    with house.unit() as unit:
        return unit.tenant().mode


def test_the_only_admin_is_told_that_there_is_nobody_else():
    alone = House()
    alone.orchestrator.governance.throw_switch("tenant", WHY, alone.who("root"))
    asked = alone.orchestrator.governance.release_switch("tenant", WHY, alone.who("root"))
    assert asked.could == ()
    with pytest.raises(NotAllowedError, match="nobody else may; add another tenant_admin"):
        alone.orchestrator.governance.release_switch("tenant", WHY, alone.who("root"))


# Publishing


def test_a_bundle_comes_into_force_with_two_admins_and_wakes_every_open_plan(house):
    plan_id = house.draft()
    govern = house.orchestrator.governance
    proposed = govern.propose_policy(tighter(max_steps=3), DAYS, house.who("root"))
    assert proposed.outlook.simulation.moved == {"ASK -> DENY": 1}
    assert proposed.could == ("ruth",)
    with house.unit() as unit:
        before = unit.policies.in_force()
    assert before != proposed.digest
    assert house.record(plan_id).next_wake_at > house.clock.now()
    with pytest.raises(NotAllowedError, match=r"\(AUTH-T01-takes-two\): .* it takes two; ruth could"):
        govern.publish_policy(proposed.digest, house.who("root"))
    assert govern.publish_policy(proposed.digest[7:20], house.who("ruth")) == (proposed.digest, before)
    with house.unit() as unit:
        assert unit.policies.in_force() == proposed.digest
        [_, entry] = unit.entries(f"policy/{proposed.digest[7:]}")
        assert entry.data["previous"] == before
    assert house.record(plan_id).next_wake_at == house.clock.now()
    assert house.broken() == []


def test_a_bundle_simulated_against_another_one_is_refused(house):
    govern = house.orchestrator.governance
    slow = govern.propose_policy(tighter(max_steps=9), DAYS, house.who("root"))
    publish(house, tighter(max_steps=8))
    with pytest.raises(ChangedError, match="simulate it again"):
        govern.publish_policy(slow.digest, house.who("ruth"))
    again = govern.propose_policy(tighter(max_steps=9), DAYS, house.who("root"))
    assert again.digest == slow.digest
    govern.publish_policy(again.digest, house.who("ruth"))
    assert house.broken() == []


def test_a_bundle_can_come_back_into_force(house):
    publish(house, tighter(max_steps=8))
    default = publish(house, default_bundle())
    with house.unit() as unit:
        assert unit.policies.in_force() == default
        assert unit.policies.states()[default].publications == 2
    assert house.broken() == []


def test_what_is_in_force_or_was_never_proposed_is_not_published(house):
    govern = house.orchestrator.governance
    with pytest.raises(BadInputError, match="in force already"):
        govern.propose_policy(default_bundle(), DAYS, house.who("root"))
    with house.unit() as unit:
        current = unit.policies.in_force()
    with pytest.raises(BadInputError, match="in force already"):
        govern.publish_policy(current, house.who("ruth"))
    publish(house, tighter(max_steps=8))
    with pytest.raises(BadInputError, match="nobody proposed"):
        govern.publish_policy(current, house.who("ruth"))
    with pytest.raises(NotFoundError, match="no policy"):
        govern.publish_policy("feed", house.who("ruth"))


def test_who_proposed_and_left_proposed_nothing(house):
    govern = house.orchestrator.governance
    proposed = govern.propose_policy(tighter(max_steps=9), DAYS, house.who("root"))
    govern.deactivate("root", WHY, house.who("ruth"))
    with pytest.raises(NotAllowedError, match="propose it anew"):
        govern.publish_policy(proposed.digest, house.who("ruth"))


def test_a_simulation_reads_the_newest_of_each_plan_and_phase_and_every_refusal(house):
    plan_id = house.draft()
    house.approve(plan_id)
    submit_refused(house)
    outlook = house.orchestrator.governance.look_back(tighter(max_steps=3), DAYS)
    assert outlook.simulation.judged == 3
    assert {hit.phase for hit in outlook.simulation.hits} == {Phase.PROPOSE, Phase.APPROVE}
    house.run(20)
    recent = house.orchestrator.governance.look_back(tighter(max_steps=3), timedelta(days=10))
    assert recent.simulation.judged == 0


def test_a_simulation_counts_what_was_erased(house):
    plan_id = house.draft()
    erase(house, decisions(house, plan_id)[0])
    outlook = house.orchestrator.governance.look_back(tighter(max_steps=3), DAYS)
    assert (outlook.simulation.judged, outlook.erased) == (0, 1)


# A running plan and the bundle it was approved under


def test_a_running_plan_is_judged_under_both_bundles_and_the_stricter_counts(house):
    plan_id = house.active()
    pinned = house.record(plan_id).state.policy
    current = publish(house, tighter(max_steps=3))
    house.orchestrator.pause(plan_id, WHY, house.who("otto"))
    with pytest.raises(DeniedError) as refused:
        house.orchestrator.resume(plan_id, WHY, house.who("otto"))
    assert "PG010" in refused.value.codes
    publish(house, default_bundle())
    house.orchestrator.resume(plan_id, WHY, house.who("otto"))
    assert pinned != current
    assert decisions(house, plan_id, "RESUME")[-1].data["pinned"] is None


def test_a_looser_bundle_does_not_free_a_plan_from_what_it_was_approved_under(house):
    plan_id = house.active()
    pinned = house.record(plan_id).state.policy
    current = publish(house, tighter(name="looser", ordering=[]))
    house.orchestrator.pause(plan_id, WHY, house.who("otto"))
    house.know(urgent_ticket=True)
    with pytest.raises(DeniedError) as refused:
        house.orchestrator.resume(plan_id, WHY, house.who("otto"))
    assert refused.value.codes == ("PG021",)
    publish(house, tighter(name="loosest", ordering=[], max_steps=20))
    with pytest.raises(DeniedError):
        house.orchestrator.resume(plan_id, WHY, house.who("otto"))
    assert pinned != current


def test_the_entry_names_both_bundles_and_replay_asks_both(house):
    plan_id = house.active()
    pinned = house.record(plan_id).state.policy
    current = publish(house, tighter(name="looser", ordering=[]))
    house.orchestrator.pause(plan_id, WHY, house.who("otto"))
    house.orchestrator.resume(plan_id, WHY, house.who("otto"))
    entry = decisions(house, plan_id, "RESUME")[-1]
    assert (entry.policy, entry.data["pinned"]) == (current, pinned)
    assert replay(house, entry).answer is Answer.SAME
    assert house.broken() == []


# Asking again


def replay(house, entry):
    return house.orchestrator.governance.replay(entry.address)


def test_every_decision_of_a_life_is_the_same_when_asked_again(house):
    plan_id = house.active()
    house.reviewers(house.clock.now() + timedelta(days=40))
    house.run(40)
    asked = decisions(house, plan_id)
    assert {entry.data["phase"] for entry in asked} >= {"PROPOSE", "APPROVE", "ACTIVATE", "STEP"}
    assert {replay(house, entry).answer for entry in asked} == {Answer.SAME}


def submit_refused(house):
    step = ProposedStep(key="x", action_type="BUY_FLOWERS", start_day=1, due_day=3, params={})
    proposal = Proposal(
        account_id="acme",
        plan_type="RENEWAL_DEFENSE",
        subject=("acme-k1",),
        steps=(step,),
        provenance=Provenance(drafter="person"),
    )
    return house.orchestrator.submit(proposal, house.who("mara"), Cause(kind="person", ref="mara"))


def test_a_refused_proposal_can_be_asked_again(house):
    house.know()
    assert "PG011" in submit_refused(house).codes
    with house.unit() as unit:
        [entry] = [e for e in unit.entries("account/acme") if e.type == "proposal.refused.v1"]
    assert replay(house, entry).answer is Answer.SAME
    assert house.orchestrator.governance.replay(entry.data["decision"][:20]).address == entry.address


def erase(house, entry):
    with house.unit() as unit:
        unit.blobs.erase([entry.data["inputs"]])


def test_erased_inputs_are_said_to_be_erased_and_the_ledger_still_agrees(house):
    entry = decisions(house, house.draft())[0]
    erase(house, entry)
    assert replay(house, entry).answer is Answer.ERASED
    assert house.broken() == []


def test_inputs_that_somebody_changed_are_found(house):
    entry = decisions(house, house.draft())[0]
    with over_all(house.sql) as connection:
        change = "UPDATE ledger_blob SET content = replace(content, 'AT_RISK', 'SECURE') WHERE ref = :ref"
        assert connection.execute(text(change), {"ref": entry.data["inputs"]}).rowcount == 1
    assert replay(house, entry).answer is Answer.TAMPERED


def test_other_rules_are_told_from_another_answer_under_the_same_rules(house):
    entry = decisions(house, house.draft())[0]
    body = entry.body()
    with house.unit() as unit:
        other = body.model_copy(update={"ruleset": "sha256:" + "0" * 64, "decision": "sha256:" + "1" * 64})
        changed = again(unit, _with(entry, other))
        lied = again(
            unit, _with(entry, body.model_copy(update={"codes": ("PG010",), "decision": "sha256:" + "1" * 64}))
        )
    assert changed.answer is Answer.RULES_CHANGED
    assert "the codes are the same" in changed.sentence
    assert lied.answer is Answer.DIFFERENT
    assert lied.vanished == ("PG010",)


def _with(entry, body: GateEvaluated):
    return entry.model_copy(update={"data": body.model_dump(mode="json")})


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("feed", BadInputError, "8 digits"),
        ("feedfeedfeed", NotFoundError, "no decision"),
        ("plan/feed#1", NotFoundError, "no plan"),
        ("account/acme#99", NotFoundError, "no entry"),
        ("principal/root#1", BadInputError, "no decision of the gate"),
        ("nonsense#x", NotFoundError, "no entry"),
    ],
)
def test_what_names_no_decision_gives_one_clear_line(house, name, error, says):
    house.draft()
    with pytest.raises(error, match=says):
        house.orchestrator.governance.replay(name)


# People


def test_the_last_active_admin_stays(house):
    govern = house.orchestrator.governance
    govern.deactivate("ruth", WHY, house.who("root"))
    with pytest.raises(NotAllowedError, match="last active tenant_admin"):
        govern.deactivate("root", WHY, house.who("root"))
    with pytest.raises(NotAllowedError, match="last active tenant_admin"):
        house.orchestrator.add_principal(
            Principal(principal_id="root", tenant_id="t1", roles=frozenset({Role.EDITOR})), house.who("root")
        )
    govern.reactivate("ruth", WHY, house.who("root"))
    govern.deactivate("root", WHY, house.who("ruth"))
    assert not house.who("root").principal.active
    assert house.broken() == []


def test_whoever_is_deactivated_may_nothing_and_their_plans_are_named(house):
    plan_id = house.draft()
    assert house.orchestrator.governance.deactivate("mara", WHY, house.who("root")) == (plan_id,)
    with pytest.raises(NotAllowedError, match="no longer active"):
        house.orchestrator.abort(plan_id, WHY, house.who("mara"))
    with pytest.raises(BadInputError, match="already"):
        house.orchestrator.governance.deactivate("mara", WHY, house.who("root"))


def test_a_delegation_is_ones_own_and_ends_by_itself(house):
    govern = house.orchestrator.governance
    given = govern.delegate("mara", [Act.APPROVE], house.who("otto"), days=7, max_amount_minor=5)
    assert house.who("otto").principal.delegations == (given,)
    assert given.until == house.clock.now() + timedelta(days=7)
    again = govern.delegate("mara", [Act.RESUME], house.who("otto"), days=1, max_risk=RiskClass.LOW)
    assert house.who("otto").principal.delegations == (again,)
    govern.undelegate("mara", house.who("otto"))
    assert house.who("otto").principal.delegations == ()
    with pytest.raises(NotFoundError):
        govern.undelegate("mara", house.who("otto"))
    assert told(house, "principal/otto") == ["principal.added.v1", *["principal.changed.v1"] * 3]


@pytest.mark.parametrize(
    ("to", "acts", "days", "error", "says"),
    [
        ("otto", [Act.APPROVE], 7, BadInputError, "themselves"),
        ("robot", [Act.APPROVE], 7, BadInputError, "a machine"),
        ("vera", [Act.APPROVE], 7, BadInputError, "no longer active"),
        ("nemo", [Act.APPROVE], 7, NotFoundError, "no principal"),
        ("mara", [Act.PUBLISH_POLICY], 7, BadInputError, "cannot be delegated"),
        ("mara", [Act.DELEGATE], 7, BadInputError, "cannot be delegated"),
        ("mara", [], 7, BadInputError, "at least one act"),
        ("mara", [Act.APPROVE], 0, BadInputError, "1 to 14 days"),
        ("mara", [Act.APPROVE], 15, BadInputError, "1 to 14 days"),
    ],
)
def test_what_cannot_be_delegated_says_why(house, to, acts, days, error, says):
    robot = Principal(principal_id="robot", tenant_id="t1", kind=ActorKind.SYSTEM)
    house.orchestrator.add_principal(robot, house.who("root"))
    house.orchestrator.governance.deactivate("vera", WHY, house.who("root"))
    with pytest.raises(error, match=says):
        house.orchestrator.governance.delegate(to, acts, house.who("otto"), days=days)
    assert house.who("otto").principal.delegations == ()


def test_whoever_may_not_approve_delegates_nothing(house):
    with pytest.raises(NotAllowedError):
        house.orchestrator.governance.delegate("otto", [Act.APPROVE], house.who("mara"), days=3)


def test_reactivating_brings_no_old_delegation_back(house):
    govern = house.orchestrator.governance
    govern.delegate("mara", [Act.APPROVE], house.who("otto"), days=7)
    govern.deactivate("otto", WHY, house.who("root"))
    govern.reactivate("otto", WHY, house.who("root"))
    assert house.who("otto").principal.delegations == ()
    assert house.who("otto").principal.active


def test_who_may_is_asked_of_everybody(house):
    plan_id = house.draft()
    govern = house.orchestrator.governance
    assert govern.who_may(Act.APPROVE, plan_id) == ("otto", "sara", "vera")
    assert govern.who_may(Act.EDIT, plan_id) == ("mara",)
    house.approve(plan_id)
    assert house.plan(plan_id).status is PlanStatus.APPROVED
    step = str(house.step(plan_id, "REQUEST_RENEWAL_MEETING").step_id)
    assert set(govern.who_may(Act.APPROVE_STEP, plan_id, step)) == {"otto", "sara", "vera"}
    with pytest.raises(NotFoundError):
        govern.who_may(Act.APPROVE_STEP, plan_id, "feedfeed")
