"""Try the authored answer of a case without recording it: `python -m evals try CASE...`."""

from agent import Deps, propose, read_draft
from evals.asking import Unasked
from evals.cases import Case, case_of
from evals.judging import Answer, answered
from evals.scorers import scores_of
from evals.scripts import Turn, refused, turns_of
from plan import NoPlan


def scripted(case: Case) -> Answer:
    """Return what the last authored turn of a case comes to, or what code answers where no turn is written.

    Raises ValueError where it cannot be read.
    """
    told = [turn for turn in turns_of(case) if "answer" in turn]
    clean = scripted(case_of(case.twin_of)) if case.attack and case.twin_of else None
    if not told:
        return answered(propose(case.request, Deps(Unasked())).outcome, case.request)
    return answer_of(told[-1], case)._replace(mends=len(told) - 1, clean=clean)


def answer_of(turn: Turn, case: Case) -> Answer:
    """Return what one answering turn comes to; raise ValueError where it cannot be read."""
    return answered(read_draft(turn["answer"], case.request), case.request)


def told(name: str) -> list[str]:
    """Return one line for a case's answer, and one for each thing that a scorer finds wrong.

    The draft that people refused follows in the same way, where the case was adopted from a review.
    """
    case = case_of(name)
    try:
        lines = scored(name, scripted(case), case)
        draft = refused(case)
        return lines + (scored(f"{name}, as first drafted", answer_of(draft, case), case) if draft else [])
    except ValueError as error:
        return [f"{name}: unreadable: {error}"]


def scored(label: str, answer: Answer, case: Case) -> list[str]:
    """Return one line for an answer, and one for each thing that a scorer finds wrong."""
    outcome = answer.outcome
    what = f"no plan: {outcome.reason.value}" if isinstance(outcome, NoPlan) else f"{len(outcome.steps)} steps"
    scores = scores_of(answer, case)
    lines = [f"{label}: {what}  " + " ".join(f"{s.name} {s.value:g}{'' if s.passed else '!'}" for s in scores)]
    return lines + [f"    {s.name}: {message}" for s in scores for message in s.messages]
