"""Clocks, ids and salts: the adapters that read time and draw chance; a seeded pair makes runs repeatable."""

import hashlib
import secrets
import uuid
from datetime import UTC, datetime
from uuid import UUID


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock


class VirtualClock:
    """A clock that only moves when it is told to, and never back."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant at which it stands."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move forward; raise ValueError for an earlier instant."""
        if at < self._at:
            raise ValueError(f"the clock stands at {self._at} and does not go back to {at}")
        self._at = at


class RandomIds:
    """Ids nobody can guess."""

    def new(self) -> UUID:
        """Return a random UUID."""
        return uuid.uuid4()  # noqa: TID251 - the one place that draws ids


class SeededIds:
    """The same ids in the same order for the same seed."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed, 0

    def new(self) -> UUID:
        """Return the next id of the seed."""
        self._count += 1
        drawn = hashlib.sha256(f"{self._seed}:id:{self._count}".encode()).digest()
        return UUID(bytes=drawn[:16], version=4)


def random_salt() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(32)


class SeededSalt:
    """The same salts in the same order for the same seed; only for made-up data."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed, 0

    def __call__(self) -> bytes:
        """Return the next 32 bytes of the seed."""
        self._count += 1
        return hashlib.sha256(f"{self._seed}:salt:{self._count}".encode()).digest()
