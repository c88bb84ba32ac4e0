"""The discrimination table: how far the scorers tell a good plan from a trivial one, side by side."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from evals.agents import CONSTANT, DRAWN, Agent, Outcome, constructor, decline
from evals.cases import Case, all_cases
from evals.cassettes import AUTHORED
from evals.comparing import bars
from evals.gating import Finding
from evals.judging import answered
from evals.results import CODE, Row
from evals.scorers import SCORERS, Score, gated_quality, passes, quality, scores_of
from evals.statistics import Interval, Paired, mean, paired, rate
from plan import Frozen

DRAWS = {"random": 4, "gate-valid random": 1}
"""Drawn plans a case; one that keeps every rule takes many draws."""


class Arm(Frozen):
    """One kind of drafter over the feasible base cases."""

    name: str
    trivial: bool
    """It reads nothing, or draws lots."""
    plans: int
    cases: int
    passed: int
    pass_rate: Interval
    quality: Interval
    gated: Interval
    means: dict[str, float]
    """Of each scorer, over the answers that it judged."""
    gap: Paired | None = None
    """Quality against the authored answers, over the cases that both answered."""


def arms(rows: Sequence[Row]) -> list[Arm]:
    """Return the arms: who was recorded, then the constructor, then the trivial ones."""
    feasible = [case for case in all_cases() if case.change is None and case.kind == "feasible"]
    names = {case.name for case in feasible}
    told: list[tuple[str, bool, dict[str, list[list[Score]]]]] = []
    recorded = sorted((row for row in rows if row.model != CODE and row.case in names), key=lambda row: row.model)
    for model, group in groupby(recorded, key=lambda row: row.model):
        told.append((model, False, _by_case((row.case, list(row.scores)) for row in group)))
    told.append(("constructor", False, _asked(constructor, feasible)))
    told += [(name, True, _asked(agent, feasible)) for name, agent in CONSTANT.items()]
    told += [(name, True, _drawn(agent, feasible, DRAWS[name])) for name, agent in DRAWN.items()]
    told.append(("decline", True, _asked(decline, feasible)))
    good = next((scores for name, _, scores in told if name == AUTHORED), {})
    return [_arm(name, scores, good, trivial=trivial) for name, trivial, scores in told]


def ceilings(found: Sequence[Arm]) -> list[Finding]:
    """Return each arm that does better than it may: then a scorer has a hole."""
    most = {name: float(bars()["constant_plan_pass_share"]) for name in CONSTANT}
    most |= {name: float(bars()["random_pass_share"]) for name in DRAWN} | {"decline": 0.0}
    told = [
        Finding(
            cause="trivial agent",
            where=arm.name,
            told=f"it passes {arm.passed} of {arm.plans}, the most is {most[arm.name]:.0%}: find the scorer's hole",
        )
        for arm in found
        if arm.name in most and arm.plans and arm.passed / arm.plans > most[arm.name]
    ]
    return told + [finding for arm in found if (finding := _too_near(arm)) is not None] + _declined()


def _too_near(arm: Arm) -> Finding | None:
    """Return a finding where a small local model scores near the authored answers."""
    least, most_p = float(bars()["weak_model_quality_gap"]), float(bars()["weak_model_p"])
    if arm.gap is None or not arm.name.startswith("smollm2") or (-arm.gap.mean >= least and arm.gap.p < most_p):
        return None
    told = f"{-arm.gap.mean:.2f} below the authored answers (p {arm.gap.p:.3f}); at least {least} is expected"
    return Finding(cause="discrimination", where=arm.name, told=told)


def _declined() -> list[Finding]:
    """Return a finding where declining passes other cases than exactly those in which declining is right."""
    base = [case for case in all_cases() if case.change is None]
    passed = {case.name for case in base if passes(_scores(decline(case), case))}
    right = {case.name for case in base if case.expect.outcome == "no_plan"}
    odd = sorted(passed ^ right)
    if not odd:
        return []
    told = f"to decline should pass exactly where no plan is right; it differs in {', '.join(odd)}"
    return [Finding(cause="trivial agent", where="decline", told=told)]


def _asked(agent: Agent, cases: Iterable[Case]) -> dict[str, list[list[Score]]]:
    return {case.name: [_scores(agent(case), case)] for case in cases}


def _drawn(agent: Callable[[Case, int], Outcome], cases: Iterable[Case], draws: int) -> dict[str, list[list[Score]]]:
    return {case.name: [_scores(agent(case, number), case) for number in range(draws)] for case in cases}


def _scores(outcome: Outcome, case: Case) -> list[Score]:
    return scores_of(answered(outcome, case.request), case)


def _by_case(told: Iterable[tuple[str, list[Score]]]) -> dict[str, list[list[Score]]]:
    found: dict[str, list[list[Score]]] = {}
    for case, scores in told:
        found.setdefault(case, []).append(scores)
    return found


def _arm(name: str, scores: dict[str, list[list[Score]]], good: dict[str, list[list[Score]]], *, trivial: bool) -> Arm:
    every = [one for answers in scores.values() for one in answers]
    values = {scorer: [score.value for one in every for score in one if score.name == scorer] for scorer in SCORERS}
    passed = sum(passes(one) for one in every)
    mine, theirs = _qualities(scores), _qualities(good)
    return Arm(
        name=name,
        trivial=trivial,
        plans=len(every),
        cases=len(scores),
        passed=passed,
        pass_rate=rate(passed, len(every)),
        quality=mean(list(mine.values())),
        gated=mean([[gated_quality(one) for one in answers] for answers in scores.values()]),
        means={scorer: round(sum(found) / len(found), 4) for scorer, found in values.items() if found},
        gap=paired(theirs, mine) if good and name != AUTHORED else None,
    )


def _qualities(scores: dict[str, list[list[Score]]]) -> dict[str, list[float]]:
    return {case: [quality(one) for one in answers] for case, answers in scores.items()}
