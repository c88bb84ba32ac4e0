"""The ledger's page is narrowed to what a reader asks, keeps it from page to page, and gives all of it away as lines."""

import json
import re
from importlib import import_module

import pytest

ledger_page = import_module("oncourse.web.pages.ledger_page")  # its package calls the router by this name


@pytest.fixture
def told(door, draft):
    """Two plans, one of them approved."""
    door.house.draft("bolt")
    door.house.approve(draft)
    return draft


def positions(browser, address):
    browser.open(address)
    return [int(told) for told in re.findall(r"<li><code>(\d+)</code>", browser.answer.text)]


def exported(browser, query):
    answer = browser.client.get(f"/ledger/export?{query}")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_reader_asks_for_one_account_one_plan_one_person_or_some_days(told, browser, door):
    root, today = browser("root"), f"{door.house.clock.now():%Y-%m-%d}"
    everything = len(positions(root, "/ledger"))
    assert 0 < len(positions(root, "/ledger?account=acme")) < everything
    assert 0 < len(positions(root, f"/ledger?plan={told[:8]}")) < len(positions(root, "/ledger?account=acme"))
    assert "approved revision 1" in root.open("/ledger?actor=otto").text
    assert len(positions(root, "/ledger?actor=otto")) == 1
    assert len(positions(root, f"/ledger?since={today}&until={today}")) == everything
    assert "Nothing of this kind." in root.open("/ledger?since=2040-01-01").text
    assert "Nothing of this kind." in root.open("/ledger?until=1999-12-31").text


def test_a_tab_and_the_next_page_keep_the_filters(told, browser, monkeypatch):
    monkeypatch.setattr(ledger_page, "PAGE", 2)
    root = browser("root")
    page = root.open("/ledger?account=acme&since=2026-01-01")
    assert "/ledger?show=decisions&account=acme&since=2026-01-01" in page.links
    seen, more = [], "/ledger?account=acme&since=2026-01-01"
    while more:
        assert more.startswith("/ledger?account=acme&since=2026-01-01")
        seen += positions(root, more)
        more = next((link for link in root.page.links if "before=" in link), None)
    monkeypatch.undo()
    assert seen == positions(root, "/ledger?account=acme&since=2026-01-01")
    assert len(seen) > 4


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        ("since=yesterday", 422, "'yesterday' is no day"),
        ("until=9999-12-31", 422, "'9999-12-31' is no day"),
        ("plan=ffffffff", 404, "no plan whose id starts with"),
    ],
)
def test_what_cannot_be_looked_for_is_said_and_stays_in_the_form(told, browser, query, status, why):
    root = browser("root")
    page = root.open(f"/ledger?account=acme&{query}", status=status)
    assert why in page.text
    name, _, value = query.partition("=")
    form = next(form for form in page.forms if form.action == "/ledger")
    assert form.fields[name] == [value]
    assert form.fields["account"] == ["acme"]
    root.open(f"/ledger/export?{query}", status=status)


def test_an_export_holds_every_entry_that_was_asked_for_and_no_other(told, browser, door, monkeypatch):
    monkeypatch.setattr(ledger_page, "EXPORTED", 3)
    root = browser("root")
    with door.house.unit() as unit:
        head = unit.head()
    assert [line["position"] for line in exported(root, "")] == list(range(head, 0, -1))
    mine = exported(root, f"plan={told}&actor=otto")
    assert {line["entry"]["stream"] for line in mine} == {f"plan/{told}"}
    assert {line["entry"]["actor"]["id"] for line in mine} == {"otto"}
    assert "approved revision 1" in mine[0]["sentence"]
    assert "ledger.jsonl" in root.client.get("/ledger/export").headers["content-disposition"]


def test_nobody_exports_what_they_may_not_read(told, door):
    answer = door.of().get("/ledger/export", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_an_entry_of_an_account_leads_to_the_account(told, browser):
    assert "/accounts/acme" in browser("root").open("/ledger?account=acme").links
