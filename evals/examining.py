"""Play every recording and score what it came to. Every case has a row, whatever happens to it."""

from collections.abc import Callable, Iterable
from itertools import groupby

from agent import Deps, Recording, StaleRecordingError, open_tape, propose
from evals.asking import Unasked, ask
from evals.cases import Case, all_cases, case_of
from evals.cassettes import AUTHORED, Cassette
from evals.judging import Answer, answered
from evals.local import player_of
from evals.provenance import faults
from evals.results import Row, row_of
from evals.scorers import scores_of
from plan import NoPlan, NoPlanReason

Tell = Callable[[str], None]


def examine(cassettes: Iterable[Cassette], tell: Tell = lambda _line: None) -> list[Row]:
    """Return a row for each recording, and one for each case that needs none or lacks one, by case."""
    rows = list[Row]()
    for model, group in groupby(sorted(cassettes, key=lambda c: (c.model, c.k, c.case)), key=lambda c: c.model):
        clean: dict[tuple[str, int], Answer] = {}
        ordered = sorted(group, key=lambda c: (c.k, case_of(c.case).change == "attacked", c.case))
        for number, cassette in enumerate(ordered, 1):
            case = case_of(cassette.case)
            answer, found = play(cassette.recording, case)
            if case.change is None:
                clean[case.name, cassette.k] = answer
            elif case.change == "attacked":
                answer = answer._replace(clean=clean.get((case.twin_of or "", cassette.k)))
            rows.append(row_of(cassette, case, answer, scores_of(answer, case), found))
            tell(f"{model}: {number} of {len(ordered)} recordings played")
    seen = {row.case for row in rows if row.model == AUTHORED}
    rows += [_unrecorded(case) for case in all_cases() if case.name not in seen]
    return sorted(rows, key=lambda row: (row.case, row.model, row.k))


def play(recording: Recording, case: Case) -> tuple[Answer, list[str]]:
    """Return what a recording comes to, and what is wrong with it as a recording."""
    found = faults(recording)
    if recording.meta.case != case.name:
        found.append(f"it says that it is of {recording.meta.case}")
    tape = open_tape((recording,), once=True)
    try:
        answer = ask(player_of(recording, tape), case.request)
    except StaleRecordingError as error:
        missed = NoPlan(reason=NoPlanReason.NO_RECORDING, suggestion="Record this case again.")
        return Answer(missed), [*found, str(error)]
    if not tape.all_played:
        found.append("an answer was never asked for")
    return answer, found


def _unrecorded(case: Case) -> Row:
    outcome = propose(case.request, Deps(Unasked())).outcome
    answer = answered(outcome, case.request)
    missing = isinstance(outcome, NoPlan) and outcome.reason is NoPlanReason.NO_RECORDING
    found = [f"it has no recording; record one: python -m evals record {case.name} --authored"] if missing else []
    return row_of(None, case, answer, scores_of(answer, case), found)
