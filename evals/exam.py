"""The whole exam as one value: what was answered, what is wrong, and how trivial agents do."""

from collections import Counter
from collections.abc import Callable, Sequence

from evals.arms import Arm, arms, ceilings
from evals.baseline import read_baseline
from evals.cassettes import read_cassettes
from evals.examining import examine
from evals.gating import Finding, findings, orphans
from evals.manifest import read_manifest
from evals.results import CODE, Row
from plan import Frozen

Tell = Callable[[str], None]


class Exam(Frozen):
    """What one exam came to. Equal inputs give equal bytes: no clock, no address, no order of chance."""

    rows: tuple[Row, ...]
    arms: tuple[Arm, ...]
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
    found = [*findings(rows, cassettes, read_manifest(), read_baseline()), *ceilings(beside)]
    return Exam(rows=tuple(rows), arms=tuple(beside), findings=tuple(found))


def mix(rows: Sequence[Row]) -> str:
    """Return where the answers came from; an exam without a real model's says that quality was not measured."""
    sources = Counter(row.source.split(":")[0] for row in rows if row.source != CODE)
    told = ", ".join(f"{sources[name]} {name}" for name in ("claude", "authored", "local-model"))
    return f"{told} recordings" + ("" if sources["claude"] else "; a model's quality: not measured")
