"""What an exam came to, as data: the report, the baseline and a comparison are made of it."""

from collections.abc import Iterable

from evals.cases import Case
from evals.cassettes import Cassette
from evals.judging import Answer
from evals.scorers import Score, gated_quality, passes, quality
from plan import Frozen, NoPlan, Proposal

CODE = "code"
"""The source of an answer that no model was asked for."""


def key_of(case: str, model: str, k: int) -> str:
    """Return what names one answer: the case, who answered, and which time."""
    return f"{case}/{model}.{k}"


class Row(Frozen):
    """One answer to one case."""

    case: str
    model: str
    k: int
    source: str
    kind: str
    tags: tuple[str, ...]
    twin_of: str | None
    change: str | None
    outcome: Proposal | NoPlan
    passed: bool
    quality: float
    gated: float
    scores: tuple[Score, ...]
    faults: tuple[str, ...] = ()
    """What is wrong with the recording itself."""
    mends: int = 0
    answers: int = 0
    """How many answers were recorded."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micro_usd: int | None = None

    @property
    def key(self) -> str:
        """Return what names the row."""
        return key_of(self.case, self.model, self.k)

    @property
    def told(self) -> str:
        """Return the outcome in two words."""
        if isinstance(self.outcome, NoPlan):
            return f"no plan: {self.outcome.reason.value}"
        return f"{len(self.outcome.steps)} steps"

    def score(self, name: str) -> Score | None:
        """Return what one scorer said."""
        return next((score for score in self.scores if score.name == name), None)


def row_of(
    cassette: Cassette | None, case: Case, answer: Answer, scores: Iterable[Score], faults: Iterable[str] = ()
) -> Row:
    """Return the row of one answer; a recording that is at fault passes nothing."""
    told, wrong = tuple(scores), tuple(faults)
    recording = cassette.recording if cassette else None
    priced = [call.cost_micro_usd for call in answer.calls]
    return Row(
        case=case.name,
        model=cassette.model if cassette else CODE,
        k=cassette.k if cassette else 1,
        source=recording.meta.source if recording else CODE,
        kind=case.kind,
        tags=case.tags,
        twin_of=case.twin_of,
        change=case.change,
        outcome=answer.outcome,
        passed=passes(told) and not wrong,
        quality=quality(told),
        gated=gated_quality(told),
        scores=told,
        faults=wrong,
        mends=answer.mends,
        answers=len(recording.exchanges) if recording else 0,
        input_tokens=sum(call.input_tokens for call in answer.calls),
        output_tokens=sum(call.output_tokens for call in answer.calls),
        cost_micro_usd=sum(c for c in priced if c is not None) if priced and None not in priced else None,
    )
