"""Whether everything lies in its time, and what is urgent is answered at once."""

from datetime import timedelta

from evals.cases import Case
from evals.judging import Answer
from evals.reading import ancestors, critical_signals, last_instant, placed, plan_of, renews_on
from evals.scorers.score import Check, Score, checked
from evals.treatments import TREATS
from plan import Proposal, ProposedStep, Signal, days_between

NAME = "timing"
RESPONSE = timedelta(days=3)
"""By when something must happen about a critical signal; where nobody works on that day, on the next working day."""


def timing(answer: Answer, case: Case) -> Score | None:
    """Score the share of: each step inside its window and ended in time, each critical signal answered within days.

    A signal is answered by a step that cites it and treats it, or that prepares one which does.
    """
    proposal, request = plan_of(answer, case), case.request
    if proposal is None:
        return None
    calendar, last, renewal = request.situation.tenant.calendar, last_instant(request), renews_on(request)
    first = calendar.working_day(calendar.local_date(request.now) + RESPONSE)
    checks, starts = [], {}
    for at in placed(proposal, request):
        day = starts[at.step.key] = calendar.local_date(at.starts)
        ends = calendar.local_date(at.ends)
        checks.append(Check(at.ends <= last, f"step {at.step.key} ends on {ends}, after the last day {last:%Y-%m-%d}"))
        if at.spec and at.spec.window_days_to_renewal:
            left, (low, high) = days_between(day, renewal), at.spec.window_days_to_renewal
            told = f"step {at.step.key} starts {left} days before the renewal; {low} to {high} are right"
            checks.append(Check(low <= left <= high, told))
    for signal in critical_signals(case):
        prompt = any(starts[step.key] <= first for step in serving(signal, proposal))
        told = f"no step answers {signal.signal_id} ({signal.type}) by {first}; cite it in the first that does"
        checks.append(Check(prompt, told))
    return checked(NAME, checks, hard=True)


def serving(signal: Signal, proposal: Proposal) -> list[ProposedStep]:
    """Return the steps that cite a signal and treat it, or prepare a step that cites and treats it."""
    citing = [step for step in proposal.steps if signal.signal_id in step.evidence]
    treating = [step.key for step in citing if signal.type in TREATS.get(step.action_type, ())]
    before = ancestors(proposal)
    return [s for s in citing if s.key in treating or any(s.key in before[key] for key in treating)]
