"""What a trace says: which plan, which step, how it went, and never a word of a customer's."""

import json
from collections import Counter

import pytest
from sqlalchemy import select

import agent
from oncourse import demo
from oncourse.simulator import SimulatedExecutor
from oncourse.telemetry import ATTRIBUTES, TracedExecutor, TracedStore, spanned
from orchestrator import BadInputError
from store import StaleError, Unit
from store.tables import blob, record
from tests.connectors.orders import PRIVATE, order
from tests.connectors.process import Server
from tests.house import House
from tests.oncourse.spans import heard, words
from tests.oncourse.web.conftest import Door

OURS = {"plan.propose", "plan.gate", "plan.decide", "step.execute", "plan.evaluate", "ledger.append"}
CANARY = "Zitronenfalter"


def ours(spans):
    return [span for span in spans if span.instrumentation_scope.name == "oncourse"]


def told(span):
    return {name.removeprefix("oncourse."): value for name, value in span.attributes.items()}


def private(engine):
    """Return every text that was committed, and every name and address of the CRM."""
    found = set()
    with engine.connect() as connection:
        found.update(connection.execute(select(blob.c.content)).scalars())
        for body in connection.execute(select(record.c.body)).scalars():
            known = json.loads(body)
            found.update(known[key] for key in ("name", "email", "subject", "title", "text") if known.get(key))
    return {text for text in found if len(text) > 5}


def leaks(spans, texts):
    said = {word for span in spans for word in words(span)}
    return {word for word in said if any(text in word for text in texts)}


def test_a_whole_life_is_traced_and_no_text_of_it_is(tmp_path):
    with heard() as spans:
        stage, ticks = demo.stage_demo(tmp_path, agent.replay_drafter(agent.playbook_drafter()))
    texts = private(stage.store._engine)
    stage.store.close()
    assert len(texts) > 100
    names = Counter(span.name for span in spans)
    assert set(names) >= OURS, names
    assert names["plan.tick"] == ticks
    assert leaks(spans, texts) == set()
    assert {name for span in ours(spans) for name in told(span)} <= ATTRIBUTES | {"error.type"}
    for span in ours(spans):
        assert not any(" " in str(value) for value in span.attributes.values()), span.attributes
    gates = [told(span) for span in spans if span.name == "plan.gate"]
    assert {"tenant", "plan_id", "plan_type", "revision", "digest8", "risk", "verdict"} <= set(gates[0])
    assert {gate.get("verdict") for gate in gates} == {"ASK", "DENY"}


def test_what_a_tick_does_hangs_under_it_and_a_decision_around_its_entries(tmp_path):
    house = House(executor=TracedExecutor(SimulatedExecutor()), store=TracedStore)
    with heard() as spans:
        plan_id = house.active()
    by_id = {span.context.span_id: span for span in spans}
    (gate,) = [span for span in spans if span.name == "plan.gate"]
    assert by_id[gate.parent.span_id].name == "plan.tick"
    (decision,) = [span for span in spans if span.name == "plan.decide"]
    assert decision.parent is None
    assert told(decision)["outcome"] == "plan.approved.v1"
    assert told(decision)["plan_id"] == plan_id
    inside = [span for span in spans if span.parent and span.parent.span_id == decision.context.span_id]
    assert [span.name for span in inside] == ["ledger.append"]
    assert decision.start_time <= inside[0].start_time <= inside[0].end_time <= decision.end_time


def test_an_error_is_told_by_its_class_alone():
    with heard() as spans, pytest.raises(BadInputError), spanned("plan.gate", tenant="t1"):
        raise BadInputError(f"{CANARY} is no account")
    (span,) = spans
    assert told(span)["error.type"] == "BadInputError"
    assert leaks(spans, {CANARY}) == set()


def test_what_could_be_a_text_or_is_on_no_list_never_becomes_an_attribute():
    with heard() as spans, spanned("plan.gate", tenant=f"{CANARY} GmbH", outcome="", name=CANARY, revision=2):
        pass
    assert told(spans[0]) == {"revision": 2}


def test_a_commit_that_fails_is_a_span_that_failed(monkeypatch):
    house = House(store=TracedStore)
    plan_id, otto = house.active(), house.who("otto")

    def fail(_self):
        raise StaleError(CANARY)

    monkeypatch.setattr(Unit, "commit", fail)
    with heard() as spans, pytest.raises(StaleError):
        house.orchestrator.pause(plan_id, CANARY, otto)
    assert leaks(spans, {CANARY}) == set()
    assert [(span.name, told(span)["error.type"]) for span in ours(spans)] == [
        ("ledger.append", "StaleError"),
        ("plan.decide", "StaleError"),
    ]


def test_the_door_tells_routes_and_no_words(tmp_path):
    with heard():
        door = Door(f"sqlite:///{tmp_path / 'a.db'}")
    plan_id = str(door.house.draft())
    client = door.of("otto")
    with heard() as spans:
        etag = client.get(f"/v1/plans/{plan_id}").headers["etag"]
        client.get("/v1/plans", params={"account": CANARY, "owner": CANARY})
        for body in ({"reason": f"{CANARY} says no"}, {"reason": 7, CANARY: CANARY}):
            headers = {"if-match": etag, "idempotency-key": f"k{len(body)}"}
            client.post(f"/v1/plans/{plan_id}:reject", json=body, headers=headers)
        client.get(f"/v1/{CANARY}")
    names = {span.name for span in spans}
    assert any(name.startswith("GET /v1/plans") for name in names), names
    assert leaks(spans, {CANARY, *private(door.house.sql)}) == set()


def test_a_call_of_a_tool_tells_no_words(tmp_path):
    server = Server(tmp_path).start()
    try:
        executor = TracedExecutor(server.executor())
        with heard() as spans:
            executor.execute(order(params={"language": CANARY}))
    finally:
        server.kill()
    names = {span.name for span in spans}
    assert "step.execute" in names
    assert any("tools/call" in name for name in names), names
    assert leaks(spans, {CANARY, PRIVATE, "Ida Stern"}) == set()
