"""The small types every value is built of: frozen models, instants, ids, sorted sets, private text."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

T = TypeVar("T")
INT_BOUND = 2**53
"""Integers in digested values stay below this, so that every JSON reader agrees on them (RFC 8785)."""


_FIRST_YEAR, _LAST_YEAR = 1900, 8999
"""Far enough from what a date can hold that no zone, window or back-off leaves it."""


class Frozen(BaseModel):
    """A value: it never changes, and it refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _to_utc(value: datetime) -> datetime:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}; correct the date")
    return value.astimezone(UTC)


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("holds U+0000; remove it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds a lone surrogate; send valid UTF-8") from error
    return value


def _sorted(value: Iterable[T]) -> list[T]:
    return sorted(value, key=str)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
Id = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,80}$")]
ActionType = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Minor = Annotated[int, Field(ge=0, lt=INT_BOUND)]
"""Money in the currency's minor unit (cents)."""
BasisPoints = Annotated[int, Field(ge=0, le=1_000_000)]
"""Hundredths of a percent: 9000 is 90 %."""
Percent = Annotated[int, Field(ge=0, le=100)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_no_nul)]


class Private:
    """Marks a free text or personal id: it enters rows, entries and digests only as a salted commitment."""


PRIVATE = Private()
PrivateText = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_no_nul), PRIVATE]
Outcome = Annotated[str, StringConstraints(max_length=80), AfterValidator(_no_nul)]
"""A word for how a step ended; the catalogue holds each action's closed list."""
PersonId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,80}$"), PRIVATE]
SortedStrings = Annotated[frozenset[str], PlainSerializer(_sorted, return_type=list[str])]


class RiskClass(StrEnum):
    """How much an action can hurt; a plan inherits its highest."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"

    rank: int
    """1 for LOW, 2 for MEDIUM, 3 for HIGH."""

    def __init__(self, _value: str) -> None:
        self.rank = len(type(self).__members__) + 1


def highest(risks: Iterable[RiskClass]) -> RiskClass:
    """Return the highest class; LOW when there is none."""
    return max(risks, key=lambda risk: risk.rank, default=RiskClass.LOW)


class PlanType(StrEnum):
    """The goals a plan can serve."""

    RENEWAL_DEFENSE = "RENEWAL_DEFENSE"
    EXPANSION = "EXPANSION"
    PIPELINE_CREATION = "PIPELINE_CREATION"


class Approval(StrEnum):
    """How a step gets its authority.

    AUTO runs alone. APPROVE: a person approves, the system acts. DRAFT: a draft is prepared, a person approves and
    sends. TASK: a person performs, the system waits for the outcome.
    """

    AUTO = "AUTO"
    APPROVE = "APPROVE"
    DRAFT = "DRAFT"
    TASK = "TASK"


class ActorKind(StrEnum):
    """Who acts: a person, the model's agent, the system itself, or policy."""

    HUMAN = "human"
    AGENT = "agent"
    SYSTEM = "system"
    POLICY = "policy"
