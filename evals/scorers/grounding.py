"""Does each step rest on evidence that is there and that calls for it? No figure may come from nowhere."""

from typing import NamedTuple

from agent import ProposalRequest
from evals.cases import Case
from evals.judging import Answer
from evals.reading import plan_of, texts, written
from evals.scorers.evidence import rows_of, stems, stems_of, supporting
from evals.scorers.figures import KnownFigures
from evals.scorers.score import Check, Score, scored
from evals.treatments import TREATS
from plan import Proposal, ProposedStep

NAME = "grounding"
SUPPORT, FIGURES, WORDS = 0.6, 0.2, 0.2
"""What each part of a step's ground counts."""


class Ground(NamedTuple):
    """How one step stands: whether its evidence calls for it, holds its figures, and speaks its words."""

    called_for: bool
    figures: bool
    words: bool
    messages: tuple[str, ...]


def grounding(answer: Answer, case: Case) -> Score | None:
    """Score the mean of the steps: 0 without known evidence, else support, figures and words by their parts.

    Half of what a treating step cites must call for it. The words of half of these steps must be of the evidence;
    all else must hold for every step, and for the figures of the summary and of the answers to a reviewer.
    """
    proposal = plan_of(answer, case)
    if proposal is None:
        return None
    figures = KnownFigures(case.request)
    grounds = [_ground(step, proposal, case.request, figures) for step in proposal.steps]
    cited = {ref for step in proposal.steps for ref in step.evidence}
    loose = [
        f"{where} holds the figures {', '.join(found)}, which nothing cited says; leave them out"
        for where, text in texts(proposal)
        if not where.startswith("step ") and (found := figures.loose(text, cited, proposal.steps))
    ]
    worth = sum(SUPPORT * g.called_for + FIGURES * g.figures + WORDS * g.words for g in grounds)
    treating = [g.words for s, g in zip(proposal.steps, grounds, strict=True) if s.action_type in TREATS]
    return scored(
        NAME,
        worth / max(1, len(grounds)) - (FIGURES if loose else 0),
        passed=bool(grounds)
        and all(g.called_for and g.figures for g in grounds)
        and 2 * sum(treating) >= len(treating)
        and not loose,
        hard=True,
        messages=(*(message for g in grounds for message in g.messages), *loose),
    )


def _ground(step: ProposedStep, proposal: Proposal, request: ProposalRequest, figures: KnownFigures) -> Ground:
    """Return how a step stands; only what treats signals must be called for and speak of them."""
    refs, told = step.evidence, f"step {step.key} ({step.action_type})"
    unknown = [ref for ref in refs if ref not in rows_of(request.situation)]
    if unknown or not refs:
        what = f"{', '.join(unknown)}, which is not known here" if unknown else "nothing"
        return Ground(False, False, False, (f"{told} cites {what}; cite what calls for it",))
    treats, known = step.action_type in TREATS, request.situation
    good = len(supporting(step, proposal, request).intersection(refs))
    loose = figures.loose(written(step), refs, [step])
    spoken = stems(written(step)) & set[str]().union(*(stems_of(ref, known) for ref in refs))
    checks = (
        Check(not treats or 2 * good >= len(refs), f"{told}: {good} of {len(refs)} cited ids call for it; half must"),
        Check(not loose, f"{told} holds the figures {', '.join(loose)}, which nothing that it cites says"),
        Check(not treats or bool(spoken), f"{told} shares no word with what it cites; say what it rests on"),
    )
    called_for, figured, worded = (check.holds for check in checks)
    return Ground(called_for, figured, worded, tuple(check.told for check in checks if not check.holds))
