"""Events by hand: taken in once, held, released, and one clear line for what is none."""

import json

import pytest

from oncourse.cloud_events import BadEventError, read_events
from tests.house import MONDAY
from tests.oncourse.test_cli import draft, shell

__all__ = ["draft", "shell"]  # fixtures


GOAL = {
    "goal_id": "q2",
    "plan_type": "RENEWAL_DEFENSE",
    "metric": "retained ARR",
    "target_bp": 9000,
    "horizon_on": "2026-06-30",
}


def cloud(**more):
    return {"specversion": "1.0", "id": "m-1", "source": "/mail/inbox", "type": "contact.replied", "subject": "aurora",
            "time": "2026-03-02T09:30:00Z", "data": {"contact_id": "aurora-c1"}} | more  # fmt: skip


def written(tmp_path, value):
    path = tmp_path / "events.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return str(path)


def test_a_reply_holds_its_account_until_its_release(shell, tmp_path):
    contact = shell_contact(shell)
    path = written(tmp_path, cloud(data={"contact_id": contact}))
    assert "1 event taken in." in shell.run("event", "send", path)
    assert "0 events taken in, 1 had arrived before" in shell.run("event", "send", path)
    shell.run("worker", "--once")
    [held] = shell.json("account", "list", "--held")
    assert (held["account_id"], held["holds"][0]["kind"]) == ("aurora", "contact.reply")
    assert "contact.reply" in shell.run("account", "list")
    refused = shell.refuse("account", "release", "aurora", "--reason", "Fine by me.", "--as", "admin", expect=3)
    assert "AUTH-D00-no-permit" in refused
    assert "go on" in shell.run("account", "release", "aurora", "--reason", "Answered.", "--as", "p-otto")
    assert shell.run("account", "list", "--held").strip() == "No account is held."
    shell.run("doctor")


def shell_contact(shell):
    from oncourse.cli.session import current

    with current.house.desk.unit() as unit:
        return next(body["contact_id"] for body in unit.accounts._bodies("contacts", "aurora"))


def test_several_events_come_as_an_array_or_line_by_line(shell, tmp_path):
    fact = cloud(type="fact.recorded", id="f-1", data={"kind": "invoice.payment", "subject_id": "i-1", "value": "PAID"})
    goal = cloud(type="goal.changed", id="g-1", subject=None, data=GOAL)
    posture = cloud(type="posture.changed", id="p-1", data={"posture": "AT_RISK"})
    assert "2 events" in shell.run("event", "send", written(tmp_path, [fact, goal]))
    lines = "\n".join(json.dumps(one) for one in (fact, posture))
    assert "1 event taken in, 1 had" in shell.run("event", "send", written(tmp_path, lines))
    shell.run("worker", "--once")
    assert shell.json("plan", "list", "--account", "aurora")
    shell.run("doctor")


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ("{", 2, "line 1 is no JSON"),
        ("[]", 2, "no event in it"),
        ("[1]", 2, "event 1"),
        (cloud(type="weather.changed"), 2, "type"),
        (cloud(specversion="0.3"), 2, "specversion"),
        (cloud(time="yesterday"), 2, "time"),
        (cloud(datacontenttype="text/xml"), 2, "datacontenttype"),
        (cloud(subject="nowhere"), 5, "no account nowhere"),
        (cloud(data={"contact_id": "stranger"}), 2, "no contact stranger"),
        (cloud(type="outcome.recorded", data={"plan_id": "nope", "step_id": "12345678", "outcome": "X"}), 5, "no plan"),
        ([cloud(), cloud(id="m-2", data=7)], 2, "event 2"),
        ([cloud(type="goal.changed", data=GOAL), cloud(id="m-2", subject="nowhere")], 5, "nowhere"),
    ],
)
def test_what_is_no_event_gives_one_line_and_takes_nothing_in(shell, tmp_path, given, code, says):
    assert says in shell.refuse("event", "send", written(tmp_path, given), expect=code)
    assert shell.run("worker", "--once").startswith("0 ticks")


def test_no_event_speaks_of_a_fact_as_another_source_or_under_anothers_name():
    told = {"kind": "renewal.status", "subject_id": "k1", "value": "CLOSED_WON"}
    event = {"specversion": "1.0", "id": "1", "source": "mailbox", "type": "fact.recorded", "subject": "acme"}
    for more in ({"source": "crm"}, {"fact_id": "f-crm-1"}):
        with pytest.raises(BadEventError, match="than its envelope"):
            read_events(json.dumps(event | {"data": told | more}), MONDAY)
    ours, theirs = (read_events(json.dumps(event | {"source": s, "data": told}), MONDAY)[0] for s in ("mailbox", "crm"))
    assert ours.body["fact_id"] != theirs.body["fact_id"]
    assert (ours.body["source"], theirs.body["source"]) == ("mailbox", "crm")
