"""Data sets of others, beside the repository; none of them is part of it."""

from pathlib import Path

import oncourse
from tests.databases import missing

BESIDE = Path(oncourse.__file__).parent.parent.parent / "shared" / "data"


def real_data(name: str) -> Path:
    """Return a data set's folder, or skip with one clear line."""
    folder = BESIDE / name
    if not folder.is_dir():
        missing(f"the data set {name} (a folder {name} in ../shared/data)")
    return folder
