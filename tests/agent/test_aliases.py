"""The model sees short names; ids stay with us."""

import pytest

from agent.aliases import SIZES, Aliases
from plan import Contact
from tests.agent.samples import known, signal


def test_every_name_leads_back_to_its_id():
    names = Aliases(known())
    for kind, ref in [
        ("contact", "person-zoe"),
        ("person", "u-1"),
        ("signal", "sig-1"),
        ("ticket", "t-77"),
        ("invoice", "inv-5"),
        ("opportunity", "opp-9"),
        ("contract", "k-1"),
    ]:
        assert names.meaning(names.name(kind, ref), kind) == ref


def test_a_name_of_another_kind_is_refused_with_both_kinds():
    names = Aliases(known())
    with pytest.raises(ValueError, match="is a signal; a ticket is asked for"):
        names.meaning(names.name("signal", "sig-1"), "ticket")


def test_a_name_that_the_schema_offers_but_nothing_bears_is_refused():
    with pytest.raises(ValueError, match="C8 names nothing"):
        Aliases(known()).meaning("C8", "contact")


@pytest.mark.parametrize("count", [0, 1, 8, 9, 40, 64, 65, 300])
def test_sizes_grow_in_few_steps(count):
    size = Aliases(known(signals=tuple(signal(n) for n in range(count)))).sizes.evidence
    assert size in SIZES
    assert size >= min(count, SIZES[-1])


def test_the_order_in_which_records_arrive_changes_no_name():
    here, there = known(), known()
    there = there.model_copy(update={"signals": here.signals[::-1], "contacts": here.contacts[::-1]})
    assert Aliases(here).name("signal", "sig-2") == Aliases(there).name("signal", "sig-2")
    assert Aliases(here).name("contact", "person-ben") == Aliases(there).name("contact", "person-ben")


def test_findings_lose_their_ids_and_rationales_get_them_back():
    names = Aliases(known())
    told = names.hide("contact person-zoe has opted out; cite sig-1, not sig-12 or acme-sig-1")
    assert told == "contact C2 has opted out; cite E1, not sig-12 or acme-sig-1"
    assert names.reveal("C2 reacts to E1, not to E55 or COVID19") == "person-zoe reacts to sig-1, not to E55 or COVID19"


def test_an_account_without_people_or_records_still_has_names():
    names = Aliases(known(contacts=(), owners=(), signals=(), tickets=(), invoices=(), opportunities=(), contracts=()))
    assert names.hide("nothing here") == "nothing here"
    assert names.sizes == (8, 8, 8)


def test_people_who_cannot_be_reached_come_last():
    gone = Contact(contact_id="a-first", account_id="acme", name="Gone", left_company=True)
    names = Aliases(known(contacts=(gone, *known().contacts)))
    assert names.name("contact", "a-first") == "C3"
