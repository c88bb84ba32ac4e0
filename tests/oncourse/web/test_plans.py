"""Plans over HTTP: read, listed, decided exactly as read, once."""

from datetime import timedelta

import pytest

from orchestrator import PlanEdit, Removal
from plan import PlanStatus


def read(client, plan_id):
    answer = client.get(f"/v1/plans/{plan_id}")
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["etag"]


def decide(client, plan_id, verb, body, etag=None, key="decision-1"):
    headers = {"idempotency-key": key} | ({"if-match": etag} if etag else {})
    return client.post(f"/v1/plans/{plan_id}:{verb}", json=body, headers=headers)


def test_a_plan_is_read_with_what_its_approval_takes(door, draft):
    body, etag = read(door.of("otto"), draft)
    assert body["plan"]["status"] == "DRAFT"
    assert body["decision"]["verdict"] == "ASK"
    assert body["evaluation"]["ending"] == "GOES_ON"
    assert body["approve_with"].split(".")[0] == body["content_digest"].removeprefix("sha256:")[:12]
    assert etag.startswith('"1-DRAFT-')


def test_an_approval_of_what_was_read_takes_effect_and_answers_the_plan(door, draft):
    client = door.of("otto")
    body, etag = read(client, draft)
    answer = decide(client, draft, "approve", {"digest": body["approve_with"]}, etag)
    assert answer.status_code == 200, answer.text
    assert answer.json()["plan"]["status"] == "APPROVED"
    assert answer.headers["etag"] != etag
    assert door.house.broken() == []


def test_a_decision_without_an_etag_is_refused_with_428_and_without_a_key_with_400(door, draft):
    client = door.of("otto")
    body, etag = read(client, draft)
    answer = decide(client, draft, "approve", {"digest": body["approve_with"]})
    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_missing")
    answer = client.post(
        f"/v1/plans/{draft}:approve", json={"digest": body["approve_with"]}, headers={"if-match": etag}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_decision_on_a_plan_that_changed_is_refused_with_412_that_says_what_changed(door, draft):
    otto, mara = door.of("otto"), door.of("mara")
    body, etag = read(otto, draft)
    gone = body["plan"]["steps"][-1]["step_id"]
    change = {"removed": [{"step_id": gone, "reason": "not this quarter"}]}
    edited = mara.patch(f"/v1/plans/{draft}", json=change, headers={"if-match": etag, "idempotency-key": "edit-0001"})
    assert edited.status_code == 200, edited.text
    answer = decide(otto, draft, "approve", {"digest": body["approve_with"]}, etag)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (412, "changed_since_read")
    assert [one["change"] for one in told["changed"]] == ["removed"]
    assert told["changed"][0]["reason"] == "not this quarter"
    assert told["etag"] == edited.headers["etag"] == answer.headers["etag"]
    assert door.house.plan(draft).status is PlanStatus.DRAFT


def test_a_plan_that_changes_between_the_look_and_the_decision_is_not_decided(door, draft, monkeypatch):
    otto = door.of("otto")
    body, etag = read(otto, draft)
    change = PlanEdit(removed=(Removal(step_id=body["plan"]["steps"][-1]["step_id"], reason="not this quarter"),))

    def somebody_is_faster(*_):
        door.house.orchestrator.edit(draft, change, door.house.who("mara"))

    monkeypatch.setattr("oncourse.web.pending.check_unchanged", somebody_is_faster)
    answer = decide(otto, draft, "reject", {"reason": "no longer wanted"}, etag)
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_since_read")
    assert door.house.plan(draft).status is PlanStatus.DRAFT


def test_the_same_request_twice_is_done_once_and_heard_twice(door, draft):
    client = door.of("otto")
    body, etag = read(client, draft)
    first = decide(client, draft, "approve", {"digest": body["approve_with"]}, etag)
    again = decide(client, draft, "approve", {"digest": body["approve_with"]}, etag)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert door.house.types(draft).count("plan.approved.v1") == 1


def test_a_key_that_was_used_for_something_else_is_refused(door, draft):
    client = door.of("otto")
    body, etag = read(client, draft)
    assert decide(client, draft, "approve", {"digest": body["approve_with"]}, etag).status_code == 200
    answer = decide(client, draft, "reject", {"reason": "no longer wanted"}, etag)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_an_effect_whose_answer_was_never_written_down_is_answered_with_how_things_stand(door, draft, monkeypatch):
    client = door.of("otto")
    body, etag = read(client, draft)

    def die(*_):
        raise RuntimeError("killed between effect and answer")

    monkeypatch.setattr("store.claims.Claims.answered", die)
    with pytest.raises(RuntimeError):
        decide(client, draft, "approve", {"digest": body["approve_with"]}, etag)
    monkeypatch.undo()
    again = decide(client, draft, "approve", {"digest": body["approve_with"]}, etag)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert again.json()["plan"]["status"] == "APPROVED"
    assert door.house.types(draft).count("plan.approved.v1") == 1


def test_plans_are_listed_a_page_at_a_time_and_none_twice(door):
    for name in ("acme", "bolt", "cord", "dune", "ebro"):
        door.house.draft(name)
    client, seen, cursor = door.of("otto"), [], None
    while True:
        page = client.get("/v1/plans", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [line["account_id"] for line in page["plans"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == ["acme", "bolt", "cord", "dune", "ebro"]


def test_plans_are_found_by_state_account_owner_and_by_what_needs_me(door, draft):
    client = door.of("otto")

    def found(**asked):
        return [line["plan_id"] for line in client.get("/v1/plans", params=asked).json()["plans"]]

    assert found(state="DRAFT") == found(account="acme") == found(owner="mara") == found(needs="me") == [draft]
    assert found(state="ACTIVE") == found(account="bolt") == found(owner="otto") == []
    assert door.of("root").get("/v1/plans", params={"needs": "me"}).json()["plans"] == []


def test_a_cursor_of_somebody_elses_is_refused(door):
    answer = door.of("otto").get("/v1/plans", params={"cursor": "bm9uc2Vuc2U"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


def test_a_plan_is_read_as_it_stood_and_as_it_was_written(door, draft):
    house, client = door.house, door.of("otto")
    before = house.clock.now()
    house.clock.set(before + timedelta(hours=1))
    house.orchestrator.reject(draft, "not now, says the customer", house.who("otto"))
    assert client.get(f"/v1/plans/{draft}").json()["plan"]["status"] == "ABORTED"
    then = client.get(f"/v1/plans/{draft}", params={"as_of": before.isoformat()})
    assert then.json()["plan"]["status"] == "DRAFT"
    early = client.get(f"/v1/plans/{draft}", params={"as_of": (before - timedelta(days=1)).isoformat()})
    assert early.status_code == 404
    assert client.get(f"/v1/plans/{draft}", params={"version": 1}).json()["plan"]["revision"] == 1
    assert client.get(f"/v1/plans/{draft}", params={"version": 7}).status_code == 422


def test_an_edit_is_a_new_revision_and_the_diff_says_what_it_did(door, draft):
    client = door.of("mara")
    body, etag = read(client, draft)
    gone = body["plan"]["steps"][-1]["step_id"]
    change = {"removed": [{"step_id": gone, "reason": "not this quarter"}]}
    edited = client.patch(f"/v1/plans/{draft}", json=change, headers={"if-match": etag, "idempotency-key": "edit-0001"})
    assert edited.json()["plan"]["revision"] == 2
    told = client.get(f"/v1/plans/{draft}/diff").json()
    assert [(one["change"], one["reason"]) for one in told["differences"]] == [("removed", "not this quarter")]


def test_a_draft_is_asked_for_and_waits_in_the_inbox(door):
    door.house.know()
    answer = door.of("otto").post("/v1/plans", json={"account_id": "acme"})
    assert answer.status_code == 202
    assert answer.headers["location"].startswith("/v1/events/person%3Aotto/propose-")
    door.house.engine.run_due()
    assert door.house.plan(door.house.plan_of()).status is PlanStatus.DRAFT


def test_whoever_may_not_propose_is_refused(door):
    door.house.know()
    answer = door.of("root").post("/v1/plans", json={"account_id": "acme"})
    assert answer.status_code == 202  # revops proposes
    house = door.house
    anna = house.who("vera").principal.model_copy(update={"principal_id": "anna", "roles": frozenset()})
    house.orchestrator.add_principal(anna, house.who("root"))
    answer = door.of("anna").post("/v1/plans", json={"account_id": "acme"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    "asked", [{}, {"account_id": "acme", "proposal": None, "more": 1}, {"account_id": "no spaces"}]
)
def test_a_wish_that_does_not_fit_is_refused_with_one_sentence(door, asked):
    answer = door.of("otto").post("/v1/plans", json=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "\n" not in answer.json()["detail"]


def test_nobody_reads_anything_without_a_secret(door, draft):
    for path in (f"/v1/plans/{draft}", "/v1/plans", "/v1/reviews", "/v1/ledger", "/v1/policy", "/v1/events/stream"):
        answer = door.of().get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert "www-authenticate" in answer.headers


def test_a_token_opens_only_what_its_scopes_say(door, draft):
    assert door.of(token="read").get(f"/v1/plans/{draft}").status_code == 200
    assert door.of(token="events").get(f"/v1/plans/{draft}").status_code == 403
    assert door.of(token="read").post("/v1/plans", json={"account_id": "acme"}).status_code == 403
    assert door.of(token="propose").post("/v1/plans", json={"account_id": "acme"}).status_code == 202


def test_a_reader_of_no_tenant_of_ours_finds_nothing(door, draft):
    answer = door.of("otto").get("/v1/plans/00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
