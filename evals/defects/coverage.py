"""Plans that leave the account's trouble untreated."""

from collections.abc import Sequence

from evals.cases import Case
from evals.defects.bending import each, known, without
from evals.defects.seeding import Defect, of_proposal
from evals.reading import critical_signals
from evals.treatments import TREATS, treatable
from plan import Proposal, ProposedStep, Severity, Signal


def critical_untreated(proposal: Proposal, case: Case) -> Proposal | None:
    """Leave out all that treats a critical signal."""
    for signal in critical_signals(case):
        return without(proposal, *(action for action, types in TREATS.items() if signal.type in types))
    return None


def critical_not_cited(proposal: Proposal, case: Case) -> Proposal | None:
    """Treat a critical signal without saying so."""
    return _silent(proposal, critical_signals(case)[:1])


def critical_cited_in_vain(proposal: Proposal, case: Case) -> Proposal | None:
    """Cite a critical signal only for steps that do not treat it."""
    signal = next(iter(critical_signals(case)), None)
    if signal is None:
        return None

    def turned(step: ProposedStep) -> ProposedStep:
        others = tuple(ref for ref in step.evidence if ref != signal.signal_id)
        treats = signal.type in TREATS.get(step.action_type, ())
        return step.model_copy(update={"evidence": others if treats else (*others, signal.signal_id)})

    return each(proposal, turned)


def weighty_not_cited(proposal: Proposal, case: Case) -> Proposal | None:
    """Leave a third of the weight aside, though nothing of it is critical alone."""
    there = [signal for signal in known(case).signals if treatable(signal, case.request)]
    grave = [signal for signal in there if signal.severity is Severity.HIGH]
    lesser = [signal for signal in there if signal.severity is Severity.MEDIUM]
    if case.expect.critical is not None or 3 * len(lesser) < 3 * len(grave) + len(lesser):
        return None
    return _silent(proposal, lesser)


def _silent(proposal: Proposal, signals: Sequence[Signal]) -> Proposal | None:
    """Return the plan without a word of these signals; None where there are none."""
    gone = {signal.signal_id for signal in signals}

    def silenced(step: ProposedStep) -> ProposedStep:
        return step.model_copy(update={"evidence": tuple(ref for ref in step.evidence if ref not in gone)})

    return each(proposal, silenced) if gone else None


DEFECTS: tuple[Defect, ...] = (
    of_proposal("coverage", critical_untreated),
    of_proposal("coverage", critical_not_cited),
    of_proposal("coverage", critical_cited_in_vain),
    of_proposal("coverage", weighty_not_cited),
)
