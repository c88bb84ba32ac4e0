"""What names a person is erased wherever it stands; every proof stays, and nobody writes to them again."""

import time
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import MetaData, select, text

from gate import Act
from ledger import read_anchors
from oncourse.proving import LedgerLook
from oncourse.simulator import SimulatedExecutor
from orchestrator import BadInputError, NotAllowedError, Records, Subject, receiving
from plan import ERASED, Contact, PlanStatus
from store import Event, EventType, NotFoundError
from store.row_security import show_all
from tests.databases import fresh_url
from tests.house import House, records

CANARY = "Zyxquill"
NAME, MAIL = f"{CANARY} Brandt", f"{CANARY.lower()}@acme.example"
PERSON = Subject(contact_id="acme-c1")
KINDS = ("sqlite", "postgresql")


def known(account_id="acme"):
    """Return an account whose every free text names the person."""
    families = records(account_id, urgent_ticket=True)
    first, *others = families["contacts"]
    assert first.contact_id == f"{account_id}-c1"
    families["contacts"] = (first.model_copy(update={"name": NAME, "email": MAIL}), *others)
    families["signals"] = tuple(s.model_copy(update={"note": f"{NAME} has gone quiet."}) for s in families["signals"])
    families["tickets"] = tuple(t.model_copy(update={"subject": f"From {MAIL}"}) for t in families["tickets"])
    return families


class Named(House):
    """A house whose CRM knows the person."""

    def know(self, account_id="acme", **_more):
        families = known() if account_id == "acme" else records(account_id)
        self.orchestrator.take_records(Records(families=families), self.who("root"))


def lived(url=None):
    """Return a house with a running plan, a closed one, a draft and an inbox that all speak of the person."""
    house = Named(url)
    plan_id = house.active("acme")
    house.run(4)
    house.orchestrator.pause(plan_id, f"{NAME} asked us to wait.", house.who("otto"))
    house.orchestrator.resume(plan_id, f"{CANARY} is back.", house.who("otto"))
    other = house.active("borg")
    house.orchestrator.abort(other, f"Only {NAME} of Acme would have helped.", house.who("otto"))
    house.orchestrator.send_back(house.draft("cato"), f"Ask {MAIL} first.", house.who("otto"))
    house.orchestrator.receive(
        Event(
            source="crm",
            event_id="p-2",
            type=EventType.CONTACT_REPLIED,
            account_id="acme",
            body={"contact_id": "acme-c1", "heard": "replied"},
            received_at=house.clock.now(),
        )
    )
    return house, plan_id


def everything(house):
    """Return every value of every table as one text."""
    metadata = MetaData()
    metadata.reflect(house.sql)
    with house.sql.begin() as connection:
        show_all(connection)
        rows = [row for table in metadata.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(str(tuple(row)) for row in rows).casefold()


def waiting(house):
    """Tell whether somebody waits for what another transaction holds."""
    with house.sql.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_canary_is_nowhere_in_the_database_after_an_erasure_and_every_proof_holds(kind, tmp_path):
    house, plan_id = lived(fresh_url(kind, tmp_path))
    assert everything(house).count(CANARY.casefold()) > 5
    with house.unit() as unit:
        before, bytes_before = unit.prove("principal/root#1"), unit.anchor(house.clock.now())
    told = house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    assert house.store.scrub()
    assert CANARY.casefold() not in everything(house)
    assert (told.people, told.events, told.account_id) == (1, 1, "acme")
    assert told.texts > 5
    house.sql.dispose()
    files = [one.read_bytes() for one in Path(tmp_path).rglob("*") if one.is_file()]
    assert not any(CANARY.encode() in one or CANARY.lower().encode() in one for one in files)
    with house.unit() as unit:
        report = LedgerLook(unit, anchors=read_anchors(bytes_before.line)).report
        assert report.findings == ()
        assert unit.prove("principal/root#1")[1] == before[1]
        assert unit.replay() == []
    assert house.broken() == []
    assert house.plan(plan_id).status is PlanStatus.ABORTED


def test_what_a_provider_says_of_a_person_gets_into_no_entry_and_goes_too():
    class Telling(SimulatedExecutor):
        def execute(self, order):
            return super().execute(order).model_copy(update={"reference": f"queued for {MAIL}"})

    house = Named(executor=Telling())
    house.active("acme")
    house.run(4)
    with house.unit() as unit:
        assert CANARY.casefold() not in str([entry.data for _, entry in unit.every_entry()]).casefold()
    told = house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    assert told.receipts
    assert CANARY.casefold() not in everything(house)


def test_the_open_plans_that_lose_a_text_end_and_say_why():
    house, plan_id = lived()
    told = house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    drafts = [p for p in told.plans if str(p) != plan_id]
    assert str(plan_id) in map(str, told.plans)
    assert len(drafts) == 1
    assert house.plan(drafts[0]).status is PlanStatus.ABORTED
    assert any("because the data of a person in it were erased" in line for line in house.sentences(plan_id))
    house.run(30)
    assert not [order for order in house.executor.applied.values() if order.external]
    with house.unit() as unit:
        [entry] = [entry for _, entry in unit.every_entry() if entry.type == "evidence.erased.v1"]
    assert CANARY not in str(entry.data)
    assert "acme-c1" not in str(entry.data)


def test_others_keep_what_is_theirs():
    house, _ = lived()
    house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    with house.unit() as unit:
        people = {one.contact_id: one for one in unit.accounts.contacts()}
        borg = unit.blobs.contents(unit.erasure.find(_of(unit, "borg-c1")).texts)
    assert people["acme-c1"].name == ERASED
    assert all(one.name != ERASED for name, one in people.items() if name != "acme-c1")
    assert borg


def _of(unit, contact_id):
    from orchestrator.erasing import _sought

    return _sought(unit, Subject(contact_id=contact_id))


def test_a_dry_look_says_the_same_and_writes_nothing():
    house, _ = lived()
    before = everything(house)
    looked = house.orchestrator.governance.erasure(PERSON, house.who("root"))
    assert everything(house) == before
    assert house.orchestrator.governance.erase(PERSON, "req_17", house.who("root")) == looked


def test_erasing_twice_finds_nothing_and_writes_nothing():
    house, _ = lived()
    house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    with house.unit() as unit:
        size = unit.head()
    again = house.orchestrator.governance.erase(PERSON, "req_18", house.who("root"))
    assert (again.people, again.texts, again.plans) == (0, 0, ())
    with house.unit() as unit:
        assert unit.head() == size


def test_whoever_was_erased_is_never_written_to_again_whatever_the_crm_says():
    house, _ = lived()
    house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    house.orchestrator.take_records(Records(families=known()), house.who("root"))
    with house.unit() as unit:
        [one] = [one for one in unit.accounts.contacts() if one.contact_id == "acme-c1"]
    assert (one.name, one.email, one.contactable, one.opted_out) == (ERASED, "", False, True)
    assert isinstance(one, Contact)
    assert CANARY.casefold() not in everything(house)  # nor do the texts of tickets and signals come back


def test_an_erasure_that_comes_during_an_import_waits_for_it_and_misses_nothing(tmp_path, monkeypatch):
    house, _ = lived(fresh_url("postgresql", tmp_path))
    heeded = receiving.heeded
    erasing = Thread(target=house.orchestrator.governance.erase, args=(PERSON, "req_17", house.who("root")))

    def read_and_overtaken(*words):
        read = heeded(*words)
        erasing.start()
        while erasing.is_alive() and not waiting(house):
            time.sleep(0.02)
        return read

    monkeypatch.setattr(receiving, "heeded", read_and_overtaken)
    house.orchestrator.take_records(Records(families={"contacts": known()["contacts"]}), house.who("root"))
    erasing.join(30)
    assert not erasing.is_alive()
    with house.unit() as unit:
        [one] = [one for one in unit.accounts.contacts() if one.contact_id == "acme-c1"]
    assert (one.name, one.email) == (ERASED, "")
    assert CANARY.casefold() not in everything(house)
    assert house.broken() == []


def test_an_account_loses_all_its_people_and_every_text_of_its_plans():
    house, plan_id = lived()
    told = house.orchestrator.governance.erase(Subject(account_id="acme"), "req_19", house.who("root"))
    with house.unit() as unit:
        assert all(one.name == ERASED for one in unit.accounts.contacts() if one.account_id == "acme")
        assert {step.rationale for step in unit.plans.get(plan_id).plan.steps} == {ERASED}
        assert unit.replay() == []
    assert told.people > 1
    assert CANARY.casefold() not in everything(house)
    assert house.broken() == []


@pytest.mark.parametrize(
    "spelling",
    ["Zoé Brændt", "Zoe\u0301 Brændt", "zoé  brændt", "(Zoé)", "Brændt's"],
)
def test_a_name_is_found_however_its_letters_are_put_together(spelling):
    house, plan_id = lived()
    with house.unit() as unit:
        [one] = [one for one in unit.accounts.contacts() if one.contact_id == "acme-c1"]
        unit.accounts.put("contacts", [one.model_copy(update={"name": "Zoé Brændt", "email": "z.b+x@acme.example"})])
    house.orchestrator.pause(plan_id, f"Waits for {spelling}, as they asked.", house.who("otto"))
    told = house.orchestrator.governance.erase(PERSON, "req_17", house.who("root"))
    assert plan_id in map(str, told.plans)
    assert "br\u00e6ndt" not in everything(house)
    assert spelling.casefold() not in everything(house)


def test_what_somebody_was_called_before_goes_where_it_is_named():
    house, _ = lived()
    plan_id = house.active("borg2")
    house.orchestrator.pause(plan_id, "Waits for Odalys Quint, as she was called.", house.who("otto"))
    asked = PERSON.model_copy(update={"also": ("Odalys Quint",)})
    told = house.orchestrator.governance.erase(asked, "req_17", house.who("root"))
    assert plan_id in map(str, told.plans)
    assert "odalys" not in everything(house)
    with pytest.raises(BadInputError, match="too short"):
        house.orchestrator.governance.erase(PERSON.model_copy(update={"also": ("I",)}), "req_17", house.who("root"))
    with pytest.raises(BadInputError, match="leave the brackets out"):
        house.orchestrator.governance.erase(PERSON.model_copy(update={"also": ("[Zed]",)}), "req_17", house.who("root"))


@pytest.mark.parametrize("name", ["otto", "sara", "mara"])
def test_only_a_tenant_admin_erases_and_sees_what_would_go(name):
    house, _ = lived()
    for act in (
        lambda: house.orchestrator.governance.erase(PERSON, "req_17", house.who(name)),
        lambda: house.orchestrator.governance.erasure(PERSON, house.who(name)),
    ):
        with pytest.raises(NotAllowedError, match=Act.KEEP_LEDGER.value):
            act()
    assert CANARY.casefold() in everything(house)


@pytest.mark.parametrize(
    ("subject", "request_", "error", "says"),
    [
        (Subject(), "req_1", BadInputError, "name one of them"),
        (Subject(contact_id="a", account_id="b"), "req_1", BadInputError, "name one of them"),
        (Subject(contact_id="nobody"), "req_1", NotFoundError, "there is no contact nobody"),
        (PERSON, "Ida Stern", BadInputError, "is no code"),
    ],
)
def test_what_names_nobody_is_refused_with_one_line(subject, request_, error, says):
    house, _ = lived()
    with pytest.raises(error, match=says):
        house.orchestrator.governance.erase(subject, request_, house.who("root"))
