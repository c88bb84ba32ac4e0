"""Plans whose steps come in a wrong order or at a wrong time: policy refuses them, and each scorer sees its part."""

from datetime import timedelta

from evals.cases import Case
from evals.defects.bending import changed, days_left, each, ever_done, first, known, last_day, without
from evals.defects.seeding import Defect, of_proposal
from evals.reading import critical_signals
from evals.treatments import TREATS
from plan import PRECONDITIONS, DependencyKind, Proposal, ProposedDependency, ProposedStep, find_spec


def waits_in_a_circle(proposal: Proposal, _case: Case) -> Proposal | None:
    """Let a step wait for one that waits for it."""
    child = _child(proposal)
    if child is None:
        return None
    back = ProposedDependency(key=child.key)
    return changed(proposal, child.depends_on[0].key, depends_on=(back,))


def prerequisite_dropped(proposal: Proposal, case: Case) -> Proposal | None:
    """Leave out what a later step requires."""
    step = _needy(proposal, case)
    return without(proposal, *_needs(step)) if step else None


def prerequisite_edge_cut(proposal: Proposal, case: Case) -> Proposal | None:
    """Let a step that requires another wait for nothing."""
    step = _needy(proposal, case)
    return changed(proposal, step.key, depends_on=()) if step else None


def prerequisite_may_fail(proposal: Proposal, case: Case) -> Proposal | None:
    """Wait for the end of what is required, however it ends."""
    step = _needy(proposal, case)
    if step is None:
        return None
    any_end = tuple(ProposedDependency(key=d.key, kind=DependencyKind.FINISHED) for d in step.depends_on)
    return changed(proposal, step.key, depends_on=any_end)


def prerequisite_ends_badly(proposal: Proposal, case: Case) -> Proposal | None:
    """Wait for a bad end of what is required."""
    step = _needy(proposal, case)
    need = step and first(proposal, *_needs(step))
    spec = need and find_spec(need.action_type)
    if not step or not need or not spec:
        return None
    bad = ProposedDependency(key=need.key, kind=DependencyKind.OUTCOME_IN, outcomes=spec.outcomes_bad[:1])
    return changed(proposal, step.key, depends_on=(bad,))


def prerequisite_may_end_badly(proposal: Proposal, case: Case) -> Proposal | None:
    """Wait for any of two ends of what is required, a good and a bad one."""
    step = _needy(proposal, case)
    need = step and first(proposal, *_needs(step))
    spec = need and find_spec(need.action_type)
    if not step or not need or not spec:
        return None
    either = (spec.outcomes_ok[0], spec.outcomes_bad[-1])
    loose = ProposedDependency(key=need.key, kind=DependencyKind.OUTCOME_IN, outcomes=either)
    return changed(proposal, step.key, depends_on=(loose,))


def meeting_before_escalation(proposal: Proposal, case: Case) -> Proposal | None:
    """Ask an angry customer for a meeting before he is helped."""
    angry = PRECONDITIONS["support_risk_is_open"](known(case), {}) is None
    if not angry or ever_done(case, "ESCALATE_SUPPORT_RISK") or not first(proposal, "REQUEST_RENEWAL_MEETING"):
        return None
    return without(proposal, "ESCALATE_SUPPORT_RISK")


def starts_before_parent_ends(proposal: Proposal, _case: Case) -> Proposal | None:
    """Start a step on the day on which what it waits for starts."""
    child = _child(proposal)
    if child is None:
        return None
    starts = {step.key: step.start_day for step in proposal.steps}
    return changed(proposal, child.key, start_day=max(starts[need.key] for need in child.depends_on))


def outside_window(proposal: Proposal, case: Case) -> Proposal | None:
    """Take an action later than it makes sense before a renewal."""
    for step in reversed(proposal.steps):
        spec = find_spec(step.action_type)
        if spec and spec.window_days_to_renewal:
            return changed(proposal, step.key, start_day=days_left(case) - spec.window_days_to_renewal[0] + 1)
    return None


def offer_too_early(proposal: Proposal, case: Case) -> Proposal | None:
    """Send the offer today, though the renewal is far."""
    step, spec = first(proposal, "SEND_RENEWAL_PROPOSAL"), find_spec("SEND_RENEWAL_PROPOSAL")
    if step is None or spec is None or spec.window_days_to_renewal is None:
        return None
    too_early = days_left(case) - spec.window_days_to_renewal[1] > 3  # noqa: PLR2004 - a day off moves it on
    return changed(proposal, step.key, start_day=0) if too_early else None


def due_before_start(proposal: Proposal, _case: Case) -> Proposal | None:
    """Let a step be due before it starts."""
    late = next((step for step in reversed(proposal.steps) if step.start_day), None)
    return changed(proposal, late.key, due_day=late.start_day - 1) if late else None


def starts_after_the_end(proposal: Proposal, case: Case) -> Proposal:
    """Start the last step after the last day that counts."""
    return changed(proposal, proposal.steps[-1].key, start_day=last_day(case) + 1)


def waits_for_itself(proposal: Proposal, _case: Case) -> Proposal:
    """Let a step wait for itself."""
    step = proposal.steps[-1]
    return changed(proposal, step.key, depends_on=(*step.depends_on, ProposedDependency(key=step.key)))


def waits_for_nobody(proposal: Proposal, _case: Case) -> Proposal:
    """Let a step wait for one that there is not."""
    step = proposal.steps[-1]
    return changed(proposal, step.key, depends_on=(*step.depends_on, ProposedDependency(key="ghost")))


def waits_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Let a step wait twice for another, in two ways."""
    child = _child(proposal)
    if child is None:
        return None
    again = ProposedDependency(key=child.depends_on[0].key, kind=DependencyKind.FINISHED)
    return changed(proposal, child.key, depends_on=(*child.depends_on, again))


def all_on_one_day(proposal: Proposal, _case: Case) -> Proposal | None:
    """Start everything today."""
    return each(proposal, lambda step: step.model_copy(update={"start_day": 0})) if _child(proposal) else None


def ends_a_day_late(proposal: Proposal, case: Case) -> Proposal | None:
    """Start the last long step so that it ends the day after the last that counts."""
    for step in reversed(proposal.steps):
        spec = find_spec(step.action_type)
        if spec and spec.typical_duration >= timedelta(days=1):
            return changed(proposal, step.key, start_day=last_day(case) + 1 - spec.typical_duration.days)
    return None


def answers_late(proposal: Proposal, case: Case) -> Proposal | None:
    """Do everything as planned, but three weeks later."""
    if not critical_signals(case):
        return None
    return each(proposal, lambda step: step.model_copy(update={"start_day": step.start_day + 21}))


def answers_one_late(proposal: Proposal, case: Case) -> Proposal | None:
    """Treat a critical signal only by steps that start after two weeks."""
    signal = next(iter(critical_signals(case)), None)
    if signal is None:
        return None

    def later(step: ProposedStep) -> ProposedStep:
        if signal.type in TREATS.get(step.action_type, ()):
            return step.model_copy(update={"start_day": step.start_day + 14})
        others = tuple(ref for ref in step.evidence if ref != signal.signal_id)
        return step.model_copy(update={"evidence": others})

    return each(proposal, later)


def _child(proposal: Proposal) -> ProposedStep | None:
    return next((step for step in reversed(proposal.steps) if step.depends_on), None)


def _needs(step: ProposedStep) -> tuple[str, ...]:
    spec = find_spec(step.action_type)
    return spec.requires[0].actions if spec and spec.requires else ()


def _needy(proposal: Proposal, case: Case) -> ProposedStep | None:
    """Return the last step that requires one which the account has never seen, and for whose good end alone it waits.

    A requirement that also takes a bad end is none that can be broken by one.
    """
    for step in reversed(proposal.steps):
        spec, needs = find_spec(step.action_type), _needs(step)
        parent = find_spec(needs[0]) if needs else None
        strict = spec and parent and set(spec.requires[0].outcomes) <= set(parent.outcomes_ok)
        if strict and not ever_done(case, *needs):
            return step
    return None


DEFECTS: tuple[Defect, ...] = (
    of_proposal("policy", waits_in_a_circle, "PG020"),
    of_proposal("policy", prerequisite_dropped, "PG021"),
    of_proposal("policy", prerequisite_edge_cut, "PG021"),
    of_proposal("policy", prerequisite_may_fail, "PG021"),
    of_proposal("policy", prerequisite_ends_badly, "PG021"),
    of_proposal("policy", prerequisite_may_end_badly, "PG021"),
    of_proposal("policy", meeting_before_escalation, "PG021"),
    of_proposal("policy", starts_before_parent_ends, "PG022"),
    of_proposal("policy", outside_window, "PG022"),
    of_proposal("policy", offer_too_early, "PG022"),
    of_proposal("policy", due_before_start, "PG022"),
    of_proposal("policy", starts_after_the_end, "PG022"),
    of_proposal("dependency", waits_for_itself),
    of_proposal("dependency", waits_for_nobody),
    of_proposal("dependency", waits_twice),
    of_proposal("dependency", waits_in_a_circle),
    of_proposal("dependency", prerequisite_dropped),
    of_proposal("dependency", prerequisite_edge_cut),
    of_proposal("dependency", prerequisite_may_fail),
    of_proposal("dependency", prerequisite_ends_badly),
    of_proposal("dependency", prerequisite_may_end_badly),
    of_proposal("dependency", starts_before_parent_ends),
    of_proposal("dependency", all_on_one_day),
    of_proposal("timing", outside_window),
    of_proposal("timing", offer_too_early),
    of_proposal("timing", starts_after_the_end),
    of_proposal("timing", ends_a_day_late),
    of_proposal("timing", answers_late),
    of_proposal("timing", answers_one_late),
)
