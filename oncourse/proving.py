"""A whole ledger looked through, for the command line and for pages: step by step, so that they show how far it is."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger import Anchor, Frontier, Proven
from plan import Frozen
from store import Unit


class Looked(NamedTuple):
    """How far a look is."""

    what: str
    """`proving`, or `replaying`."""
    done: int
    of: int
    """So many entries, or streams."""


class LedgerReport(Frozen):
    """What a look came to."""

    proof: Proven
    replayed: int | None = None
    """How many streams were folded again; None where none was asked for."""
    differences: tuple[str, ...] = ()
    """One line for each row that is not what its entries say."""

    @property
    def holds(self) -> bool:
        """Say whether nothing was found."""
        return self.proof.holds and not self.differences

    @property
    def findings(self) -> tuple[str, ...]:
        """Return one line for each thing that was found."""
        return (*map(str, self.proof.flaws), *self.differences)


class LedgerLook:
    """One look at one ledger, in one transaction; iterate over it, then read its report."""

    def __init__(
        self,
        unit: Unit,
        *,
        trusted: Iterable[bytes] = (),
        anchors: Iterable[Anchor] = (),
        start: Frontier | None = None,
        replay: bool = True,
    ) -> None:
        """Take the public keys that may have signed (those of this installation where none is named).

        `anchors` are compared; what lies before `start` is believed; with `replay` every stream with something new in
        it is folded again.
        """
        self._unit, self._replay = unit, replay
        self._pass = unit.verification(trusted, anchors, start)
        self._since = self._pass.since
        self._report: LedgerReport | None = None

    def __iter__(self) -> Iterator[Looked]:
        size = self._unit.head()
        for rows in self._unit.proofs.rows(self._since):
            yield Looked("proving", self._pass.take(rows) - self._since, size - self._since)
        proof = self._unit.conclude(self._pass)
        differences, count = list[str](), 0
        if self._replay:
            streams = self._pass.streams
            for lines in self._unit.replaying(streams if self._since else None):
                differences += lines
                yield Looked("replaying", min(count, len(streams)), len(streams))
                count += 1
            count = len(streams)
        replayed = count if self._replay else None
        self._report = LedgerReport(proof=proof, replayed=replayed, differences=tuple(differences))

    @property
    def report(self) -> LedgerReport:
        """Return what the look came to."""
        if self._report is None:
            for _ in self:
                pass
        assert self._report is not None  # noqa: S101 - the loop above has set it
        return self._report
