"""What people are told, by which channel, how often, and that it never approves anything."""

import json
import re
from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from oncourse.config import Notify, read_settings
from oncourse.courier import AppriseMessenger, Courier, Deliveries, Notices
from oncourse.courier.messages import Message
from oncourse.courier.notices import AGAIN
from orchestrator import PlanEdit, Removal
from plan import StepStatus
from tests.databases import fresh_url
from tests.house import House
from tests.oncourse.receivers import receiving

URL = "https://oncourse.test"


class Pigeons:
    """A messenger that keeps what it was given; channels named in `broken` take nothing."""

    def __init__(self):
        self.told, self.broken, self.tried = [], set(), []

    def send(self, channel, message):
        name = channel.get_secret_value()
        self.tried.append(name)
        if name in self.broken:
            return False
        self.told.append((name, message))
        return True

    def take(self):
        told, self.told = self.told, []
        return told

    def names(self):
        return [name for name, _ in self.take()]


class Office:
    """A house whose people are told by pigeons."""

    def __init__(self, url, public_url=URL, **settings):
        self.house, self.public_url = House(url), public_url
        self.pigeons = Pigeons()
        people = {"otto": ["otto-1"], "sara": ["sara-1"], "mara": ["mara-1"], "root": ["root-1"]}
        given = {"people": people, "escalate_to": ("sara", "sara"), **settings}
        self.settings = Notify.model_validate(given)

    def notices(self, messenger=None):
        return Notices(
            self.house.store,
            "t1",
            connector=self.house.executor.name,
            messenger=messenger or self.pigeons,
            clock=self.house.clock,
            settings=self.settings,
            public_url=self.public_url,
        )

    def tell(self, later=timedelta()):
        self.house.clock.set(self.house.clock.now() + later)
        return self.notices().tell(self.house.clock.now())

    def close(self):
        self.house.sql.dispose()


@pytest.fixture
def office(tmp_path):
    made = Office(fresh_url("sqlite", tmp_path), digest_at="23:59")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def morning(request, tmp_path):
    """An office that gets its digest at eight; the house's clock stands at eight in Berlin."""
    made = Office(fresh_url(request.param, tmp_path))
    yield made
    made.close()


def test_who_could_decide_a_draft_is_told_once_with_a_link_to_it(office):
    assert office.tell() == 0
    plan_id = office.house.draft()
    assert office.tell() == 2
    told = office.pigeons.take()
    assert [name for name, _ in told] == ["otto-1", "sara-1"]  # mara owns it and may not approve this risk
    message = told[0][1]
    assert message.title == "oncourse: a draft waits for your review"
    assert f"{URL}/review/{plan_id}" in message.body
    assert "cannot approve anything" in message.body
    assert office.tell(timedelta(minutes=5)) == 0


def test_a_message_names_no_customer_and_quotes_nobody(office):
    office.house.draft()
    office.tell()
    for _, message in office.pigeons.take():
        whole = message.title + message.body
        for word in ("acme", "Acme", "GmbH", "Ida", "Stern", "Mara", "Tenant One"):
            assert word not in whole


def test_a_text_that_waits_for_approval_is_told_when_it_is_rendered(office):
    plan_id = office.house.active()
    office.tell()
    office.pigeons.take()
    for _ in range(12):
        office.house.run(1)
        with office.house.unit() as unit:
            unit.set_virtual_now(None)
        if StepStatus.PENDING_APPROVAL in {s.status for s in office.house.plan(plan_id).steps}:
            break
    assert office.tell() > 0
    told = [message for _, message in office.pigeons.take() if "text" in message.title]
    assert told
    assert re.search(r"\([A-Z_]+, risk [A-Z]+\)", told[0].body)


def test_what_was_sent_back_and_edited_is_told_anew(office):
    plan_id = office.house.draft()
    office.tell()
    office.pigeons.take()
    office.house.orchestrator.send_back(plan_id, "Shorter, please.", office.house.who("otto"))
    assert office.tell() == 0  # it waits for an edit, which the next digest says
    step_id = office.house.step(plan_id, "NOTIFY_ACCOUNT_TEAM").step_id
    edit = PlanEdit(removed=(Removal(step_id=step_id, reason="Not needed."),), answers=("One step less.",))
    office.house.orchestrator.edit(plan_id, edit, office.house.who("mara"))
    assert office.tell() == 2
    assert office.pigeons.names() == ["otto-1", "sara-1"]


def test_somebody_who_did_not_answer_is_escalated_once(office):
    office.house.draft()
    office.tell()
    office.pigeons.take()
    assert office.tell(timedelta(hours=23, minutes=59)) <= 3  # a digest came in between
    assert not [m for _, m in office.pigeons.take() if "nobody" in m.title]
    office.tell(timedelta(minutes=1))
    late = [(name, m) for name, m in office.pigeons.take() if "nobody" in m.title]
    assert [name for name, _ in late] == ["sara-1"]
    assert "Nobody has answered since 2026-03-02 08:00." in late[0][1].body
    office.house.draft("beta")
    office.tell()
    assert [m.title for _, m in office.pigeons.take()] == ["oncourse: a draft waits for your review"] * 2
    office.tell(timedelta(hours=23))
    assert not [m for _, m in office.pigeons.take() if "nobody" in m.title]


def test_what_was_answered_in_time_is_not_escalated(office):
    plan_id = office.house.draft()
    office.tell()
    office.house.approve(plan_id)
    office.house.engine.run_due()
    office.pigeons.take()
    office.tell(timedelta(hours=30))
    assert not [m for _, m in office.pigeons.take() if "nobody" in m.title and "A draft" in m.body]


def test_each_morning_everybody_gets_one_list_of_what_waits_for_them_the_oldest_first(morning):
    assert morning.tell() == 0  # nothing waits, so nobody is told; and the digest of today is done
    first = morning.house.draft("acme")
    morning.tell()
    second = morning.house.draft("beta")
    morning.tell(timedelta(hours=1))
    morning.pigeons.take()
    assert morning.tell(timedelta(hours=22, minutes=59)) <= 1
    morning.pigeons.take()
    morning.tell(timedelta(minutes=1))
    told = [(name, m) for name, m in morning.pigeons.take() if "things wait" in m.title]
    assert [name for name, _ in told] == ["otto-1", "sara-1"]
    message = told[0][1]
    assert message.title == "oncourse: 2 things wait for you"
    assert message.body.index(first) < message.body.index(second)
    assert "since 2026-03-02 08:00" in message.body
    morning.tell(timedelta(hours=3))
    assert not [m for _, m in morning.pigeons.take() if "things wait" in m.title]


def test_the_day_begins_by_the_clock_on_the_tenants_wall(tmp_path):
    office = Office(fresh_url("sqlite", tmp_path), digest_at="08:30")
    office.house.draft()
    office.tell()
    office.pigeons.take()
    assert office.tell(timedelta(minutes=29)) == 0
    assert office.tell(timedelta(minutes=1)) == 2
    office.close()


def troubled(office):
    with office.house.unit() as unit:
        return [(one.principal_id, one.given_up) for one in unit.notices.troubled(unit.now - timedelta(hours=1), 50)]


def test_a_channel_that_fails_is_tried_again_a_few_times_and_its_url_is_not_logged(office, caplog):
    office.pigeons.broken = {"otto-1"}
    office.house.draft()
    assert office.tell() == 1
    assert troubled(office) == [("otto", False)]
    for wait in AGAIN:
        assert office.tell(wait - timedelta(seconds=1)) == 0
        office.tell(timedelta(seconds=1))
    assert office.pigeons.tried.count("otto-1") == 1 + len(AGAIN)
    office.tell(timedelta(hours=2))
    assert office.pigeons.tried.count("otto-1") == 1 + len(AGAIN)
    assert troubled(office) == [("otto", True)]
    assert "a message to otto was not taken by their channel 1; the message is given up" in caplog.text
    assert "otto-1" not in caplog.text


def test_a_channel_that_fails_does_not_make_another_ring_twice(tmp_path):
    office = Office(fresh_url("sqlite", tmp_path), digest_at="23:59", people={"otto": ["a", "b"]})
    office.pigeons.broken = {"a"}
    office.house.draft()
    office.tell()
    office.pigeons.broken = set()
    office.tell(AGAIN[0])
    assert office.pigeons.names() == ["b", "a"]
    office.close()


def test_a_message_that_waits_to_be_tried_again_is_dropped_when_its_thing_was_answered(office):
    office.pigeons.broken = {"otto-1"}
    plan_id = office.house.draft()
    office.tell()
    office.house.approve(plan_id)
    office.pigeons.broken = set()
    office.tell(AGAIN[0])
    assert not [m for name, m in office.pigeons.take() if name == "otto-1" and "draft" in m.title]


def test_two_couriers_tell_nobody_twice(morning):
    morning.house.draft()
    now = morning.house.clock.now()
    one, other = morning.notices(), morning.notices()

    class First(Pigeons):
        def send(self, channel, message):
            if not self.tried:
                self.tried.append("other goes round now")
                other.tell(now)
            return super().send(channel, message)

    first = First()
    one._messenger = first
    one.tell(now)
    told = first.names() + morning.pigeons.names()
    assert sorted(told) == ["otto-1", "otto-1", "sara-1", "sara-1"]  # the draft, and the digest of the morning


def test_a_courier_that_dies_while_it_sends_never_tells_twice(office):
    office.house.draft()

    class Dies:
        def send(self, _channel, _message):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.notices(Dies()).tell(office.house.clock.now())
    assert office.tell() == 1
    assert office.pigeons.names() == ["sara-1"]


def test_who_may_act_no_more_is_told_no_more(office):
    office.house.orchestrator.governance.deactivate("sara", "Left the company.", office.house.who("root"))
    office.house.draft()
    office.tell()
    assert office.pigeons.names() == ["otto-1"]
    office.tell(timedelta(hours=25))
    assert "sara-1" not in office.pigeons.names()


def test_nobody_is_told_where_no_channels_are_set_or_time_is_made_up(tmp_path):
    office = Office(fresh_url("sqlite", tmp_path), people={})
    office.house.draft()
    assert office.tell() == 0
    office.settings = Notify.model_validate({"people": {"otto": ["otto-1"]}})
    with office.house.unit() as unit:
        unit.set_virtual_now(unit.now)
    assert office.tell() == 0
    office.close()


def test_without_a_public_url_a_message_names_the_command(tmp_path):
    office = Office(fresh_url("sqlite", tmp_path), digest_at="23:59", public_url="")
    office.house.draft()
    office.tell()
    assert "Look at it with: oncourse review" in office.pigeons.take()[0][1].body
    office.close()


def test_the_courier_looks_for_people_once_a_minute_and_a_fault_there_stops_nothing(office, caplog):
    class Broken:
        calls = 0

        def tell(self, _now):
            self.calls += 1
            raise RuntimeError("no")

    broken, clock = Broken(), office.house.clock
    courier = Courier(
        office.house.store, clock, Deliveries(office.house.store, None, clock), [broken, office.notices()]
    )
    office.house.draft()
    assert courier.round(clock.now()) == 2
    clock.set(clock.now() + timedelta(seconds=59))
    assert courier.round(clock.now()) == 0
    assert broken.calls == 1
    assert "telling people failed" in caplog.text


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_the_real_messenger_reaches_a_real_receiver_and_says_nothing_of_where_it_is(caplog):
    message = Message(title="oncourse: a draft waits", body="One *line*\nand another.")
    with receiving() as here:
        channel = SecretStr(f"json://127.0.0.1:{here.port}/hush-hush/")
        assert AppriseMessenger().send(channel, message)
        told = json.loads(here.letters[0][1])
        assert (told["title"], told["message"]) == (message.title, message.body)
        here.status = 500
        assert not AppriseMessenger().send(channel, message)
    assert not AppriseMessenger().send(channel, message)
    assert not AppriseMessenger().send(SecretStr("nonsense://hush-hush"), message)
    assert "hush-hush" not in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_the_settings_are_read_from_the_file_and_keep_their_urls_to_themselves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    documented = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text(encoding="utf-8")
    (tmp_path / "oncourse.toml").write_text(re.search(r"```toml\n(.*?)```", documented, re.DOTALL).group(1))
    assert set(read_settings().notify.people) == {"p-otto", "p-sara"}
    (tmp_path / "oncourse.toml").write_text(
        'webhook_ports = [443, 8443]\n[notify]\npeople = {"p-otto" = ["mailto://u:hush-hush@x.test"]}\n'
        'digest_at = "07:15"\nescalate_after_hours = 8\nescalate_to = ["p-sara"]\n'
    )
    found = read_settings()
    assert (found.notify.digest_at, found.notify.escalate_to, found.webhook_ports) == (
        time(7, 15),
        ("p-sara",),
        {443, 8443},
    )
    assert "hush-hush" not in repr(found)
    assert found.notify.people["p-otto"][0].get_secret_value().startswith("mailto://")
