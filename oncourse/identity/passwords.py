"""Passwords: argon2id by its library's defaults, and the same work where there is nothing to compare with."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from oncourse.identity.refusals import BusyError
from orchestrator import BadInputError

SHORTEST, LONGEST = 12, 256
AT_ONCE = 4
"""Passwords looked at together: each takes 64 MiB while it is."""
WAIT = 0.2
"""Seconds that somebody waits for a place at most."""
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$MDAwMDAwMDAwMDAwMDAwMA$PK0taPBLvhPNdaLeJx/NEWB5wpgdyeQDQZVlhFivJOU"
"""Compared with where nobody has a password, so that it takes as long; what it comes to is never believed."""


class Passwords:
    """Makes and compares the hashes of passwords."""

    def __init__(self, chance: Callable[[], bytes]) -> None:
        self._hasher, self._chance = PasswordHasher(), chance
        self._room = BoundedSemaphore(AT_ONCE)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Take one of the few places; nobody waits for one, so that a flood of guesses keeps nobody else waiting."""
        if not self._room.acquire(timeout=WAIT):
            raise BusyError
        try:
            yield
        finally:
            self._room.release()

    def hash(self, password: str) -> str:
        """Return what is kept of a password; raise BusyError where too many are looked at just now."""
        with self._place():
            return self._hasher.hash(_plain(password), salt=self._chance()[: self._hasher.salt_len])

    def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the one that is kept; None is nobody's and takes as long."""
        with self._place():
            try:
                self._hasher.verify(kept or _NOBODYS, _plain(password))
            except (Argon2Error, InvalidHashError):
                return False
        return kept is not None

    def old(self, kept: str) -> bool:
        """Tell whether a hash was made with other figures than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, principal_id: str) -> None:
    """Raise BadInputError for a password that is too easily guessed, or longer than anybody types."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInputError(f"a password has {SHORTEST} to {LONGEST} characters; a few words in a row are a good one")
    if principal_id.casefold() in password.casefold() and len(password) < 2 * SHORTEST:
        raise BadInputError("the password holds the name that one signs in with; choose another one")
    if len(set(password)) <= SHORTEST // 3:
        raise BadInputError("the password repeats the same few characters; choose another one")


def _plain(password: str) -> str:
    """Return the one form of a text that several keyboards write differently."""
    return unicodedata.normalize("NFKC", password)
