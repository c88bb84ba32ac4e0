"""The file of the key that signs the ledger: for its owner alone to read, made once, never overwritten by chance."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ledger import BadNoteError, Keyring
from oncourse.config import KEY_FILE, ConfigError, Settings
from store import database_file, place, written_aside

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_file(settings: Settings) -> Path:
    """Return where the key lies: where the settings say, else beside a SQLite database, else where the program runs."""
    if settings.ledger_key_file:
        return Path(settings.ledger_key_file)
    database = database_file(settings.database)
    return Path("oncourse.key") if database is None else database.with_suffix(".key")


def read_keys(settings: Settings) -> Keyring | None:
    """Return the keys; None where there is no file. Raises: ConfigError for one that others may read, or no key."""
    file = key_file(settings)
    try:
        with file.open("rb") as opened:
            rights = os.fstat(opened.fileno()).st_mode
            text = opened.read().decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"the ledger's key {file} cannot be read: {error.strerror}") from error
    if rights & _OTHERS:
        raise ConfigError(
            f"others may use the ledger's key {file} (its rights are {stat.S_IMODE(rights):04o}), and whoever has it "
            f"can forge the ledger; take them away: chmod 600 {file}"
        )
    try:
        return Keyring.read(text)
    except BadNoteError as error:
        raise ConfigError(f"{file} is no key of the ledger: {error}; name the right file with {KEY_FILE}") from error


def make_keys(settings: Settings, chance: Callable[[], bytes]) -> Keyring:
    """Return the keys, new ones where there is no file; of two that make it at once the first one's stay."""
    if (known := read_keys(settings)) is not None:
        return known
    with suppress(FileExistsError):
        _write_new(key_file(settings), Keyring([chance()]))
    made = read_keys(settings)
    if made is None:
        raise ConfigError(f"the ledger's key {key_file(settings)} is gone again; try again")
    return made


def keep_keys(file: Path, keys: Keyring) -> None:
    """Keep keys in a file, for its owner alone to read; what stood there is replaced all at once."""
    with written_aside(file) as aside:
        aside.write_text(keys.pem)
        place(aside, file)


def _write_new(file: Path, keys: Keyring) -> None:
    """Write a file that is not there yet, whole or not at all."""
    try:
        with written_aside(file) as aside:
            aside.write_text(keys.pem)
            os.link(aside, file)
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigError(f"the ledger's key {file} cannot be written: {error.strerror}") from error
