"""What waits for people, over HTTP: the queue, the texts of steps, and several decisions at once."""

from datetime import timedelta
from uuid import UUID

import pytest

from plan import PlanStatus, StepStatus
from tests.oncourse.web.test_plans import decide, read


def later(door, days):
    """Let the tenant's time pass, as the people of the house see it too."""
    client = door.of("root")
    until = client.get("/v1/time").json()["now"]
    answer = client.post(
        "/v1/time", json={"until": f"{door.house.clock.now() + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"}
    )
    assert answer.status_code == 200, (until, answer.text)
    door.house.clock.set(door.house.clock.now() + timedelta(days=days))
    return answer.json()


def queue(client, **asked):
    return client.get("/v1/reviews", params=asked).json()["reviews"]


def test_a_draft_waits_for_those_who_may_approve_it_and_says_what_to_quote(door, draft):
    (one,) = queue(door.of("otto"))
    assert (one["waits"]["kind"], one["waits"]["plan_id"]) == ("draft", draft)
    assert {"otto", "sara", "vera"} <= set(one["who"])
    assert one["waits"]["digest"] == door.of("otto").get(f"/v1/plans/{draft}").json()["approve_with"]


def test_only_what_i_could_answer_is_mine(door, draft):
    assert [one["waits"]["plan_id"] for one in queue(door.of("otto"), mine=True)] == [draft]
    assert queue(door.of("root"), mine=True) == []


def test_the_queue_is_sorted_by_time_left_then_by_revenue(door):
    late = str(door.house.draft("acme"))
    soon = str(door.house.draft("bolt", renews_on=door.house.clock.now().date() + timedelta(days=70)))
    assert [one["waits"]["plan_id"] for one in queue(door.of("otto"))] == [soon, late]


@pytest.fixture
def asked(door):
    """A running plan one of whose texts waits for an approval, and that step."""
    plan_id = door.house.active()
    for _ in range(30):
        later(door, 1)
        waits = [one["waits"] for one in queue(door.of("otto")) if one["waits"]["kind"] == "step"]
        if waits:
            return plan_id, waits[0]
        for one in queue(door.of("otto")):
            if one["waits"]["kind"] == "task":
                step, (_, etag) = one["waits"]["step_id"], read(door.of("mara"), plan_id)
                spec = next(
                    a["spec"]
                    for a in door.of("mara").get("/v1/action-types").json()
                    if a["spec"]["action_type"] == one["waits"]["action_type"]
                )
                answer = on_step(
                    door.of("mara"), plan_id, step, "outcome", {"outcome": spec["outcomes_ok"][0]}, etag, step
                )
                assert answer.status_code == 200, answer.text
    raise AssertionError("no text ever waited")


def on_step(client, plan_id, step, verb, body, etag, key="step-decision"):
    headers = {"if-match": etag, "idempotency-key": key}
    return client.post(f"/v1/plans/{plan_id}/steps/{step}:{verb}", json=body, headers=headers)


def test_a_text_is_approved_exactly_as_it_was_read(door, asked):
    plan_id, waits = asked
    client, step = door.of("otto"), waits["step_id"]
    shown = client.get(f"/v1/plans/{plan_id}/steps/{step}")
    assert shown.json()["text"]
    assert shown.json()["rendered"].removeprefix("sha256:").startswith(waits["digest"])
    wrong = on_step(client, plan_id, step, "approve", {"digest": "0" * 64}, shown.headers["etag"], "wrong-digest")
    assert (wrong.status_code, wrong.json()["code"]) == (412, "changed_since_read")
    right = on_step(client, plan_id, step, "approve", {"digest": shown.json()["rendered"]}, shown.headers["etag"])
    assert right.status_code == 200, right.text
    assert door.house.plan(plan_id).step(UUID(step)).status is not StepStatus.PENDING_APPROVAL
    assert door.house.broken() == []


def test_a_text_is_refused_and_the_step_is_set_aside(door, asked):
    plan_id, waits = asked
    client = door.of("otto")
    _, etag = read(client, plan_id)
    answer = on_step(client, plan_id, waits["step_id"], "reject", {"reason": "the tone is wrong"}, etag)
    assert answer.status_code == 200, answer.text
    assert door.house.plan(plan_id).step(UUID(waits["step_id"])).status is StepStatus.SKIPPED


def test_no_program_decides_whatever_its_token_says(door, asked):
    plan_id, waits = asked
    robot = door.of(token="read+propose+events")
    _, etag = read(robot, plan_id)
    for verb, body in (("pause", {"reason": "just because"}), ("abort", {"reason": "just because"})):
        answer = decide(robot, plan_id, verb, body, etag, f"robot-{verb}")
        assert (answer.status_code, answer.json()["code"]) == (403, "machine")
    answer = on_step(robot, plan_id, waits["step_id"], "approve", {"digest": waits["digest"]}, etag)
    assert (answer.status_code, answer.json()["code"]) == (403, "machine")


def test_a_step_that_is_in_no_doubt_is_not_reconciled(door, asked):
    plan_id, waits = asked
    _, etag = read(door.of("otto"), plan_id)
    body = {"found": "arrived", "reason": "I asked them"}
    answer = on_step(door.of("otto"), plan_id, waits["step_id"], "reconcile", body, etag)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


def test_a_running_plan_is_paused_resumed_and_ended(door):
    plan_id = door.house.active()
    client = door.of("otto")
    for verb, status in (("pause", "PAUSED"), ("resume", "ACTIVE"), ("abort", "ABORTED")):
        _, etag = read(client, plan_id)
        answer = decide(client, plan_id, verb, {"reason": "the customer asked for it"}, etag, f"decision-{verb}")
        assert (answer.status_code, answer.json()["plan"]["status"]) == (200, status), answer.text
    _, etag = read(client, plan_id)
    answer = decide(client, plan_id, "pause", {"reason": "too late for that"}, etag, "decision-late")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")


def test_an_emergency_lets_anybody_stop_a_plan_and_only_stop_it(door):
    plan_id = door.house.active()
    client = door.of("root")
    _, etag = read(client, plan_id)
    body = {"reason": "the customer got our test mails", "break_glass": True}
    assert decide(client, plan_id, "pause", body, etag).status_code == 200
    _, etag = read(client, plan_id)
    refused = client.post(
        f"/v1/plans/{plan_id}:resume", json=body, headers={"if-match": etag, "idempotency-key": "resume-01"}
    )
    assert refused.status_code == 422


def test_each_of_several_decisions_stands_on_its_own(door):
    first, second = str(door.house.draft("acme")), str(door.house.draft("bolt"))
    client = door.of("otto")
    items = [
        {"plan_id": first, "if_match": read(client, first)[1], "decision": "reject", "reason": "no longer wanted"},
        {
            "plan_id": second,
            "if_match": '"9-DRAFT-0000000000000000"',
            "decision": "reject",
            "reason": "no longer wanted",
        },
        {"plan_id": first, "if_match": "nonsense", "decision": "reject", "reason": "no longer wanted"},
    ]
    answer = client.post("/v1/reviews:decide", json={"items": items}, headers={"idempotency-key": "several-1"})
    results = answer.json()["results"]
    codes = [one["problem"] and one["problem"]["code"] for one in results]
    assert codes[1:] == ["changed_since_read", "changed_since_read"]
    assert codes[0] in {None, "not_in_bulk"}
    assert door.house.plan(second).status is PlanStatus.DRAFT


def test_what_reaches_a_customer_is_never_decided_in_bulk(door, draft):
    client = door.of("otto")
    body, etag = read(client, draft)
    item = {"plan_id": draft, "if_match": etag, "decision": "approve", "digest": body["approve_with"]}
    answer = client.post("/v1/reviews:decide", json={"items": [item]}, headers={"idempotency-key": "several-1"})
    (result,) = answer.json()["results"]
    assert (result["status"], result["problem"]["code"]) == (422, "not_in_bulk")
    assert door.house.plan(draft).status is PlanStatus.DRAFT


def test_more_than_fifty_decisions_at_once_are_refused(door, draft):
    item = {"plan_id": draft, "if_match": '"1-DRAFT-0000000000000000"', "decision": "reject", "reason": "no"}
    answer = door.of("otto").post("/v1/reviews:decide", json={"items": [item] * 51})
    assert answer.status_code == 422
