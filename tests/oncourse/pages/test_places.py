"""Accounts, the ledger, the policy, the operation and versions, as their readers use them."""

from datetime import timedelta
from importlib import import_module

import yaml
from pydantic import SecretStr

from gate import default_bundle
from orchestrator import PlanEdit, Removal, StepEdit
from plan import FactKind, PlanStatus, Principal, Role
from store import Webhook
from tests.oncourse.pages.conftest import Browser
from tests.oncourse.pages.tenant import populated


def second_admin(door):
    tara = Principal(principal_id="tara", tenant_id="t1", roles=frozenset({Role.TENANT_ADMIN}))
    door.house.orchestrator.add_principal(tara, door.house.who("root"))
    door.keeper.strong |= {"root", "tara"}


def test_an_owner_finds_an_account_and_sees_what_is_known_of_it(door, draft, browser):
    mara = browser("mara")
    page = mara.open("/accounts?find=ACM")
    assert "Acme GmbH" in page.text
    assert "/accounts/acme" in page.links
    page = mara.open("/accounts/acme")
    for told in ("At risk", "Usage drop", "€120k a year", "Ida Stern", "Renewal defense"):
        assert told in page.text
    assert f"/plans/{draft}" in page.links
    assert "None holds these letters." in mara.open("/accounts?find=zzz").text


def test_an_owner_asks_for_a_plan_and_it_waits_in_the_inbox(door, browser):
    door.house.know("bolt")
    mara = browser("mara")
    mara.open("/accounts/bolt")
    page = mara.press("Ask for a plan")
    assert "Asked for." in page.text
    with door.house.unit() as unit:
        assert [event.account_id for event in unit.events.unprocessed()] == ["bolt"]


def test_a_held_account_says_why_and_is_released_with_a_reason(door, draft, browser):
    door.house.fact(kind=FactKind.PAYMENT, value="PAID")
    mara = browser("mara")
    page = mara.open("/accounts/acme")
    assert "Held: nothing is sent until somebody has looked." in page.text
    page = mara.press("Release", status=422, reason="")
    assert "Nothing was done" in page.text
    page = mara.press("Release", reason="They paid the invoice of March.")
    assert "Released" in page.text
    assert "Held: nothing" not in page.text


def test_an_unknown_account_is_a_page_that_says_so(browser):
    assert "nobody" in browser().open("/accounts/nobody", status=404).text


def test_the_ledger_tells_what_happened_and_verifies_itself(door, draft, browser):
    door.house.approve(draft)
    auditor = browser("root")
    page = auditor.open("/ledger?show=decisions")
    assert "approved" in page.text
    assert f"/plans/{draft}" in page.links
    page = auditor.press("Verify the ledger")
    assert "holds" in page.text
    assert "changed behind" not in page.text


def test_a_row_that_was_changed_behind_the_ledger_is_found_on_the_page(door, draft, browser):
    with door.house.sql.begin() as connection:
        connection.exec_driver_sql(f"UPDATE plan SET owner = 'somebody' WHERE plan_id = '{draft}'")  # noqa: S608 - ours
    auditor = browser("root")
    auditor.open("/ledger")
    page = auditor.press("Verify the ledger")
    assert "changed behind the ledger's back" in page.text


def test_a_manager_sees_how_plans_ended_by_reason(door, draft, browser):
    door.house.orchestrator.reject(draft, "They are being sold.", door.house.who("sara"))
    assert "draft rejected" in browser().open("/ledger?show=ends").text


def test_a_kill_switch_is_thrown_on_the_page_and_stops_what_it_names(door, draft, browser):
    root = browser("root")
    root.open("/ops")
    page = root.press("Stop it", status=422, name="all", reason="")
    assert "Nothing was changed" in page.text
    names = door.house.orchestrator.governance.switch_names()
    page = root.press("Stop it", name=names[0], reason="The texts were wrong.")
    assert f"{names[0]} is stopped" in page.text
    assert "The texts were wrong." in page.text
    assert [switch.name for switch in door.house.orchestrator.governance.switches()] == [names[0]]


def test_a_switch_is_released_by_two(door, browser):
    second_admin(door)
    govern = door.house.orchestrator.governance
    name = govern.switch_names()[0]
    govern.throw_switch(name, "The texts were wrong.", door.house.who("root"))
    root, tara = browser("root"), browser("tara")
    root.open("/ops")
    page = root.press("Release", where="release", reason="They are right now.")
    assert f"{name} is stopped" in page.text
    tara.open("/ops")
    page = tara.press("Release", where="release", reason="I looked at them too.")
    assert f"{name} is stopped" not in page.text
    assert govern.switches() == ()


def test_another_policy_is_tried_proposed_and_published_by_two(door, draft, browser):
    second_admin(door)
    raw = default_bundle().model_dump(mode="json") | {"name": "stricter", "max_steps": 5}
    root, tara = browser("root"), browser("tara")
    root.open("/policy")
    page = root.press("What would it change?", bundle=yaml.safe_dump(raw))
    assert "1 decisions judged again, 1 answered otherwise" in page.text
    root.press("Propose it")
    page = root.press("Publish", status=403)
    assert "takes two" in page.text
    tara.open("/policy")
    page = tara.press("Publish")
    assert "In force." in page.text
    assert door.house.orchestrator.governance.policy("current").max_steps == 5


def test_a_policy_that_does_not_fit_is_refused_and_stays_in_the_form(door, browser):
    root = browser("root")
    root.open("/policy")
    page = root.press("What would it change?", status=422, bundle="name: [")
    assert "Nothing was changed" in page.text
    assert page.forms[-1].fields["bundle"] == ["name: ["]


def test_versions_show_what_moved_what_went_and_the_words_that_changed(door, draft, browser):
    steps = door.house.plan(draft).steps
    long = "Because usage fell by forty percent and nobody of theirs has answered since the middle of last month."
    edit = PlanEdit(
        removed=(Removal(step_id=steps[3].step_id, reason="no play before support is fixed"),),
        changed=(StepEdit(step_id=steps[0].step_id, rationale=long),),
    )
    door.house.orchestrator.edit(draft, edit, door.house.who("mara"))
    sara = browser("sara")
    page = sara.open(f"/plans/{draft}/versions")
    assert "no play before support is fixed" in page.text
    assert "<ins>" in sara.answer.text
    assert "<del>" in sara.answer.text
    assert "Nothing changed between these two" in sara.open(f"/plans/{draft}/versions?from=2&to=2").text
    sara.open(f"/plans/{draft}/versions?from=7", status=422)


def test_a_step_in_doubt_is_found_in_ops_and_its_end_is_said(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    door = populated(own)
    otto = Browser(door.of("otto"))
    page = otto.open("/ops")
    link = next(link for link in page.links if link.startswith("/review/") and "step=" in link)
    otto.open(link)
    otto.press("Say so", found="arrived", reason="I found the brief in the folder.")
    plan = door.house.plan(door.house.plan_of("kestrel"))
    assert plan.status is PlanStatus.ACTIVE
    assert plan.steps[0].status == "AUTO_EXECUTED"


def test_only_whoever_sets_the_system_up_sees_where_webhooks_go(door, browser):
    now = door.house.clock.now()
    with door.house.unit() as unit:
        hook = Webhook(
            webhook_id="w-1", url="https://hooks.example/T0/secret-path", types=frozenset(), secret=SecretStr("s"),
            made_by="root", made_at=now, told_pos=unit.head(), trouble="refused by hooks.example/T0", attempts=1,
        )  # fmt: skip
        unit.webhooks.add(hook)
    told = browser("mara").open("/ops").text
    assert "Webhook 1" in told
    assert "hooks.example" not in told
    assert "secret-path" in browser("root").open("/ops").text


def test_a_closed_plan_says_when_it_was_closed_and_how_it_stood_before(door, browser):
    house = door.house
    plan_id = house.active()
    house.run(4)
    before = house.clock.now()
    house.run(2)
    house.orchestrator.abort(plan_id, "They renewed by phone.", house.who("otto"))
    with house.unit() as unit:
        unit.set_virtual_now(house.clock.now())
    closed, ends = (f"{at:%-d %b}" for at in (house.clock.now(), house.plan(plan_id).expires_at))
    sara = browser("sara")
    rows = sara.open("/plans?show=closed").text
    assert f"Aborted {closed}" in rows
    assert ends not in rows
    assert f"closed on {closed}" in sara.open(f"/plans/{plan_id}").text
    then = sara.open(f"/plans/{plan_id}?as_of={before:%Y-%m-%dT%H:%M:%SZ}").text
    assert f"ends {ends}" in then
    assert "closed on" not in then


def test_of_closed_plans_the_last_come_first_and_every_one_comes_once(door, browser, monkeypatch):
    house = door.house
    for number, name in enumerate(("acme", "bolt", "cord")):
        renews_on = (house.clock.now() + timedelta(days=80 + 9 * number)).date()
        house.orchestrator.reject(house.draft(name, renews_on=renews_on), "Not now.", house.who("otto"))
    monkeypatch.setattr(import_module("oncourse.web.pages.plan_list"), "PAGE", 1)
    sara, seen = browser("sara"), []
    page = sara.open("/plans?show=closed")
    while True:
        seen += [name for name in ("Acme", "Bolt", "Cord") if f"{name} " in page.text]
        further = [link for link in page.links if "after=" in link]
        if not further:
            break
        assert "Earlier plans" in page.text
        page = sara.open(further[0])
    assert seen == ["Cord", "Bolt", "Acme"]


def test_a_manager_sees_the_plans_of_one_owner(door, draft, browser):
    sara = browser("sara")
    page = sara.open("/plans?owner=mara")
    assert "Acme GmbH" in page.text
    assert "mara's" in page.text
    assert "Acme GmbH" not in sara.open("/plans?owner=otto").text
