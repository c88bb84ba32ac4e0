"""Webhooks as a receiver meets them: in order, at least once, signed, and no faster than it can bear."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import orjson
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from ledger import DATA, Actor, Authority, Entry, Reason
from oncourse.clock import RandomIds, VirtualClock
from oncourse.courier import Came, Courier, Deliveries, Fence, FenceError, HttpPost, Subscriptions
from oncourse.courier.deliveries import BACKOFF, LEASE
from oncourse.courier.letters import letter, letter_id
from orchestrator import Acting, BadInputError, NotAllowedError
from plan import ActorKind, Cause, Principal, Role
from store import NotFoundError, Store, open_engine
from tests.databases import fresh_url
from tests.house import House
from tests.keys import KEYS
from tests.oncourse.receivers import receiving

HERE = Fence(loopback=True)


class Telling:
    """A house whose ledger is told, by a courier under the machine's clock as the test moves it."""

    def __init__(self, url, fence=HERE):
        self.house = House(url)
        self.clock = VirtualClock(datetime.now(UTC))
        self.post = HttpPost(fence, timeout=60)
        self.store = self.house.store
        self.deliveries = Deliveries(self.store, self.post, self.clock, chance=lambda: 0.0)
        self.courier = Courier(self.store, self.clock, self.deliveries)
        self.hooks = Subscriptions(self.store, "t1", clock=self.clock, ids=RandomIds(), post=self.post)
        self.root = self.house.who("root")

    def add(self, url, *types):
        made = self.hooks.add(url, frozenset(types), self.root)
        return made.webhook.webhook_id, made.secret.get_secret_value()

    def round(self, later=timedelta()):
        self.clock.set(self.clock.now() + later)
        return self.courier.round(self.clock.now())

    def see(self, webhook_id):
        return self.hooks.get(webhook_id, self.root)

    def entries(self, after=0):
        with self.house.unit() as unit:
            return [(pos, entry) for pos, entry in unit.every_entry() if pos > after]


@pytest.fixture(params=["sqlite", "postgresql"])
def telling(request, tmp_path):
    made = Telling(fresh_url(request.param, tmp_path))
    yield made
    made.house.sql.dispose()


@pytest.fixture
def plain(tmp_path):
    made = Telling(fresh_url("sqlite", tmp_path))
    yield made
    made.house.sql.dispose()


@pytest.fixture
def receiver():
    with receiving() as here:
        yield here


def test_a_webhook_is_told_every_entry_from_its_beginning_on_in_ledger_order(telling, receiver):
    webhook_id, _ = telling.add(receiver.url)
    before = telling.see(webhook_id).told_pos
    telling.house.active()
    assert telling.round() == len(telling.entries(before)) == len(receiver.letters)
    assert receiver.ids == [f"t1:{pos}" for pos, _ in telling.entries(before)]
    assert receiver.types == [f"oncourse.{entry.type}" for _, entry in telling.entries(before)]
    assert telling.round() == 0
    assert (telling.see(webhook_id).behind, telling.see(webhook_id).trouble) == (0, None)


def test_a_letter_says_what_moved_from_where_to_where(plain, receiver):
    plain.add(receiver.url, "plan.approved.v1", "plan.activated.v1", "plan.proposed.v1", "plan.aborted.v1")
    plan_id = plain.house.active()
    plain.house.orchestrator.abort(plan_id, "They left the market.", plain.house.who("otto"))
    plain.round()
    proposed, approved, activated, aborted = receiver.events
    assert proposed["data"]["account_id"] == "acme"
    assert (proposed["specversion"], proposed["source"], proposed["subject"]) == (
        "1.0",
        "/tenants/t1",
        f"plan/{plan_id}",
    )
    assert proposed["time"] == "2026-03-02T07:00:00Z"
    assert (approved["data"]["state_before"], approved["data"]["state_after"]) == ("DRAFT", "APPROVED")
    assert approved["data"]["actor"] == {"id": "otto", "kind": "human"}
    assert (activated["data"]["plan_id"], activated["data"]["state_after"]) == (plan_id, "ACTIVE")
    assert (aborted["type"], aborted["data"]["state_after"]) == ("oncourse.plan.aborted.v1", "ABORTED")
    assert aborted["data"]["reason"]
    assert receiver.letters[0][0]["content-type"] == "application/cloudevents+json"


def test_a_webhook_for_some_types_gets_those_and_is_not_behind_for_the_others(telling, receiver):
    webhook_id, _ = telling.add(receiver.url, "plan.activated.v1")
    telling.house.active()
    telling.round()
    assert receiver.types == ["oncourse.plan.activated.v1"]
    assert telling.see(webhook_id).behind == 0


def test_a_letter_that_is_not_taken_comes_again_later_and_later_and_those_behind_it_wait(telling, receiver):
    receiver.status = 503
    webhook_id, _ = telling.add(receiver.url)
    telling.house.know()
    telling.house.posture()
    telling.round()
    for nth, wait in enumerate(BACKOFF, start=1):
        seen = telling.see(webhook_id)
        assert (seen.attempts, seen.next_at) == (nth, telling.clock.now() + wait)
        assert "503" in seen.trouble
        telling.round(wait - timedelta(seconds=1))
        assert len(receiver.letters) == nth
        if nth < len(BACKOFF):
            telling.round(timedelta(seconds=1))
    assert len(set(receiver.ids)) == 1
    receiver.status = 200
    telling.round(timedelta(seconds=1))
    assert telling.see(webhook_id).behind == 0
    assert telling.hooks.undelivered(webhook_id, telling.root) == []


def test_a_letter_that_nobody_takes_is_given_up_and_the_next_goes_on(telling, receiver):
    webhook_id, _ = telling.add(receiver.url)
    before = telling.see(webhook_id).told_pos
    telling.house.know()
    telling.house.posture()
    receiver.statuses = [500] * (1 + len(BACKOFF))
    telling.round()
    for wait in BACKOFF:
        telling.round(wait)
    given_up = telling.hooks.undelivered(webhook_id, telling.root)
    assert [(one.pos, one.trouble) for one in given_up] == [(before + 1, "the receiver answered 500")]
    assert telling.see(webhook_id).behind == 0
    assert receiver.ids[-1] == f"t1:{telling.see(webhook_id).told_pos}"
    receiver.letters.clear()
    assert telling.hooks.redeliver(webhook_id, telling.root).delivered == (before + 1,)
    assert receiver.ids == [f"t1:{before + 1}"]
    assert telling.hooks.undelivered(webhook_id, telling.root) == []
    with pytest.raises(NotFoundError, match="gave up no entry"):
        telling.hooks.redeliver(webhook_id, telling.root, before + 1)


def test_what_is_sent_again_and_not_taken_stays_given_up(plain, receiver):
    webhook_id, _ = plain.add(receiver.url)
    with plain.house.unit() as unit:
        unit.webhooks.give_up(webhook_id, 1, unit.now, "x")
        unit.webhooks.give_up(webhook_id, 2, unit.now, "x")
    receiver.statuses = [200, 500]
    again = plain.hooks.redeliver(webhook_id, plain.root)
    assert (again.delivered, again.trouble) == ((1,), "the receiver answered 500")
    assert [one.pos for one in plain.hooks.undelivered(webhook_id, plain.root)] == [2]


def test_a_receiver_that_is_not_there_is_waited_for(plain):
    with receiving() as gone:
        webhook_id, _ = plain.add(gone.url)
    plain.house.know()
    plain.house.posture()
    assert plain.round() == 0
    assert plain.see(webhook_id).trouble == "not reached (ConnectError)"


def test_a_receiver_that_drips_its_answer_is_given_up_after_the_time_for_one_letter(plain, receiver):
    plain.deliveries._post = HttpPost(HERE, timeout=0.3)
    webhook_id, _ = plain.add(receiver.url)
    plain.house.know()
    plain.house.posture()

    def dawdle():
        time.sleep(1)

    receiver.hook = dawdle
    assert plain.round() == 0
    assert plain.see(webhook_id).trouble.startswith("no answer within")


def test_a_redirect_is_not_followed(plain, receiver):
    with receiving() as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url
        webhook_id, _ = plain.add(receiver.url)
        plain.house.know()
        plain.house.posture()
        plain.round()
        assert plain.see(webhook_id).trouble == "the receiver answered 307"
        assert elsewhere.letters == []


def test_a_receiver_that_says_gone_is_switched_off_and_a_ping_that_it_takes_switches_it_on(telling, receiver):
    receiver.status = 410
    webhook_id, _ = telling.add(receiver.url)
    telling.house.know()
    telling.house.posture()
    telling.round()
    assert not telling.see(webhook_id).active
    telling.round(timedelta(days=2))
    assert len(receiver.letters) == 1
    assert telling.hooks.test(webhook_id, telling.root).came is Came.GONE
    assert not telling.see(webhook_id).active
    receiver.status = 204
    assert telling.hooks.test(webhook_id, telling.root).came is Came.TAKEN
    assert receiver.types[-1] == "oncourse.webhook.ping.v1"
    telling.round()
    assert (telling.see(webhook_id).active, telling.see(webhook_id).behind) == (True, 0)


def test_a_ping_that_is_taken_ends_a_long_wait(plain, receiver):
    receiver.statuses = [500] * 5
    webhook_id, _ = plain.add(receiver.url)
    plain.house.know()
    plain.house.posture()
    plain.round()
    for wait in BACKOFF[:4]:
        plain.round(wait)
    assert plain.see(webhook_id).behind
    assert plain.hooks.test(webhook_id, plain.root).came is Came.TAKEN
    plain.round()
    assert plain.see(webhook_id).behind == 0


def test_a_receiver_verifies_with_either_secret_while_they_rotate(plain, receiver):
    webhook_id, old = plain.add(receiver.url)
    other = "whsec_" + "QUJD" * 10
    new = plain.hooks.rotate(webhook_id, timedelta(hours=1), plain.root).secret.get_secret_value()
    plain.hooks.test(webhook_id, plain.root)
    headers, body = receiver.letters[0]
    for secret in (old, new):
        assert Verifier(secret).verify(body, headers)["type"] == "oncourse.webhook.ping.v1"
    with pytest.raises(WebhookVerificationError):
        Verifier(other).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(new).verify(body + b" ", headers)
    plain.clock.set(plain.clock.now() + timedelta(hours=1))
    plain.hooks.test(webhook_id, plain.root)
    assert len(receiver.letters[1][0]["webhook-signature"].split()) == 1
    plain.hooks.rotate(webhook_id, timedelta(), plain.root)
    plain.hooks.test(webhook_id, plain.root)
    assert len(receiver.letters[2][0]["webhook-signature"].split()) == 1


def test_a_letter_of_the_ledger_verifies_too(plain, receiver):
    _, secret = plain.add(receiver.url)
    plain.house.know()
    plain.house.posture()
    plain.round()
    for headers, body in receiver.letters:
        assert Verifier(secret).verify(body, headers)["id"] == headers["webhook-id"]


def test_a_courier_that_dies_after_sending_leaves_the_letter_to_be_sent_again_under_its_id(telling, receiver):
    webhook_id, _ = telling.add(receiver.url)
    telling.house.know()
    telling.house.posture()
    many = telling.see(webhook_id).behind

    class Dies:
        def send(self, url, sent, headers):
            telling.post.send(url, sent, headers)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Deliveries(telling.store, Dies(), telling.clock).deliver("t1", webhook_id)
    assert telling.round() == 0  # its lease still holds
    assert len(receiver.letters) == 1
    assert telling.round(LEASE) == many
    assert receiver.ids[0] == receiver.ids[1]
    assert receiver.ids[1:] == sorted(set(receiver.ids), key=lambda one: int(one.partition(":")[2]))
    assert receiver.letters[0][1] == receiver.letters[1][1]


def test_a_courier_that_dies_in_the_middle_of_a_page_sends_nothing_twice_but_the_letter_it_died_at(plain, receiver):
    webhook_id, _ = plain.add(receiver.url)
    plain.house.active()
    many = plain.see(webhook_id).behind

    class Dies:
        def send(self, url, sent, headers):
            if len(receiver.letters) == 3:
                raise KeyboardInterrupt
            return plain.post.send(url, sent, headers)

    with pytest.raises(KeyboardInterrupt):
        Deliveries(plain.store, Dies(), plain.clock).deliver("t1", webhook_id)
    plain.round(LEASE)
    assert len(receiver.ids) == len(set(receiver.ids)) == many


def test_what_is_not_a_word_or_a_number_does_not_leave_even_where_its_name_may():
    entry = Entry(
        stream="plan/7",
        seq=1,
        type="step.outcome_ok.v1",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        actor=Actor(kind=ActorKind.HUMAN, id="otto"),
        authority=Authority(role="owner", grant="AUTH-1"),
        cause=Cause(kind="person", ref="otto"),
        reason=Reason(code="won", text="ref:sha256:" + "0" * 64),
        data={
            "outcome": "Ida said no",
            "holder": "ref:sha256:" + "1" * 64,
            "codes": ["PG010", "two words"],
            "attempt": 2,
            "target": "SUCCEEDED",
            "key": "left-out",
            "step": {"params": {"message": "hello"}, "action_type": "RUN_VALUE_REVIEW"},
        },
    )
    told = orjson.loads(letter("t1", 9, entry).body)["data"]
    assert told == {
        "action_type": "RUN_VALUE_REVIEW",
        "actor": {"id": "otto", "kind": "human"},
        "attempt": 2,
        "plan_id": "7",
        "position": 9,
        "reason": "won",
        "seq": 1,
        "state_after": "SUCCEEDED",
        "stream": "plan/7",
    }


def test_two_couriers_at_once_never_tell_the_same_page(telling, receiver):
    webhook_id, _ = telling.add(receiver.url)
    telling.house.active()
    many = telling.see(webhook_id).behind
    other = Store(open_engine(telling.house.sql.url.render_as_string(hide_password=False)), lambda: bytes(32), KEYS)
    couriers = [telling.courier, Courier(other, telling.clock, Deliveries(other, telling.post, telling.clock))]
    threads = [Thread(target=one.round, args=[telling.clock.now()]) for one in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    telling.round()
    assert len(receiver.letters) == len(set(receiver.ids)) == many


def test_a_courier_whose_lease_ran_out_writes_nothing(plain, receiver):
    webhook_id, _ = plain.add(receiver.url)
    plain.house.active()

    def overtaken():
        receiver.hook = lambda: None
        plain.clock.set(plain.clock.now() + LEASE)
        plain.courier.round(plain.clock.now())

    receiver.hook = overtaken
    assert plain.round() <= 1
    first = receiver.ids[0]
    assert receiver.ids.count(first) == 2
    assert len(receiver.ids) == len(set(receiver.ids)) + 1
    assert plain.see(webhook_id).behind == 0


def test_one_webhook_that_fails_keeps_no_other_waiting(telling, receiver):
    with receiving() as broken:
        broken.status = 500
        bad, _ = telling.add(broken.url)
        good, _ = telling.add(receiver.url)
        telling.house.know()
        telling.house.posture()
        telling.round()
        assert (telling.see(good).behind, telling.see(bad).attempts) == (0, 1)


def test_a_round_that_fails_is_logged_and_made_again(plain, receiver, caplog):
    webhook_id, _ = plain.add(receiver.url)
    plain.house.know()
    plain.house.posture()
    plain.deliveries._post = None
    assert plain.round() == plain.round(LEASE) == 0
    assert "telling webhook" in caplog.text
    plain.deliveries._post = plain.post
    plain.round(LEASE)
    assert plain.see(webhook_id).behind == 0


def test_a_courier_goes_round_until_it_is_told_to_stop(plain, receiver):
    webhook_id, _ = plain.add(receiver.url)
    stop = Event()
    courier = Courier(plain.store, plain.clock, plain.deliveries, poll=0.05)
    thread = Thread(target=courier.run, args=[stop])
    thread.start()
    plain.house.know()
    plain.house.posture()
    ends = time.monotonic() + 30
    while plain.see(webhook_id).behind and time.monotonic() < ends:
        time.sleep(0.05)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert plain.see(webhook_id).behind == 0
    assert receiver.letters


def test_a_tenant_whose_time_is_made_up_tells_nobody(plain, receiver):
    plain.add(receiver.url)
    plain.house.draft()
    with plain.house.unit() as unit:
        unit.set_virtual_now(plain.house.clock.now())
    assert plain.round() == 0
    assert receiver.letters == []


def test_no_private_text_stands_in_a_letter(plain, receiver):
    canary = "Zwölf Kanarienvögel"
    plain.add(receiver.url)
    plan_id = plain.house.draft()
    plain.house.orchestrator.send_back(plan_id, f"{canary} in the reason", plain.house.who("otto"))
    second = plain.house.active("beta")
    plain.house.reviewers(plain.house.clock.now() + timedelta(days=20))
    plain.house.run(20)
    with plain.house.unit() as unit:
        unit.set_virtual_now(None)
    plain.house.orchestrator.abort(second, f"{canary} again", plain.house.who("otto"))
    while plain.round():
        pass
    assert len(receiver.letters) > 20
    whole = b"\n".join(body for _, body in receiver.letters).decode()
    for word in (canary, "Kanarien", "GmbH", "Ida", "Stern", "ida@x.example", "Ben Roth", "ref:sha256", "whsec_"):
        assert word not in whole, word
    with plain.house.unit() as unit:
        secret = unit.webhooks.every()[0].secret.get_secret_value()
    assert secret not in whole


def test_only_people_who_set_the_tenant_up_see_and_change_webhooks(plain, receiver):
    webhook_id, _ = plain.add(receiver.url)
    machine = Acting(
        principal=Principal(
            principal_id="bot", tenant_id="t1", kind=ActorKind.SYSTEM, roles=frozenset({Role.TENANT_ADMIN})
        )
    )
    stranger = Acting(principal=Principal(principal_id="x", tenant_id="t2", roles=frozenset({Role.TENANT_ADMIN})))
    left = Acting(principal=plain.root.principal.model_copy(update={"active": False}))
    tries = [
        lambda who: plain.hooks.add(receiver.url, frozenset(), who),
        plain.hooks.every,
        lambda who: plain.hooks.get(webhook_id, who),
        lambda who: plain.hooks.rotate(webhook_id, timedelta(), who),
        lambda who: plain.hooks.test(webhook_id, who),
        lambda who: plain.hooks.undelivered(webhook_id, who),
        lambda who: plain.hooks.redeliver(webhook_id, who),
        lambda who: plain.hooks.remove(webhook_id, who),
    ]
    for who in (plain.house.who("otto"), plain.house.who("mara"), machine, stranger, left):
        for tried in tries:
            with pytest.raises(NotAllowedError, match="AUTH-WEBHOOKS"):
                tried(who)
    assert receiver.letters == []
    assert plain.hooks.every(plain.root)[0].webhook_id == webhook_id


def test_what_is_shown_of_a_webhook_holds_no_secret(plain, receiver):
    webhook_id, secret = plain.add(receiver.url)
    plain.hooks.rotate(webhook_id, timedelta(hours=1), plain.root)
    shown = plain.see(webhook_id).model_dump_json()
    assert secret[6:] not in shown
    with plain.house.unit() as unit:
        hook = unit.webhooks.get(webhook_id)
    assert secret not in repr(hook)
    assert isinstance(hook.old_secret, SecretStr)


def test_a_webhook_is_gone_with_all_that_was_kept_of_it(telling, receiver):
    webhook_id, _ = telling.add(receiver.url)
    with telling.house.unit() as unit:
        unit.webhooks.give_up(webhook_id, 1, unit.now, "x")
    telling.hooks.remove(webhook_id, telling.root)
    assert telling.hooks.every(telling.root) == []
    with telling.house.unit() as unit:
        assert unit.webhooks.undelivered(webhook_id, 9) == []
    with pytest.raises(NotFoundError, match="oncourse webhook list"):
        telling.hooks.remove(webhook_id, telling.root)


def test_what_cannot_be_asked_for_is_refused_with_what_now(plain, receiver):
    with pytest.raises(BadInputError, match="no type of entry"):
        plain.add(receiver.url, "plan.moved.v1")
    with pytest.raises(FenceError, match="https only"):
        plain.add("ftp://127.0.0.1/")
    webhook_id, _ = plain.add(receiver.url)
    with pytest.raises(BadInputError, match="0 to 168 hours"):
        plain.hooks.rotate(webhook_id, timedelta(days=8), plain.root)
    for _ in range(49):
        plain.add(receiver.url)
    with pytest.raises(BadInputError, match="at most 50"):
        plain.add(receiver.url)


def test_the_document_names_every_type_of_entry():
    text = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`([a-z]+\.[a-z_]+\.v1)`", text)) == set(DATA)


def test_ids_of_letters_hold_no_full_stop():
    assert letter_id("a.b/c:d", "7") == "a%2Eb%2Fc%3Ad:7"
