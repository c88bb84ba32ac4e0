from gate import Act
from orchestrator import Powers, capable, may_answer, waiting, waits_for
from orchestrator.capabilities import who_may
from tests.oncourse.pages.tenant import populated


def test_one_person_is_told_the_same_as_when_everybody_is_asked(tmp_path):
    house = populated(tmp_path).house
    house.orchestrator.governance.delegate("mara", [Act.APPROVE], house.who("otto"), days=14)
    with house.unit() as unit:
        people = [one.principal_id for one in unit.principals.every()] + ["stranger"]
        found = waiting(unit, judged=False)
        told = {
            who: {(one.kind, one.plan_id, one.step_id) for one in found if who in waits_for(unit, one)}
            for who in people
        }
        mine = {}
        for who in people:
            powers = Powers(unit, who)
            mine[who] = {(one.kind, one.plan_id, one.step_id) for one in found if may_answer(unit, one, powers)}
    assert mine == told
    assert told["otto"]
    assert not told["stranger"]
    assert len({frozenset(kinds) for kinds in told.values()}) > 2


def test_what_somebody_could_do_on_a_plan_is_what_each_act_says(tmp_path):
    house = populated(tmp_path).house
    plan_id = house.plan_of("northwind")
    acts = {act.value: act for act in (Act.APPROVE, Act.EDIT, Act.SEND_BACK, Act.PAUSE, Act.ABORT)}
    with house.unit() as unit:
        for who in ("otto", "mara", "sara", "stranger"):
            asked = {name for name, act in acts.items() if who in who_may(unit, act, plan_id)}
            assert capable(unit, acts, plan_id, who) == asked
