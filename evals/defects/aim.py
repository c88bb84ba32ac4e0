"""Plans that aim elsewhere, arrive too late, leave the account's trouble untreated, or do more than is needed."""

from collections.abc import Sequence

from evals.cases import Case
from evals.defects.bending import each, first, grown, known, last_day, new_step, touched, without
from evals.defects.policy import other_account
from evals.defects.seeding import Defect, of_account, of_proposal
from evals.reading import critical_signals, deals_of
from evals.treatments import CALLED_FOR, CLOSING, TREATS, treatable
from plan import PRECONDITIONS, PlanType, Proposal, ProposedStep, Severity, Signal, contacts_of, spec_of


def other_plan_type(proposal: Proposal, _case: Case) -> Proposal:
    """Sell more instead of defending."""
    return proposal.model_copy(update={"plan_type": PlanType.EXPANSION})


def other_contracts(proposal: Proposal, _case: Case) -> Proposal:
    """Defend one contract more than there is to defend."""
    return proposal.model_copy(update={"subject": (*proposal.subject, "stranger-1")})


def fewer_contracts(proposal: Proposal, _case: Case) -> Proposal | None:
    """Defend one contract less."""
    return proposal.model_copy(update={"subject": proposal.subject[1:]}) if len(proposal.subject) > 1 else None


def no_goal(proposal: Proposal, _case: Case) -> Proposal | None:
    """Serve no goal, where the tenant has one."""
    return proposal.model_copy(update={"goal": None}) if proposal.goal else None


def no_closing_step(proposal: Proposal, case: Case) -> Proposal | None:
    """Do all but close."""
    return without(proposal, *CLOSING) if deals_of(case.request) else None


def closing_optional(proposal: Proposal, case: Case) -> Proposal | None:
    """Close, or not."""
    return _closing(proposal, case, required=False)


def closes_too_late(proposal: Proposal, case: Case) -> Proposal | None:
    """Start to close on the last day, on which nothing ends that takes one."""
    return _closing(proposal, case, start_day=last_day(case))


def closes_another_deal(proposal: Proposal, case: Case) -> Proposal | None:
    """Close a deal that renews nothing."""
    if not deals_of(case.request):
        return None
    other = next(
        (d.opportunity_id for d in known(case).opportunities if d.opportunity_id not in deals_of(case.request)), "x-1"
    )
    return each(
        proposal,
        lambda step: (
            step.model_copy(update={"params": step.params | {"opportunity_id": other}})
            if step.action_type in CLOSING
            else step
        ),
    )


def unwanted_action(proposal: Proposal, case: Case) -> Proposal | None:
    """Do what is wrong here although every rule allows it."""
    for action in case.expect.unwanted:
        step = new_step("more", action, proposal, case)
        if step:
            return grown(proposal, step)
    return None


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


def step_twice(proposal: Proposal, _case: Case) -> Proposal:
    """Take the last step twice."""
    return grown(proposal, proposal.steps[-1].model_copy(update={"key": "again"}))


def asks_the_same_person_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Ask the same person for a second meeting, for another purpose."""
    step = first(proposal, "REQUEST_RENEWAL_MEETING")
    return _again(proposal, step, purpose="VALUE_CHECK", proposed_slots=1) if step else None


def reviews_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Hold a second review with another agenda."""
    step = first(proposal, "RUN_VALUE_REVIEW")
    return _again(proposal, step, agenda="Once more, from the start.") if step else None


def maps_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Map the people a second time, for other roles."""
    step = first(proposal, "MAP_STAKEHOLDERS")
    return _again(proposal, step, roles_required=["ADMIN"]) if step else None


def briefs_twice(proposal: Proposal, _case: Case) -> Proposal | None:
    """Make a second brief of other sections."""
    step = first(proposal, "PREP_RENEWAL_BRIEF")
    return _again(proposal, step, sections=["VALUE"]) if step else None


def escalates_a_part_again(proposal: Proposal, _case: Case) -> Proposal | None:
    """Escalate one of the tickets again, and twice at that."""
    step = first(proposal, "ESCALATE_SUPPORT_RISK")
    return _again(proposal, step, ticket_ids=[step.params["ticket_ids"][0]] * 2) if step else None


def needless_step(proposal: Proposal, case: Case) -> Proposal | None:
    """Take a step for which nothing calls."""
    types = {signal.type for signal in known(case).signals}
    there = {step.action_type for step in proposal.steps}
    for action in _ON_A_SIGNAL:
        called = types & TREATS[action] or (
            action in CALLED_FOR and PRECONDITIONS[CALLED_FOR[action]](known(case), {}) is None
        )
        needed = any(action in requirement.actions for name in there for requirement in spec_of(name).requires)
        step = new_step("more", action, proposal, case)
        if step and not called and not needed and action not in there:
            return grown(proposal, step)
    return None


def prepares_for_nothing(proposal: Proposal, case: Case) -> Proposal | None:
    """Map the people though nothing that needs the map is left."""
    people = TREATS["MAP_STAKEHOLDERS"] & {signal.type for signal in known(case).signals}
    mapped = first(proposal, "MAP_STAKEHOLDERS") is not None
    return without(proposal, "ENGAGE_EXEC_SPONSOR", "REBUILD_CHAMPION") if mapped and not people else None


def done_last_week(proposal: Proposal, case: Case) -> Case | None:
    """Take a step that somebody took a week ago, with a good end."""
    step = proposal.steps[-1]
    if step.action_type == "PREP_RENEWAL_BRIEF":
        return None
    who = (*contacts_of(step.params), None)[0]
    outcome = spec_of(step.action_type).outcomes_ok[0]
    return touched(case, 7, action_type=step.action_type, outcome=outcome, contact_id=who)


_ON_A_SIGNAL = (
    "LAUNCH_ADOPTION_PLAY",
    "REQUEST_DISCOUNT_APPROVAL",
    "MAP_STAKEHOLDERS",
    "ENGAGE_EXEC_SPONSOR",
    "RESOLVE_BILLING_BLOCKER",
    "REBUILD_CHAMPION",
    "ESCALATE_SUPPORT_RISK",
)
"""Actions that only a signal or a record calls for."""


def _closing(proposal: Proposal, case: Case, **update: object) -> Proposal | None:
    if not deals_of(case.request):
        return None
    return each(proposal, lambda step: step.model_copy(update=update) if step.action_type in CLOSING else step)


def _silent(proposal: Proposal, signals: Sequence[Signal]) -> Proposal | None:
    """Return the plan without a word of these signals; None where there are none."""
    gone = {signal.signal_id for signal in signals}

    def silenced(step: ProposedStep) -> ProposedStep:
        return step.model_copy(update={"evidence": tuple(ref for ref in step.evidence if ref not in gone)})

    return each(proposal, silenced) if gone else None


def _again(proposal: Proposal, step: ProposedStep, **params: object) -> Proposal:
    again = step.model_copy(update={"key": "again", "start_day": step.start_day + 10, "params": step.params | params})
    return grown(proposal, again)


DEFECTS: tuple[Defect, ...] = (
    *(
        of_proposal("objective", change)
        for change in (
            other_plan_type,
            other_account,
            other_contracts,
            fewer_contracts,
            no_goal,
            no_closing_step,
            closing_optional,
            closes_too_late,
            closes_another_deal,
            unwanted_action,
        )
    ),
    *(
        of_proposal("coverage", change)
        for change in (critical_untreated, critical_not_cited, critical_cited_in_vain, weighty_not_cited)
    ),
    *(
        of_proposal("parsimony", change)
        for change in (
            step_twice,
            asks_the_same_person_twice,
            reviews_twice,
            maps_twice,
            briefs_twice,
            escalates_a_part_again,
            needless_step,
            prepares_for_nothing,
        )
    ),
    of_account("parsimony", done_last_week),
)
