"""The import of CSVs, validated, beside reading the same files with `csv.DictReader`."""

import csv
import tempfile
import time
from datetime import date
from pathlib import Path

from oncourse.imports import read_flat
from tests.bench.measuring import line

ROWS = 50_000


def lines(*, quick: bool = False) -> list[str]:
    half = 5 if quick else ROWS // 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, half)
        start = time.process_time()
        batch = read_flat(folder)
        taken = time.process_time() - start
        start = time.process_time()
        for path in folder.iterdir():
            with path.open(newline="", encoding="utf-8") as file:
                for _ in csv.DictReader(file):
                    pass
        bare = max(time.process_time() - start, 1e-9)
    return [
        line(
            f"import, {batch.rows} rows, validated",
            f"{batch.rows / taken:,.0f} rows/s",
            f"{taken / bare:.1f}x of reading the same files with csv.DictReader",
        )
    ]


def _write(folder: Path, half: int) -> None:
    with (folder / "accounts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("account_id", "name"))
        writer.writerows((f"a{n}", f"Company {n}") for n in range(half))
    with (folder / "contracts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("contract_id", "account_id", "arr", "currency", "starts_on", "renews_on"))
        day = date(2027, 1, 1).isoformat()
        writer.writerows((f"k{n}", f"a{n}", "1200.50", "EUR", "2026-01-01", day) for n in range(half))
