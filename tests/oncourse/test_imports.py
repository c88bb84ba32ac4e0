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
    ("amount", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("-1", "EUR"), ("NaN", "EUR"), ("x", "EUR")]
)
def test_an_amount_that_is_not_exact_is_refused(amount, currency):
    with pytest.raises(BadCellError):
        minor(amount, currency)


def test_unknown_files_and_columns_are_named_and_not_an_error(folder):
    (folder / "weather.csv").write_text("a\n1\n")
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
    assert "owners.csv is not UTF-8 (byte 19 is 0xfc); save it as UTF-8" in refused(folder)


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
    with pytest.raises(BadImportError, match="give the folder of the export"):
        read_ravenstack(tmp_path)
