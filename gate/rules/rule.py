"""What a rule is: a small total function with a stable code, a floor, its phases, and words for people."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from gate.decisions import Phase, Severity
from gate.view import View

ALL = tuple(Phase)
DRAFTING = (Phase.PROPOSE, Phase.APPROVE)
RUNNING = (Phase.ACTIVATE, Phase.RESUME, Phase.STEP)


class Found(NamedTuple):
    """One place where a rule does not hold."""

    where: str
    message: str
    clears_at: datetime | None = None
    """When time alone mends it, as far as is known now."""


class Rule(NamedTuple):
    """One rule."""

    code: str
    floor: Severity
    phases: tuple[Phase, ...]
    title: str
    text: str
    mend: str
    judge: Callable[[View], Iterator[Found]]
