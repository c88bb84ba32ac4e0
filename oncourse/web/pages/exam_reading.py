"""What a checkout keeps of the exam: the answers that were accepted last, and the bars. A package holds none of it."""

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

import oncourse
from orchestrator import BadInputError

HOME = Path(oncourse.__file__).parent.parent / "evals"
"""Where a checkout has the exam; an installed package has nothing there."""


class Answer(BaseModel):
    """One accepted answer, as far as a page shows it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    case: str
    model: str
    k: int
    passed: bool
    values: dict[str, float]

    @property
    def low(self) -> list[tuple[str, float]]:
        """Return the scorers that gave less than full marks, the lowest first."""
        return sorted(((name, value) for name, value in self.values.items() if value < 1), key=lambda one: one[::-1])


class Accepted(BaseModel):
    """Every accepted answer, and under which policy."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    policy: str
    answers: tuple[Answer, ...]


class Bar(NamedTuple):
    """One threshold of the exam."""

    name: str
    value: str
    told: str


class Exam(NamedTuple):
    """What a checkout knows."""

    accepted: Accepted
    bars: tuple[Bar, ...]


def read_exam(home: Path) -> Exam | None:
    """Return what a checkout keeps; None where there is no exam.

    Raises: BadInputError where the files are there and cannot be read.
    """
    accepted, bars = home / "baseline.json", home / "thresholds.yaml"
    if not (accepted.is_file() and bars.is_file()):
        return None
    try:
        told = Accepted.model_validate_json(accepted.read_bytes())
        lines = bars.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BadInputError("evals/baseline.json cannot be read; run: python -m evals accept") from error
    return Exam(told, tuple(_bar(line) for line in lines if ":" in line.partition("#")[0]))


def _bar(line: str) -> Bar:
    """Read one line of a flat list: a name, a number, and what it means behind a `#`."""
    said, _, told = line.partition("#")
    name, _, value = said.partition(":")
    return Bar(name.strip(), value.strip(), told.strip())
