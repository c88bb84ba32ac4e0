"""Folders that tests import from."""

from pathlib import Path

import oncourse


def demo_folder() -> Path:
    """Return the made-up company's CSVs."""
    return Path(oncourse.__file__).parent / "demo_data"
