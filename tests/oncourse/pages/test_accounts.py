"""An account's page says what became of what was asked for, why there was no plan, and when it renews."""

from datetime import timedelta

from plan import Posture


def test_an_account_is_found_by_its_name_and_id_and_not_by_what_else_is_kept_of_it(door, draft, browser):
    mara = browser("mara")
    assert "/accounts/acme" in mara.open("/accounts?find=gmbh").links
    for other in ("account_id", "segment", "mara"):
        assert "None holds these letters." in mara.open(f"/accounts?find={other}").text


def test_the_list_says_when_each_renews_next(door, draft, browser):
    today = door.house.clock.now().date()
    with door.house.unit() as unit:
        (one,) = unit.accounts.situation("acme", unit.tenant(), unit.now, ()).contracts
        for number, days in enumerate((-20, 9, 400)):
            ahead = {"contract_id": f"acme-r{number}", "renews_on": today + timedelta(days=days)}
            unit.accounts.put("contracts", [one.model_copy(update=ahead)])
    page = browser("mara").open("/accounts")
    assert str(today + timedelta(days=9)) in page.text
    for days in (-20, 400):
        assert str(today + timedelta(days=days)) not in page.text


def test_what_was_asked_for_waits_and_then_leads_to_its_draft(door, browser):
    door.house.know("bolt")
    door.house.posture("bolt", Posture.SECURE)
    mara = browser("mara")
    mara.open("/accounts/bolt")
    page = mara.press("Ask for a plan")
    assert "Waits for a drafter by mara" in page.text
    with door.house.unit() as unit:
        unit.accounts.put_posture("bolt", unit.accounts.situation("bolt", unit.tenant(), unit.now, ()).posture)
    door.house.engine.run_due()
    page = mara.open("/accounts/bolt")
    assert "Waits for a drafter" not in page.text
    assert "No plan: " in page.text
    assert "found that no plan is right" in page.text


def test_a_draft_that_was_asked_for_is_a_link(door, browser):
    door.house.know("bolt")
    mara = browser("mara")
    mara.open("/accounts/bolt")
    mara.press("Ask for a plan")
    door.house.engine.run_due()
    page = mara.open("/accounts/bolt")
    assert "A draft was made" in page.text
    assert page.links.count(f"/plans/{door.house.plan_of('bolt')}") == 2


def test_a_form_that_is_sent_twice_asks_once(door, browser):
    door.house.know("bolt")
    mara = browser("mara")
    mara.open("/accounts/bolt")
    form = next(form for form in mara.page.forms if form.action.endswith("/wish"))
    for _ in range(2):
        mara.client.post(form.action, data=form.fields)
    with door.house.unit() as unit:
        assert len(unit.events.wishes("bolt", 9)) == 1


def test_the_account_leads_to_all_that_happened_to_it(door, draft, browser):
    mara = browser("mara")
    assert "/ledger?account=acme" in mara.open("/accounts/acme").links
