"""The answers that were accepted last, and under what they were: policy, rules and scorers, by digest.

A later exam scores these answers again with today's scorers, so that a changed scorer is never taken for a changed
answer.
"""

from collections.abc import Iterable
from pathlib import Path

import orjson

from evals.case_files import HERE
from evals.cases import case_names, case_of
from evals.judging import answered
from evals.results import Row, key_of
from evals.scorers import passes, scores_of
from gate import bundle_digest, default_bundle, ruleset_digest
from plan import Digest, Frozen, NoPlan, Proposal, digest_bytes

BASELINE = HERE / "baseline.json"
_BESIDE = ("goals", "judging", "reading", "treatments")
_SCORING = (*sorted((HERE / "scorers").glob("*.py")), *(HERE / f"{name}.py" for name in _BESIDE))


class Accepted(Frozen):
    """One answer as it was accepted."""

    case: str
    model: str
    k: int
    outcome: Proposal | NoPlan
    mends: int = 0
    passed: bool
    values: dict[str, float]
    """What each scorer said, by name."""

    @property
    def key(self) -> str:
        """Return what names the answer."""
        return key_of(self.case, self.model, self.k)


class Baseline(Frozen):
    """All accepted answers, and what judged them."""

    policy: Digest
    rules: Digest
    scorers: dict[str, Digest]
    """By file, as `scorers/timing.py`."""
    answers: tuple[Accepted, ...]


class Moved(Frozen):
    """One accepted answer that is judged otherwise today."""

    key: str
    passed_before: bool
    passes_now: bool
    changed: tuple[str, ...]
    """`policy 1 -> 0.96`, a scorer each."""


def scorer_digests() -> dict[str, Digest]:
    """Return the digest of each file that scores are made by."""
    return {path.relative_to(HERE).as_posix(): digest_bytes(path.read_bytes()) for path in _SCORING}


def baseline_of(rows: Iterable[Row]) -> Baseline:
    """Return the baseline that these rows make."""
    return Baseline(
        policy=bundle_digest(default_bundle()),
        rules=ruleset_digest(),
        scorers=scorer_digests(),
        answers=tuple(
            Accepted(
                case=row.case,
                model=row.model,
                k=row.k,
                outcome=row.outcome,
                mends=row.mends,
                passed=row.passed,
                values={score.name: score.value for score in row.scores},
            )
            for row in rows
        ),
    )


def read_baseline(path: Path = BASELINE) -> Baseline | None:
    """Return what was accepted last; None where nothing was."""
    return Baseline.model_validate_json(path.read_bytes()) if path.exists() else None


def write_baseline(baseline: Baseline, path: Path = BASELINE) -> None:
    """Keep a baseline."""
    told = baseline.model_dump(mode="json", exclude_defaults=True)
    path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def scored_again(baseline: Baseline) -> list[Moved]:
    """Return each accepted answer that today's policy, rules or scorers judge otherwise.

    Answers to cases that are gone are left out; the exam names those itself.
    """
    known = [told for told in baseline.answers if told.case in case_names()]
    answers = {
        told.key: answered(told.outcome, case_of(told.case).request)._replace(mends=told.mends) for told in known
    }
    moved = []
    for told in known:
        case = case_of(told.case)
        clean = answers.get(key_of(case.twin_of or "", told.model, told.k)) if case.change == "attacked" else None
        scores = scores_of(answers[told.key]._replace(clean=clean), case)
        now = {score.name: score.value for score in scores}
        names = [name for name in sorted({*told.values} | {*now}) if told.values.get(name) != now.get(name)]
        if names or told.passed != passes(scores):
            changed = tuple(f"{name} {_shown(told.values.get(name))} -> {_shown(now.get(name))}" for name in names)
            moved.append(Moved(key=told.key, passed_before=told.passed, passes_now=passes(scores), changed=changed))
    return moved


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
