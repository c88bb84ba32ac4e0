"""What was once a way around: each is tried again."""

import socket
import time

import pytest

from oncourse.identity.passwords import Passwords
from oncourse.identity.refusals import BusyError
from oncourse.web import listening
from orchestrator import Acting, NotAllowedError
from plan import ActorKind, Cause, Principal, Role
from tests.oncourse.test_threats import drafted
from tests.oncourse.web.test_plans import decide, read


def test_nobody_approves_what_their_own_token_proposed(door):
    house = door.house
    house.know()
    robot = Principal(principal_id="robot", tenant_id="t1", kind=ActorKind.AGENT, roles=frozenset({Role.PROPOSER}))
    with_token = Acting(principal=robot, authenticated="token", behind="otto")
    told = house.orchestrator.submit(drafted(house), with_token, Cause(kind="person", ref="robot"))
    plan_id = str(told.plan_id)
    with pytest.raises(NotAllowedError, match="AUTH-F03"):
        house.approve(plan_id, "otto")
    house.approve(plan_id, "sara")
    assert house.broken() == []


def test_an_approval_of_what_was_sent_back_meanwhile_is_refused(door, draft):
    client = door.of("otto")
    body, etag = read(client, draft)
    door.house.orchestrator.send_back(draft, "do not send this", door.house.who("sara"))
    answer = decide(client, draft, "approve", {"digest": body["approve_with"]}, etag)
    assert (answer.status_code, answer.json()["code"]) == (412, "changed_since_read")
    _, now = read(client, draft)
    answer = decide(client, draft, "approve", {"digest": body["approve_with"]}, now, "decision-2")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert door.house.plan(draft).status == "DRAFT"


def test_a_step_that_moves_on_changes_the_etag_of_its_plan(door):
    plan_id = door.house.active()
    _, before = read(door.of("otto"), plan_id)
    door.house.run(3)
    _, after = read(door.of("otto"), plan_id)
    assert before != after


def test_a_wish_or_a_proposal_under_one_key_is_one(door):
    house, client, headers = door.house, door.of("otto"), {"idempotency-key": "wish-0001"}
    house.know("acme")
    house.know("bolt")
    first, again = (client.post("/v1/plans", json={"account_id": "acme"}, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    other = client.post("/v1/plans", json={"account_id": "bolt"}, headers=headers)
    assert other.status_code == 422
    proposal = drafted(house, "bolt").model_dump(mode="json")
    headers = {"idempotency-key": "mine-0001"}
    first, again = (door.of("mara").post("/v1/plans", json={"proposal": proposal}, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    with house.unit() as unit:
        assert len(unit.plans.find(account_id="bolt")) == 1


@pytest.mark.parametrize(
    "place", [[2**63], [-1], ["9999-12-31T23:59:59-14:00", "x"], ["0001-01-01T00:00:00+14:00", "x"]]
)
def test_a_cursor_that_leads_nowhere_is_one_clear_refusal(door, place):
    from oncourse.web.paging import cursor_of

    for path in ("/v1/ledger", "/v1/plans"):
        answer = door.of("otto").get(path, params={"cursor": cursor_of(*place)})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


def test_an_address_with_a_nul_is_refused(door):
    assert door.of("otto").get("/v1/events/%00/x").status_code == 400
    assert door.of("otto").get("/v1/plans?account=%00").status_code == 400


def test_a_silent_connection_is_let_go_and_too_many_leave_room_for_the_others(door, monkeypatch):

    module = listening.__wrapped__.__globals__
    monkeypatch.setitem(module, "HEAD", 0.3)
    monkeypatch.setitem(module, "MOST", 5)
    with listening(door.app, "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(9)]
        time.sleep(1.0)
        for one in silent:
            one.settimeout(2)
            assert one.recv(1) == b""
            one.close()
        asked = socket.create_connection(("127.0.0.1", port))
        asked.sendall(b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        asked.settimeout(5)
        assert asked.recv(15) == b"HTTP/1.1 200 OK"
        asked.close()


def test_no_part_of_an_answer_waits_for_the_acknowledgement_of_another(door, monkeypatch):
    module, found = listening.__wrapped__.__globals__, []

    class Looked(module["_Patient"]):
        def connection_made(self, transport):
            super().connection_made(transport)
            accepted = transport.get_extra_info("socket")
            found.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setitem(module, "_Patient", Looked)
    with listening(door.app, "127.0.0.1", 0) as address:
        connection = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(100)
        connection.close()
    assert [each != 0 for each in found] == [True]


def test_a_flood_of_guesses_keeps_nobody_waiting():
    passwords = Passwords(lambda: b"0" * 32)
    for _ in range(4):
        passwords._room.acquire()
    since = time.monotonic()
    with pytest.raises(BusyError):
        passwords.fits(None, "whatever it is")
    assert time.monotonic() - since < 2


def test_what_the_database_says_of_itself_is_told_to_nobody(door, monkeypatch):
    from store import StoreError

    def fail(*_):
        raise StoreError('connection to server at "10.0.0.5" failed: FATAL: database "secret"')

    monkeypatch.setattr(door.keeper, "by_session", fail)
    answer = door.of("otto").get("/v1/plans")
    assert answer.status_code == 503
    assert "10.0.0.5" not in answer.text
    assert "secret" not in answer.text
