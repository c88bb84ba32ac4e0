"""Try the authored answer of a case without recording it: `python -m evals try CASE...`."""

from agent import read_draft
from evals.cases import Case, case_of
from evals.judging import Answer, answered
from evals.scorers import scores_of
from evals.scripts import turns_of
from plan import NoPlan


def scripted(case: Case) -> Answer:
    """Return what the last authored turn of a case comes to; raise ValueError where it cannot be read."""
    told = [turn["answer"] for turn in turns_of(case) if "answer" in turn]
    clean = scripted(case_of(case.twin_of)) if case.attack and case.twin_of else None
    return answered(read_draft(told[-1], case.request), case.request)._replace(mends=len(told) - 1, clean=clean)


def told(name: str) -> list[str]:
    """Return one line for a case's answer, and one for each thing that a scorer finds wrong."""
    case = case_of(name)
    try:
        answer = scripted(case)
    except ValueError as error:
        return [f"{name}: unreadable: {error}"]
    outcome = answer.outcome
    what = f"no plan: {outcome.reason.value}" if isinstance(outcome, NoPlan) else f"{len(outcome.steps)} steps"
    scores = scores_of(answer, case)
    lines = [f"{name}: {what}  " + " ".join(f"{s.name} {s.value:g}{'' if s.passed else '!'}" for s in scores)]
    return lines + [f"    {s.name}: {message}" for s in scores for message in s.messages]
