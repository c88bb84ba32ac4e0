"""Whether what is wrong with the account is treated."""

from evals.cases import Case
from evals.judging import Answer
from evals.reading import critical_signals, plan_of
from evals.scorers.score import Score, scored
from evals.treatments import TREATS, treatable
from plan import Proposal, Severity, Signal

NAME = "coverage"
WEIGHTS = {Severity.HIGH: 3, Severity.MEDIUM: 1, Severity.LOW: 0}
LEAST = 0.8


def coverage(answer: Answer, case: Case) -> Score | None:
    """Score the weight of the signals that some step treats and cites, of all that can be treated here.

    All critical signals must be treated; where a case does not name them, also four fifths of the whole weight.
    """
    proposal = plan_of(answer, case)
    if proposal is None:
        return None
    critical = critical_signals(case)
    weights = {s: WEIGHTS[s.severity] for s in case.request.situation.signals if treatable(s, case.request)}
    weights |= dict.fromkeys(critical, WEIGHTS[Severity.HIGH])
    missed = [signal for signal in weights if weights[signal] and not treated(signal, proposal)]
    whole = sum(weights.values())
    share = 1 - sum(weights[signal] for signal in missed) / whole if whole else 1.0
    enough = case.expect.critical is not None or share >= LEAST
    return scored(
        NAME,
        share,
        passed=enough and not any(signal in critical for signal in missed),
        hard=True,
        messages=tuple(_told(signal, critical=signal in critical) for signal in missed),
    )


def treated(signal: Signal, proposal: Proposal) -> bool:
    """Tell whether a step treats a signal and says so."""
    return any(
        signal.signal_id in step.evidence and signal.type in TREATS.get(step.action_type, ()) for step in proposal.steps
    )


def _told(signal: Signal, *, critical: bool) -> str:
    able = " or ".join(name for name, types in TREATS.items() if signal.type in types)
    what = "critical signal" if critical else "signal"
    return f"no step treats and cites the {what} {signal.signal_id} ({signal.type}); {able or 'nothing'} would"
