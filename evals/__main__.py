"""Play every recording offline and judge what it came to: `python -m evals`. Exit code 1 where anything fails."""

import sys
from collections import Counter
from typing import NamedTuple

from agent import Recording, StaleRecordingError, open_tape, parse_recording, player, read_recordings
from evals.cases import case_names, conversation, request_of
from evals.provenance import faults
from gate import Decision
from plan import NoPlan, Proposal


class Row(NamedTuple):
    """What is said of one case."""

    case: str
    source: str
    answers: int
    told: str
    faults: tuple[str, ...]


def examine(recording: Recording) -> Row:
    """Play one recording to its end: it fits the prompt of today, proves its source, and the gate does not deny it."""
    case, found = recording.meta.case, faults(recording)
    if case not in case_names():
        return _row(recording, "", [*found, "no case has this name"])
    if parse_recording(recording.dump()) != recording:
        found.append("it does not read back as it was written")
    tape = open_tape((recording,), once=True)
    told, denied = "", list[str]()
    try:
        for result, decision in conversation(player(tape), request_of(case)):
            told, denied = _told(result.outcome), _denied(decision)
        found += denied
    except StaleRecordingError as error:
        found += [*denied, str(error)]
    else:
        if not tape.all_played:
            found.append("an answer was never asked for")
    return _row(recording, told, found)


def _told(outcome: Proposal | NoPlan) -> str:
    return outcome.reason.value if isinstance(outcome, NoPlan) else f"{len(outcome.steps)} steps"


def _denied(decision: Decision | None) -> list[str]:
    if decision is None or decision.verdict != "DENY":
        return []
    return [f"{v.code} {v.where}: {v.message}" for v in decision.violations if v.severity == "HARD"]


def _row(recording: Recording, told: str, found: list[str]) -> Row:
    return Row(recording.meta.case, recording.meta.source, len(recording.exchanges), told, tuple(found))


def main() -> int:
    """Print the mix of sources, one line a case, and every fault."""
    recordings = read_recordings()
    mix = Counter(r.meta.source.split(":")[0] for r in recordings)
    print(f"{mix['authored']} authored, {mix['claude']} claude" + ("" if mix["claude"] else " (quality: not measured)"))
    rows = [examine(recording) for recording in recordings]
    missing = sorted(set(case_names()) - {row.case for row in rows})
    rows += [Row(case, "-", 0, "", ("it has no recording",)) for case in missing]
    for row in rows:
        print(f"{'fail' if row.faults else 'ok':<5}{row.case:<20}{row.source:<26}{row.answers:>2} answers  {row.told}")
        print(*(f"     {fault}" for fault in row.faults), sep="\n", end="\n" if row.faults else "")
    return int(any(row.faults for row in rows))


if __name__ == "__main__":
    sys.exit(main())
