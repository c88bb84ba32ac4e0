"""The replay gate: exact, offline, on every change. Nothing found means green; everything found names its cause."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from evals.baseline import Baseline, Moved, scored_again, scorer_digests
from evals.cases import case_names
from evals.cassettes import AUTHORED, Cassette, unused_parts
from evals.manifest import Manifest, Stale, stale
from evals.results import Row
from gate import bundle_digest, default_bundle, ruleset_digest
from plan import Frozen

ACCEPT = "see what moved, then: python -m evals accept"
_NAMED = 6
"""How many of many are named."""


class Finding(Frozen):
    """One thing that turns the exam red."""

    cause: str
    """A word or two: `stale prompt`, `policy`, `scorer timing`, `lost`."""
    where: str
    """The case, the recording or the file."""
    told: str
    """What is wrong, and what now."""


def orphans(cassettes: Iterable[Cassette]) -> list[Cassette]:
    """Return the recordings of cases that are gone."""
    return [cassette for cassette in cassettes if cassette.case not in case_names()]


def findings(
    rows: Sequence[Row], cassettes: Sequence[Cassette], manifest: Manifest, baseline: Baseline | None
) -> list[Finding]:
    """Return everything that is wrong with the recordings, or that moved since answers were accepted."""
    return [
        *_recordings(cassettes, manifest),
        *(Finding(cause="recording", where=row.key, told=fault) for row in rows for fault in row.faults),
        *(_against(baseline, rows) if baseline else [_no_baseline()]),
    ]


def stale_findings(found: Iterable[Stale]) -> list[Finding]:
    """Return one finding for each kind: how many, which, and how to record them again."""
    by_kind: dict[tuple[str, str], list[str]] = defaultdict(list)
    for told in found:
        by_kind[told.kind, told.told].append(told.cassette)
    return [
        Finding(
            cause=f"stale {kind}",
            where=_some(names),
            told=f"{words}: {len(names)} recordings no longer answer what is asked. {_again(names)}",
        )
        for (kind, words), names in by_kind.items()
    ]


def _recordings(cassettes: Sequence[Cassette], manifest: Manifest) -> Iterable[Finding]:
    yield from stale_findings(stale(manifest))
    known = {(entry.case, entry.model, entry.k) for entry in manifest.entries}
    for lost in orphans(cassettes):
        yield Finding(cause="orphan", where=lost.name, told="no case has this name; take the recording away.")
    for new in cassettes:
        if new.case in case_names() and (new.case, new.model, new.k) not in known:
            yield Finding(
                cause="unknown recording", where=new.name, told="the manifest does not hold it; record it again."
            )
    for part in unused_parts(tuple(cassettes)):
        yield Finding(cause="orphan", where=part.name, told="no recording refers to this part; take it away.")


def _against(baseline: Baseline, rows: Sequence[Row]) -> Iterable[Finding]:
    moved = scored_again(baseline)
    yield from _judges(baseline, moved)
    accepted, today = {a.key: a for a in baseline.answers}, {row.key: row for row in rows}
    for key in sorted(accepted.keys() - today.keys()):
        yield Finding(cause="missing", where=key, told=f"it was accepted and is gone; bring it back, or {ACCEPT}")
    for key, row in today.items():
        before = accepted.get(key)
        if row.passed or row.faults or (before is not None and not before.passed):
            continue
        if before is None and row.model != AUTHORED:
            continue
        told = "it passed when it was accepted" if before else "it is new and does not pass"
        why = "; ".join(m for s in row.scores if not s.passed for m in s.messages[:2])
        yield Finding(cause="lost" if before else "fails", where=key, told=f"{told}: {why}")
    for key, row in today.items():
        if key in accepted and row.outcome != accepted[key].outcome:
            yield Finding(cause="answer", where=key, told=f"another answer than the one accepted; {ACCEPT}")


def _judges(baseline: Baseline, moved: Sequence[Moved]) -> Iterable[Finding]:
    """Say who judges otherwise than when the answers were accepted, and what that does to them."""
    told = _told(moved)
    if baseline.policy != bundle_digest(default_bundle()):
        yield Finding(cause="policy", where="gate/default_policy.yaml", told=f"the policy changed: {told}; {ACCEPT}")
    if baseline.rules != ruleset_digest():
        yield Finding(cause="rules", where="gate/rules", told=f"the gate's rules changed: {told}; {ACCEPT}")
    now = scorer_digests()
    for name in sorted({*now} | {*baseline.scorers}):
        if now.get(name) != baseline.scorers.get(name):
            yield Finding(
                cause=f"scorer {Path(name).stem}", where=f"evals/{name}", told=f"it changed: {told}; {ACCEPT}"
            )


def _told(moved: Sequence[Moved]) -> str:
    if not moved:
        return "no accepted answer is judged otherwise"
    lost = [m.key for m in moved if m.passed_before and not m.passes_now]
    named = _some([f"{m.key}: {', '.join(m.changed)}" for m in moved])
    words = f"{len(moved)} accepted answers are judged otherwise ({named})"
    return words + (f", {len(lost)} of them no longer pass" if lost else "")


def _no_baseline() -> Finding:
    return Finding(cause="baseline", where="evals/baseline.json", told=f"nothing was accepted yet; {ACCEPT}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _again(names: Sequence[str]) -> str:
    cases = sorted({name.split("/")[0] for name in names})
    one = f"python -m evals record {' '.join(cases) if len(cases) <= _NAMED else ''}".rstrip()
    return f"Record again: {one} (--authored for those whose answers are written by hand)"
