"""The whole exam as one value: what was answered, what is wrong, and how trivial agents do."""

from collections import Counter
from collections.abc import Callable, Sequence

from evals.arms import Arm, arms, ceilings
from evals.baseline import read_baseline
from evals.cases import case_of
from evals.cassettes import AUTHORED, read_cassettes
from evals.examining import examine
from evals.gating import Finding, findings, orphans
from evals.judging import Answer, answered
from evals.manifest import read_manifest
from evals.matrix import Matrix, holes, matrix
from evals.results import CODE, Row
from plan import Frozen

Tell = Callable[[str], None]
TRIED = 20
"""On so many good plans each defect is tried here; the tests try each on all."""


class Exam(Frozen):
    """What one exam came to. Equal inputs give equal bytes: no clock, no address, no order of chance."""

    rows: tuple[Row, ...]
    arms: tuple[Arm, ...]
    matrix: Matrix
    findings: tuple[Finding, ...]

    @property
    def green(self) -> bool:
        """Tell whether the gate is open."""
        return not self.findings


def hold(tell: Tell = lambda _line: None) -> Exam:
    """Play, score and judge everything that is recorded."""
    cassettes = read_cassettes()
    gone = {cassette.path for cassette in orphans(cassettes)}
    rows = examine([cassette for cassette in cassettes if cassette.path not in gone], tell)
    tell("trivial agents")
    beside = arms(rows)
    tell("defects")
    proof = matrix(good(rows), TRIED)
    found = [*findings(rows, cassettes, read_manifest(), read_baseline()), *ceilings(beside), *holes(proof)]
    return Exam(rows=tuple(rows), arms=tuple(beside), matrix=proof, findings=tuple(found))


def good(rows: Sequence[Row]) -> dict[str, Answer]:
    """Return the authored answers that pass, by case, judged again; of an attacked twin with its clean answer."""
    passing = [row for row in rows if row.model in {AUTHORED, CODE} and row.passed and row.change in {None, "attacked"}]
    found = {row.case: answered(row.outcome, case_of(row.case).request) for row in passing}
    clean = {row.case: found[row.twin_of] for row in passing if row.twin_of in found}
    return {name: answer._replace(clean=clean.get(name)) for name, answer in found.items()}


def mix(rows: Sequence[Row]) -> str:
    """Return where the answers came from; an exam without a real model's says that quality was not measured."""
    sources = Counter(row.source.split(":")[0] for row in rows if row.source != CODE)
    told = ", ".join(f"{sources[name]} {name}" for name in ("claude", "authored", "local-model"))
    return f"{told} recordings" + ("" if sources["claude"] else "; a model's quality: not measured")
