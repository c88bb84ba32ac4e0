"""The key that signs the ledgers of tests: everybody may know it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ledger import Keyring
from oncourse.config import KEY_FILE

KEYS = Keyring([bytes(range(32))])


def keep_the_key() -> None:
    """Let every command that these tests run sign with it, whatever database it is about."""
    folder = Path(tempfile.mkdtemp(prefix="oncourse-key-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "oncourse.key"
    file.touch(0o600)
    file.write_text(KEYS.pem)
    os.environ[KEY_FILE] = str(file)
