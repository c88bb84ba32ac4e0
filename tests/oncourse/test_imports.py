"""Imports: all of it or nothing, with one clear line for what is wrong."""

import shutil

import pytest

from oncourse.imports import BadImportError, candidates, read_flat, read_ravenstack
from oncourse.imports.cells import BadCellError, minor
from oncourse.imports.ravenstack import next_anniversary
from plan import Posture, derive_posture, digest
from tests.house import MONDAY, House
from tests.oncourse.folders import demo_folder
from tests.real_data import real_data


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(demo_folder(), tmp_path / "data")


def refused(folder):
    with pytest.raises(BadImportError) as told:
        read_flat(folder)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_the_demo_company_imports_clean_with_the_postures_of_its_stories():
    batch = read_flat(demo_folder())
    assert batch.unmapped == ()
    found = {
        account.account_id: derive_posture(
            tuple(s for s in batch.signals if s.account_id == account.account_id),
            tuple(c for c in batch.contracts if c.account_id == account.account_id),
            MONDAY,
            batch.tenant.calendar,
        ).posture
        for account in batch.accounts
    }
    special = {"galway": Posture.CRITICAL, "lomond": Posture.CRITICAL, "kestrel": Posture.SECURE}
    assert found == dict.fromkeys(found, Posture.AT_RISK) | special


def test_money_becomes_minor_units_exactly():
    hadley = next(c for c in read_flat(demo_folder()).contracts if c.contract_id == "hadley-plant")
    assert hadley.arr_minor == 3_850_050


@pytest.mark.parametrize(
    ("amount", "currency", "is_minor"),
    [("1", "EUR", 100), ("1", "JPY", 1), ("0.001", "KWD", 1), ("1e2", "EUR", 10_000)],
)
def test_each_currency_has_its_own_digits(amount, currency, is_minor):
    assert minor(amount, currency) == is_minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "EUR"),
        ("0.5", "JPY"),
        ("-1", "EUR"),
        ("NaN", "EUR"),
        ("x", "EUR"),
        ("1_000", "EUR"),
        ("1E+999999999", "EUR"),
        ("1E-999999999", "EUR"),
        ("12." + "0" * 40 + "1", "EUR"),
    ],
)
def test_an_amount_that_is_not_exact_is_refused(amount, currency):
    with pytest.raises(BadCellError):
        minor(amount, currency)


def test_unknown_files_and_columns_are_named_and_not_an_error(folder):
    for name in ("weather.csv", "Tickets.CSV", "notes.xlsx", ".hidden"):
        (folder / name).write_text("a\n1\n")
    accounts = folder / "accounts.csv"
    accounts.write_text(
        accounts.read_text()
        .replace("account_id,name", "account_id,Name,mood", 1)
        .replace(",Aurora Foods", ",Aurora Foods,fine")
    )
    lines = accounts.read_text().split("\n")
    accounts.write_text("\n".join([lines[0], lines[1]]) + "\n")
    for other in folder.glob("*.csv"):
        if other.name not in {"accounts.csv", "owners.csv", "tenant.csv", "weather.csv", "goals.csv"}:
            other.unlink()
    assert read_flat(folder).unmapped == (
        "Tickets.CSV: no such file is known here",
        "notes.xlsx: no such file is known here",
        "weather.csv: no such file is known here",
        "accounts.csv: column 'mood' has no place here",
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("contracts.csv", "120000.00", "lots", "contracts.csv line 2, column arr: 'lots' is no amount"),
        ("contracts.csv", "2026-06-30", "30.06.2026", "contracts.csv line 2, column renews_on: '30.06.2026' is no day"),
        ("contracts.csv", "aurora-2025,aurora,", "aurora-2025,nobody,", "account_id nobody is not in accounts.csv"),
        ("contracts.csv", "contract_id,account_id,arr", "contract_id,account_id,money", "column arr is missing"),
        ("contracts.csv", "calder-2025", "aurora-2025", "contract_id aurora-2025 stands twice"),
        ("contacts.csv", "CHAMPION", "WIZARD", "contacts.csv line 2, column role"),
        ("contacts.csv", "Ida Stern", "", "column name: it is empty"),
        ("tickets.csv", "2026-02-19T08:10:00+01:00", "2026-02-19T08:10:00", "has no time zone"),
        ("tickets.csv", ",HIGH,yes,", ",HIGH,perhaps,", "is neither true nor false"),
        ("signals.csv", "-4100", "-41.5", "is no whole number"),
        ("tenant.csv", "Europe/Berlin", "Middle/Earth", "no IANA time zone"),
        ("owners.csv", "p-mara,Mara Lind", "p-mara,Mara,Lind", "cells where"),
        ("owners.csv", "Mara Lind", '"Mara Lind', "owners.csv line"),
        ("owners.csv", "owner_id,name", "owner_id,owner_id", "stands twice"),
        ("owners.csv", "owner_id,name,email,active", "owner_id;name;email;active", "separated by semicolons"),
        ("contracts.csv", "2025-07-01,2026-06-30", "2026-07-01,2026-06-30", "not after its start"),
        ("contracts.csv", "120000.00", "٣٤", "is no amount"),
        ("contracts.csv", "120000.00", "1E+999999999", "is too large"),
        ("owners.csv", "owner_id,name,email,active", "owner_id\tname\temail\tactive", "separated by tabs"),
        ("signals.csv", "-4100", "٣٤", "is no whole number"),
        ("signals.csv", "-4100", "9" * 5000, "column value: '" + "9" * 40 + "...' is no whole number"),
        ("signals.csv", "-4100", "9" * 20, "is too large"),
        ("signals.csv", "2026-02-25T06:00:00Z", "0001-01-01T00:00:00+14:00", "column observed_at: '0001-01-01"),
        ("signals.csv", "2026-02-25T06:00:00Z", "9999-12-31T23:00:00-14:00", "lies outside the years 1900 to 8999"),
        ("tenant.csv", "2026-04-03", "soon", "column holidays: 'soon' is no day"),
        ("tenant.csv", "lindqvist,", "one,One,UTC,,en\nlindqvist,", "tenant.csv line 3: there is one tenant"),
        ("history.csv", "aurora-1,,,yes", "aurora-1,BUY_FLOWERS,,yes", "'BUY_FLOWERS' is no action of the catalogue"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_column(folder, file, old, new, says):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert says in refused(folder)


def test_a_file_in_another_encoding_is_named(folder):
    (folder / "owners.csv").write_bytes("owner_id,name\np-x,Jürgen\n".encode("latin-1"))
    assert refused(folder) == "owners.csv line 2 is not UTF-8 (byte 0xfc); save the file as UTF-8"


def test_a_long_file_says_on_which_line_it_leaves_utf8(folder):
    (folder / "owners.csv").write_bytes(
        b"owner_id,name\n" + b"".join(b"p-%d,x\n" % n for n in range(5000)) + b"p-x,\xfc"
    )
    assert "owners.csv line 5002 is not UTF-8" in refused(folder)


def test_a_file_that_cannot_be_read_blames_no_other(folder):
    (folder / "accounts.csv").write_bytes(b"account_id;name\nx;y\n")
    with pytest.raises(BadImportError) as told:
        read_flat(folder)
    assert told.value.problems == ("accounts.csv line 1: cells are separated by semicolons; separate them by commas",)


def test_a_byte_order_mark_is_no_mistake(folder):
    path = folder / "owners.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_flat(folder).owners) == 4


@pytest.mark.parametrize("content", [b"", b"owner_id,name\np-x,a\x00b\n"])
def test_an_empty_file_and_a_nul_byte_are_named(folder, content):
    (folder / "owners.csv").write_bytes(content)
    assert "owners.csv" in refused(folder)


def test_at_most_ten_mistakes_are_collected(folder):
    path = folder / "contracts.csv"
    path.write_text(path.read_text().replace(".00,", ".001,"))
    with pytest.raises(BadImportError, match=r"\(and 9 more\)") as told:
        read_flat(folder)
    assert len(told.value.problems) == 10


def test_a_refused_import_changes_nothing(folder):
    house = House()
    with house.unit() as unit:
        before = unit.accounts.every()
    path = folder / "contacts.csv"
    path.write_text(path.read_text().replace("CHAMPION", "WIZARD"))
    refused(folder)
    with house.unit() as unit:
        assert unit.accounts.every() == before == []


def test_a_folder_that_is_none_and_one_that_holds_nothing(tmp_path):
    assert "is no folder" in refused(tmp_path / "missing")
    assert "holds none of" in refused(tmp_path)


def test_an_anniversary_of_a_leap_day():
    from datetime import date

    assert next_anniversary(date(2024, 2, 29), date(2024, 12, 31)) == date(2025, 2, 28)
    assert next_anniversary(date(2024, 2, 29), date(2027, 12, 31)) == date(2028, 2, 29)
    assert next_anniversary(date(2023, 12, 31), date(2024, 12, 31)) == date(2025, 12, 31)


def test_the_ravenstack_export_gives_the_documented_funnel():
    batch = read_ravenstack(real_data("ravenstack"))
    found = candidates(batch)
    assert (found.dated, len(found.defend), len(found.too_late)) == (489, 26, 4)
    assert batch.rows == 33_100
    assert "feature_usage: 19432 rows" in batch.unmapped[0]


def test_the_ravenstack_mapping_is_the_same_at_every_run():
    folder = real_data("ravenstack")
    assert digest(read_ravenstack(folder)) == digest(read_ravenstack(folder))


def test_the_ravenstack_export_can_be_read_as_of_another_day():
    from datetime import date

    folder, day = real_data("ravenstack"), date(2024, 9, 30)
    batch = read_ravenstack(folder, day)
    assert all(s.observed_at.date() <= day for s in batch.signals)
    assert all(c.renews_on > day for c in batch.contracts)
    assert candidates(batch, day).defend


def test_a_folder_without_the_export_is_named(tmp_path):
    with pytest.raises(BadImportError, match=r"ravenstack_accounts\.csv cannot be read"):
        read_ravenstack(tmp_path)


@pytest.fixture
def export(tmp_path):
    """A small export of the same shape: one account, one of everything."""
    files = {
        "accounts": ("account_id,account_name,industry,plan_tier,signup_date", "A-1,Company 1,DevTools,Pro,2023-01-05"),
        "subscriptions": (
            "subscription_id,account_id,start_date,end_date,arr_amount,is_trial,billing_frequency",
            "S-1,A-1,2024-03-01,,9996,False,annual",
        ),
        "feature_usage": ("subscription_id,usage_date,usage_count", "S-1,2024-12-01,9"),
        "support_tickets": (
            "ticket_id,account_id,submitted_at,closed_at,priority,escalation_flag",
            "T-1,A-1,2024-12-02,2024-12-03 03:00:00,urgent,False",
        ),
        "churn_events": (
            "churn_event_id,account_id,churn_date,reason_code,feedback_text",
            "C-1,A-1,2024-12-04,pricing,",
        ),
    }
    for name, lines in files.items():
        (tmp_path / f"ravenstack_{name}.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_small_export_is_read(export):
    assert [c.arr_minor for c in read_ravenstack(export).contracts] == [999_600]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("accounts", "Company 1,DevTools,Pro,2023-01-05", "Company 1", "line 2: 2 cells where 5 belong"),
        ("accounts", "Company 1", "x" * 1001, "line 2, column account_name: 'xxx"),
        ("accounts", "A-1", "", "line 2, column account_id: '' is no id"),
        ("accounts", "A-1", "A\x001", "line 2: it holds a NUL byte"),
        ("accounts", "2023-01-05", "0001-01-01", "column signup_date: '0001-01-01' lies outside the years"),
        ("accounts", "Company 1", '"Company 1', "unexpected end of data"),
        ("subscriptions", "9996", "lots", "column arr_amount: 'lots' is no amount"),
        ("subscriptions", "S-1,A-1", "S-1,A-2", "line 2: account 'A-2' is not in ravenstack_accounts.csv"),
        ("feature_usage", ",9", ",-9", "column usage_count: '-9' is no count"),
        ("support_tickets", "2024-12-03 03:00:00", "soon", "column closed_at: 'soon' is no time"),
        ("support_tickets", "T-1,A-1", "T-1,A-2", "account 'A-2' is not in"),
        ("churn_events", "pricing", "p" * 90, "column reason_code"),
    ],
)
def test_a_mistake_in_the_export_is_named_with_its_place(export, file, old, new, says):
    path = export / f"ravenstack_{file}.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadImportError) as told:
        read_ravenstack(export)
    assert str(told.value).startswith(f"ravenstack_{file}.csv")
    assert says in str(told.value)
