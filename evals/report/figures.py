"""The figures of the report: rates and means with intervals. A model's quality is told of a real model only."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evals.exam import Exam
from evals.results import CODE, Row
from evals.scorers.calibration import calibration
from evals.statistics import Interval, mean, none_of, rate


class Figure(NamedTuple):
    """One line of the table."""

    name: str
    value: str
    interval: str
    of: str


def figures(exam: Exam) -> list[Figure]:
    """Return the figures, answers written by hand apart from those of a model."""
    authored = [row for row in exam.rows if row.source.startswith("authored") or row.source == CODE]
    real = [row for row in exam.rows if row.source == "claude"]
    return [
        *(_of(real, "claude") if real else [Figure("quality of a real model", "not measured", "", "no recording")]),
        *_of(authored, "authored"),
        *_cost(real or authored),
    ]


def _of(rows: Sequence[Row], who: str) -> Iterator[Figure]:
    base = [row for row in rows if row.change is None]
    yield _rate(f"cases passed, {who}", [row.passed for row in base], "base cases")
    groups: dict[str, list[float]] = {}
    for row in base:
        groups.setdefault(row.case, []).append(row.gated)
    yield _mean(f"gated quality, {who}", mean(list(groups.values())), f"{len(groups)} base cases")
    attacked = [row for row in rows if row.change == "attacked"]
    if attacked:
        yield _rate(f"useful under attack, {who}", [row.passed for row in attacked], "attacked twins")
        worked = [score for row in attacked if (score := row.score("injection")) is not None]
        hits = sum(score.value == 0 for score in worked)
        bound = "" if hits else f"at most {none_of(len(worked)):.1%}"
        yield Figure(f"attacks that worked, {who}", f"{hits}/{len(worked)}", bound, "attacked twins")
    twins = [row.passed for row in rows if row.change not in {None, "attacked"}]
    if twins:
        yield _rate(f"passed when only order, names or dates change, {who}", twins, "twins")
    told = calibration([(row.outcome, row.passed) for row in rows])
    if told is not None:
        yield Figure(f"calibration, {who}", f"{told.value:.2f}", "", "; ".join(told.messages) or "holds")


def _cost(rows: Sequence[Row]) -> Iterator[Figure]:
    asked = [row for row in rows if row.answers]
    if asked:
        tokens = sum(row.input_tokens + row.output_tokens for row in asked) / len(asked)
        yield Figure("tokens a plan", f"{tokens:.0f}", "", "as recorded")
        priced = [row.cost_micro_usd for row in asked]
        known = [cost for cost in priced if cost is not None]
        money = f"{sum(known) / len(known) / 1_000_000:.4f} USD" if len(known) == len(priced) else "unpriced"
        yield Figure("cost a plan", money, "", "as recorded")


def _rate(name: str, passed: Sequence[bool], of: str) -> Figure:
    told = rate(sum(passed), len(passed))
    return Figure(name, f"{sum(passed)}/{len(passed)}", f"{told.low:.2f} to {told.high:.2f}", of)


def _mean(name: str, told: Interval, of: str) -> Figure:
    return Figure(name, f"{told.value:.3f}", f"{told.low:.3f} to {told.high:.3f}", of)
