"""The proof of the scorers: each seeded defect is caught by the scorer that it names, each benign change by none."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from evals.cases import Case, case_of
from evals.comparing import bars
from evals.defects import BENIGN, DEFECTS, Change, Defect, Seeded
from evals.gating import Finding
from evals.judging import Answer, answered
from evals.scorers import SCORERS, Score, scores_of
from gate import GateContext, Phase, check, default_bundle
from plan import Frozen, Proposal

JUDGED = frozenset({"schema", "policy", "human_touch", "injection"})
"""Scorers that look at the plan which code makes of an answer; only for these it is made and judged."""

_STRIDE = 7
Told = tuple[Case, Answer]


class Seen(Frozen):
    """One defect over all good answers."""

    name: str
    scorer: str
    code: str
    tried: int
    caught: int
    missed: tuple[str, ...]
    """The cases in which the scorer let it by."""


class Kept(Frozen):
    """One benign change over all good plans."""

    name: str
    tried: int
    passing: int
    broken: tuple[str, ...]
    """`case: scorer: message`, one for each plan that no longer passes."""


class Matrix(Frozen):
    """What every defect and every benign change came to."""

    plans: int
    """How many good plans there are."""
    most: int
    """On so many of them, spread evenly, each was tried at most."""
    defects: tuple[Seen, ...]
    benign: tuple[Kept, ...]

    @property
    def tried(self) -> int:
        """Return how often a defect was seeded."""
        return sum(seen.tried for seen in self.defects)

    @property
    def caught(self) -> int:
        """Return how often it was caught."""
        return sum(seen.caught for seen in self.defects)

    def by_scorer(self) -> dict[str, tuple[int, int, int]]:
        """Return for each scorer how many defects it must catch, how often they were seeded, and how often caught."""
        found = {}
        for name in SCORERS:
            mine = [seen for seen in self.defects if seen.scorer == name]
            found[name] = (len(mine), sum(seen.tried for seen in mine), sum(seen.caught for seen in mine))
        return found


def matrix(
    good: Mapping[str, Answer],
    most: int | None = None,
    defects: Sequence[Defect] = DEFECTS,
    benign: Mapping[str, Change] = BENIGN,
) -> Matrix:
    """Seed every defect into every good answer, by case, or into at most so many, each into others.

    Twins that must not differ from their base add nothing. In an attacked one only the injection scorer is proved, for
    it speaks of nothing else.
    """
    told = [(case_of(name), good[name]) for name in sorted(good)]
    base = [(case, answer) for case, answer in told if case.change is None]
    attacked = [(case, answer) for case, answer in told if case.change == "attacked"]
    limit = len(told) if most is None else most
    return Matrix(
        plans=sum(isinstance(answer.outcome, Proposal) for _case, answer in base),
        most=limit,
        defects=tuple(
            _seen(defect, _from(number, attacked if defect.scorer == "injection" else base), limit)
            for number, defect in enumerate(defects)
        ),
        benign=tuple(
            _kept(name, change, _from(number, base), _from(number, attacked), limit)
            for number, (name, change) in enumerate(benign.items())
        ),
    )


def holes(found: Matrix) -> list[Finding]:
    """Return a finding for each defect that a scorer lets by, or that nothing shows, and for each broken plan."""
    least, all_kept = float(bars()["defects_caught_share"]), float(bars()["benign_passing_share"])
    told = []
    for seen in found.defects:
        if not seen.tried:
            words = "it can be seeded into no good answer; add a case in which it can, or take the defect away"
            told.append(Finding(cause="defect", where=seen.name, told=words))
        elif seen.caught < least * seen.tried:
            words = f"{seen.scorer} lets it by in {', '.join(seen.missed)}; mend evals/scorers/{seen.scorer}.py"
            told.append(Finding(cause="defect", where=seen.name, told=words))
    told += [
        Finding(cause="benign change", where=kept.name, told=f"good plans do not survive it: {'; '.join(kept.broken)}")
        for kept in found.benign
        if kept.passing < all_kept * max(1, kept.tried)
    ]
    return told


def caught(defect: Defect, answer: Answer, case: Case) -> bool | None:
    """Tell whether the named scorer catches a defect; None where the answer cannot have it."""
    seeded = defect.seed(answer, case)
    if seeded is None:
        return None
    score = SCORERS[defect.scorer](_answer(defect, seeded, answer), seeded.case)
    return score is not None and not score.passed and (not defect.code or _names(score, defect.code))


def _from(number: int, told: Sequence[Told]) -> list[Told]:
    """Return all answers, from another one on for each number, so that small parts of them differ."""
    start = number * _STRIDE % max(1, len(told))
    return [*told[start:], *told[:start]]


def _seen(defect: Defect, told: Sequence[Told], most: int) -> Seen:
    results = ((case.name, caught(defect, answer, case)) for case, answer in told)
    found = dict(islice(((name, seen) for name, seen in results if seen is not None), most))
    missed = tuple(sorted(name for name, seen in found.items() if not seen))
    return Seen(
        name=defect.name,
        scorer=defect.scorer,
        code=defect.code,
        tried=len(found),
        caught=len(found) - len(missed),
        missed=missed,
    )


def _answer(defect: Defect, seeded: Seeded, good: Answer) -> Answer:
    if defect.scorer not in JUDGED:
        return Answer(seeded.outcome, clean=good.clean)
    if seeded.plan is None:
        return answered(seeded.outcome, seeded.case.request)._replace(clean=good.clean)
    known, now = seeded.case.request.situation, seeded.case.request.now
    context = GateContext(tenant_id=known.tenant.tenant_id, situation=known)
    decision = check(seeded.plan, context, default_bundle(), phase=Phase.PROPOSE, now=now)
    return Answer(seeded.outcome, seeded.plan, decision)


def _names(score: Score, code: str) -> bool:
    return any(message.startswith(code) for message in score.messages)


def _kept(name: str, change: Change, base: Sequence[Told], attacked: Sequence[Told], most: int) -> Kept:
    results = [*islice(_whole(change, base), most), *islice(_resisting(change, attacked), most)]
    broken = tuple(sorted(told for told in results if told))
    return Kept(name=name, tried=len(results), passing=len(results) - len(broken), broken=broken)


def _whole(change: Change, told: Sequence[Told]) -> Iterator[str]:
    """Yield for each plan that can be changed what any scorer then finds wrong, or nothing."""
    for case, answer in told:
        found = change(answer.outcome, case) if isinstance(answer.outcome, Proposal) else None
        if found is not None:
            proposal, after = found
            yield _wrong(case, scores_of(answered(proposal, after.request), after))


def _resisting(change: Change, told: Sequence[Told]) -> Iterator[str]:
    """Yield for each attacked plan that is changed itself whether it still resists."""
    for case, answer in told:
        found = change(answer.outcome, case) if isinstance(answer.outcome, Proposal) else None
        if found is not None and found[0] is not answer.outcome:
            score = SCORERS["injection"](Answer(found[0], answer.plan, clean=answer.clean), case)
            yield _wrong(case, [score] if score else [])


def _wrong(case: Case, scores: Sequence[Score]) -> str:
    said = (f"{case.name}: {s.name}: {'; '.join(s.messages[:1])}" for s in scores if not s.passed)
    return next(said, "" if scores else f"{case.name}: nothing was said")
