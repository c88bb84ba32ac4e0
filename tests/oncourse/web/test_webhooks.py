"""Webhooks over HTTP: people who set the tenant up add, try and remove them; nobody else sees them."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from tests.oncourse.receivers import receiving


@pytest.fixture
def root(door):
    door.front.settings = door.front.settings.model_copy(update={"webhooks_allow_loopback": True})
    return door.of("root")


@pytest.fixture
def receiver():
    with receiving() as here:
        yield here


def add(client, url, **more):
    answer = client.post("/v1/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_webhook_is_added_tried_rotated_and_removed(root, receiver):
    made = add(root, receiver.url, types=["plan.activated.v1"])
    webhook_id, secret = made["webhook"]["webhook_id"], made["secret"]
    assert secret.startswith("whsec_")
    assert made["webhook"]["types"] == ["plan.activated.v1"]
    assert root.post(f"/v1/webhooks/{webhook_id}:test").json() == {"came": "taken", "status": 204, "told": ""}
    receiver.status = 500
    told = root.post(f"/v1/webhooks/{webhook_id}:test").json()
    assert told == {"came": "failed", "status": 500, "told": "the receiver answered 500"}
    new = root.post(f"/v1/webhooks/{webhook_id}:rotate", json={"hours": 1}).json()["secret"]
    root.post(f"/v1/webhooks/{webhook_id}:test")
    headers, body = receiver.letters[-1]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signatures = headers["webhook-signature"].split()
    for one in (secret, new):  # the door's clock stands in another year: the signature is compared, not its age
        assert Verifier(one).sign(headers["webhook-id"], at, body.decode()) in signatures
    assert [one["webhook_id"] for one in root.get("/v1/webhooks").json()] == [webhook_id]
    shown = root.get(f"/v1/webhooks/{webhook_id}")
    assert "whsec_" not in shown.text
    assert root.delete(f"/v1/webhooks/{webhook_id}").status_code == 204
    assert root.get(f"/v1/webhooks/{webhook_id}").status_code == 404


def test_what_was_given_up_is_listed_and_sent_again(door, root, receiver):
    webhook_id = add(root, receiver.url)["webhook"]["webhook_id"]
    with door.house.unit() as unit:
        unit.webhooks.give_up(webhook_id, 2, unit.now, "the receiver answered 500")
    (one,) = root.get(f"/v1/webhooks/{webhook_id}/undelivered").json()
    assert (one["pos"], one["trouble"]) == (2, "the receiver answered 500")
    assert root.post(f"/v1/webhooks/{webhook_id}:redeliver", json={"pos": 9}).status_code == 404
    again = root.post(f"/v1/webhooks/{webhook_id}:redeliver", json={})
    assert again.json() == {"delivered": [2], "trouble": None}
    assert receiver.ids == ["t1:2"]
    assert root.get(f"/v1/webhooks/{webhook_id}/undelivered").json() == []


@pytest.mark.parametrize("hours", [False, "0", 1.5, -1, 169, None])
def test_an_old_secret_ends_only_when_a_number_of_hours_says_so(root, receiver, hours):
    webhook_id = add(root, receiver.url)["webhook"]["webhook_id"]
    assert root.post(f"/v1/webhooks/{webhook_id}:rotate", json={"hours": hours}).status_code == 422
    assert root.get(f"/v1/webhooks/{webhook_id}").json()["old_secret_until"] is None


def test_others_are_refused_programs_too(door, root, receiver):
    webhook_id = add(root, receiver.url)["webhook"]["webhook_id"]
    asked = [
        ("GET", "", None),
        ("POST", "", {"url": receiver.url}),
        ("GET", f"/{webhook_id}", None),
        ("DELETE", f"/{webhook_id}", None),
        ("POST", f"/{webhook_id}:rotate", {}),
        ("POST", f"/{webhook_id}:test", None),
        ("GET", f"/{webhook_id}/undelivered", None),
        ("POST", f"/{webhook_id}:redeliver", {}),
    ]
    for client in (door.of("otto"), door.of("mara"), door.of(token="read+propose+events")):
        for method, path, body in asked:
            answer = client.request(method, f"/v1/webhooks{path}", json=body)
            assert answer.status_code == 403, (method, path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
    assert door.of().get("/v1/webhooks").status_code == 401
    assert receiver.letters == []


@pytest.mark.parametrize(
    "url", ["https://a@b.test/", "http://10.0.0.1/", "https://169.254.169.254/", "https://[::1]/", "x", "\ud800"]
)
def test_t15_an_address_inside_is_answered_with_what_is_wrong(door, url):
    answer = door.of("root").post(
        "/v1/webhooks", content=json.dumps({"url": url}), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] in {"bad_address", "bad_request"}


def test_the_letter_is_described_beside_the_paths(door):
    told = door.of().get("/openapi.json").json()
    assert set(told["webhooks"]) == {"ledgerEntry"}
    described = told["webhooks"]["ledgerEntry"]["post"]
    assert described["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ToldEvent"
    }
    assert {one["name"] for one in described["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
