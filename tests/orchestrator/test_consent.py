"""What a person asked for stays: a fact marks the contact, and an import takes back nothing that the person told."""

from datetime import timedelta

import pytest

from orchestrator import BadInputError, Records, Subject
from plan import ERASED, Fact, FactKind
from store import Event, EventType
from tests.databases import fresh_url
from tests.house import House, records

WHO = "acme-c1"


@pytest.fixture
def house():
    made = House()
    made.know("acme")
    return made


def hear(house, what, contact_id=WHO, name="1", at=None):
    body = {"contact_id": contact_id, "heard": what} | ({"at": at.isoformat()} if at else {})
    return send(house, EventType.CONTACT_REPLIED, body, name)


def learn(house, kind, name="1", contact_id=WHO, value=""):
    now = house.clock.now()
    fact = {
        "fact_id": f"f-{name}", "account_id": "acme", "kind": kind, "subject_id": contact_id, "value": value,
        "effective_at": now.isoformat(), "recorded_at": now.isoformat(), "source": "crm",
    }  # fmt: skip
    return send(house, EventType.FACT_RECORDED, fact, name)


def send(house, kind, body, name):
    event = Event(
        source="crm", event_id=f"{kind}-{name}", type=kind, account_id="acme", body=body,
        received_at=house.clock.now(),
    )  # fmt: skip
    house.orchestrator.receive(event)
    house.engine.run_due()


def known(house, contact_id=WHO):
    with house.unit() as unit:
        return unit.accounts.contact("acme", contact_id)


def brought(house, **changed):
    """Let an import bring the account again, with something changed about the contact."""
    families = records("acme")
    first, *others = families["contacts"]
    families["contacts"] = (first.model_copy(update=changed), *others)
    house.orchestrator.take_records(Records(families=families), house.who("root"))


@pytest.mark.parametrize("tell", [lambda h: hear(h, "opted_out"), lambda h: learn(h, "contact.opt_out")])
def test_an_opt_out_marks_the_contact_however_it_is_told(house, tell):
    tell(house)
    assert known(house).opted_out


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_import_takes_back_no_opt_out_that_a_person_told(kind, tmp_path):
    house = House(fresh_url(kind, tmp_path))
    house.know("acme")
    hear(house, "opted_out")
    brought(house)
    assert known(house).opted_out
    assert not known(house, "acme-c2").opted_out


def test_what_only_the_crm_said_the_crm_takes_back(house):
    brought(house, opted_out=True)
    assert known(house).opted_out
    brought(house)
    assert not known(house).opted_out


def test_a_person_takes_an_opt_out_back_and_somebody_looks_first(house):
    hear(house, "opted_out")
    house.run(1)
    hear(house, "opted_in", name="2")
    assert not known(house).opted_out
    brought(house)
    assert not known(house).opted_out
    with house.unit() as unit:
        assert [hold.kind for hold in unit.accounts.state("acme").holds] == ["contact.opt_out", "contact.opt_in"]


def test_an_older_opt_in_that_comes_in_late_takes_nothing_back(house):
    before = house.clock.now() - timedelta(days=3)
    hear(house, "opted_out")
    hear(house, "opted_in", name="2", at=before)
    assert known(house).opted_out


def test_a_bounce_stays_until_the_address_is_another_one(house):
    hear(house, "bounced")
    brought(house)
    assert not known(house).contactable
    brought(house, email="new@acme.example")
    assert known(house).contactable


def test_an_import_with_the_fact_marks_the_contact_that_comes_with_it(house):
    now = house.clock.now()
    fact = Fact(
        fact_id="f-9", account_id="acme", kind=FactKind.OPT_OUT, subject_id=WHO, value="opted_out",
        effective_at=now, recorded_at=now, source="crm",
    )  # fmt: skip
    house.orchestrator.take_records(Records(families=records("acme"), facts=(fact,)), house.who("root"))
    assert known(house).opted_out


def test_nobody_who_was_erased_is_brought_back_by_an_opt_in(house):
    house.orchestrator.governance.erase(Subject(contact_id=WHO), "req_1", house.who("root"))
    hear(house, "opted_in")
    assert (known(house).name, known(house).opted_out) == (ERASED, True)


def test_a_fact_about_a_person_whom_nobody_knows_is_refused_at_the_door(house):
    with pytest.raises(BadInputError, match=r"account acme has no contact acme-c77; import it first"):
        learn(house, "contact.opt_out", contact_id="acme-c77")


@pytest.mark.parametrize("value", ["x" * 81, "She said yes", "ida@acme.example"])
def test_no_sentence_and_no_address_gets_into_the_ledger_as_the_value_of_a_fact(house, value):
    with pytest.raises(BadInputError, match=r"fact\.recorded.*value"):
        learn(house, "invoice.payment", contact_id="i-1", value=value)


def test_a_status_that_no_renewal_has_is_refused_with_those_that_there_are(house):
    with pytest.raises(BadInputError, match="'Closed_Won' is no status of a renewal; write one of OPEN, VERBAL"):
        learn(house, "renewal.status", contact_id="acme-k1", value="Closed_Won")
