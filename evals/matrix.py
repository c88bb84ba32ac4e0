"""The proof of the scorers: each seeded defect is caught by the scorer that it names, each benign change by none."""

from collections.abc import Iterator, Mapping

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


def matrix(good: Mapping[str, Answer]) -> Matrix:
    """Seed every defect into every good answer, by case; twins that must not differ from their base add nothing.

    In an attacked twin only defects of the injection scorer are seeded, for it speaks of nothing else.
    """
    told = [(case_of(name), good[name]) for name in sorted(good)]
    base = [(case, answer) for case, answer in told if case.change is None]
    attacked = [(case, answer) for case, answer in told if case.change == "attacked"]
    return Matrix(
        plans=sum(isinstance(answer.outcome, Proposal) for _case, answer in base),
        defects=tuple(_seen(defect, attacked if defect.scorer == "injection" else base) for defect in DEFECTS),
        benign=tuple(_kept(name, change, base, attacked) for name, change in BENIGN.items()),
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


def _seen(defect: Defect, told: list[tuple[Case, Answer]]) -> Seen:
    found = {case.name: caught(defect, answer, case) for case, answer in told}
    tried = [name for name, is_caught in found.items() if is_caught is not None]
    missed = tuple(name for name in tried if not found[name])
    return Seen(
        name=defect.name,
        scorer=defect.scorer,
        code=defect.code,
        tried=len(tried),
        caught=len(tried) - len(missed),
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


def _kept(name: str, change: Change, base: list[tuple[Case, Answer]], attacked: list[tuple[Case, Answer]]) -> Kept:
    results = [*_changed(change, base, whole=True), *_changed(change, attacked, whole=False)]
    broken = tuple(told for told in results if told)
    return Kept(name=name, tried=len(results), passing=len(results) - len(broken), broken=broken)


def _changed(change: Change, told: list[tuple[Case, Answer]], *, whole: bool) -> Iterator[str]:
    """Yield what is wrong with each changed plan, or nothing; of attacked ones only whether they still resist."""
    for case, answer in told:
        found = change(answer.outcome, case) if isinstance(answer.outcome, Proposal) else None
        if found is None:
            continue
        after = answered(found[0], found[1].request) if whole else Answer(found[0], answer.plan, clean=answer.clean)
        scores = scores_of(after, found[1]) if whole else [SCORERS["injection"](after, found[1])]
        wrong = (f"{case.name}: {s.name}: {m}" for s in scores if s and not s.passed for m in (*s.messages, ""))
        yield next(wrong, "")
