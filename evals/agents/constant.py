"""Agents that do not read: they decline, or answer every account with the same plan."""

from collections.abc import Callable, Sequence

from agent import playbook_drafter
from agent.scope import goal, subject
from evals.agents.filling import fill
from evals.cases import Case
from plan import NoPlan, NoPlanReason, Proposal, ProposedDependency, ProposedStep

Outcome = Proposal | NoPlan
_SENTENCE = "It is the usual play for a renewal."


def decline(case: Case) -> Outcome:
    """Decline every account, with whatever reason would be right if declining were."""
    reason = case.expect.reasons[0] if case.expect.reasons else NoPlanReason.NOT_ENOUGH_KNOWN
    return NoPlan(reason=reason, suggestion="Hand the account to its owner.")


def constructor(case: Case) -> Outcome:
    """Build the playbook's own plan for the situation: rules that read everything but the room between the lines."""
    return playbook_drafter().draft(case.request).outcome


def template(case: Case) -> Outcome:
    """Send every account the same five steps, citing the newest signal."""
    return _plan(case, _FIVE, _newest)


def cite_everything(case: Case) -> Outcome:
    """Send every account the same five steps, citing all that there is."""
    return _plan(case, _FIVE, lambda case: tuple(sorted(case.request.situation.evidence_ids()))[:40])


def every_action(case: Case) -> Outcome:
    """Take every approved action that can be filled in, one after the other."""
    listed = sorted(case.request.approved_actions, key=_ORDER.index)
    return _plan(case, tuple((action, 3 * n, listed[n - 1 : n]) for n, action in enumerate(listed)), _newest)


_Step = tuple[str, int, Sequence[str]]
_FIVE: tuple[_Step, ...] = (
    ("PREP_RENEWAL_BRIEF", 0, ()),
    ("CONFIRM_RENEWAL_OWNER", 0, ()),
    ("REQUEST_RENEWAL_MEETING", 3, ("PREP_RENEWAL_BRIEF", "CONFIRM_RENEWAL_OWNER")),
    ("RUN_VALUE_REVIEW", 11, ("REQUEST_RENEWAL_MEETING",)),
    ("RECORD_COMMITMENT", 19, ("RUN_VALUE_REVIEW",)),
)
_ORDER = (
    "PREP_RENEWAL_BRIEF",
    "CONFIRM_RENEWAL_OWNER",
    "MAP_STAKEHOLDERS",
    "ESCALATE_SUPPORT_RISK",
    "NOTIFY_ACCOUNT_TEAM",
    "REQUEST_RENEWAL_MEETING",
    "ENGAGE_EXEC_SPONSOR",
    "REBUILD_CHAMPION",
    "RESOLVE_BILLING_BLOCKER",
    "LAUNCH_ADOPTION_PLAY",
    "RUN_VALUE_REVIEW",
    "REQUEST_DISCOUNT_APPROVAL",
    "SEND_RENEWAL_PROPOSAL",
    "RECORD_COMMITMENT",
)


def _newest(case: Case) -> tuple[str, ...]:
    known = case.request.situation
    newest = sorted(known.signals, key=lambda s: (-s.observed_at.timestamp(), s.signal_id))
    return tuple(s.signal_id for s in newest[:1]) or tuple(c.contract_id for c in known.contracts[:1])


def _plan(case: Case, listed: Sequence[_Step], cites: Callable[[Case], tuple[str, ...]]) -> Outcome:
    steps, evidence = list[ProposedStep](), cites(case)
    for action, day, after in listed:
        params = fill(action, case)
        if params is not None and action in case.request.approved_actions:
            keys = {step.action_type: step.key for step in steps}
            steps.append(
                ProposedStep(
                    key=f"s{len(steps)}",
                    action_type=action,
                    params=params,
                    depends_on=tuple(ProposedDependency(key=keys[parent]) for parent in after if parent in keys),
                    start_day=day,
                    evidence=evidence,
                    rationale=_SENTENCE,
                )
            )
    return proposal(case, steps)


def proposal(case: Case, steps: Sequence[ProposedStep], confidence: int | None = None) -> Outcome:
    """Return the proposal that these steps make; a refusal where no contract can be defended."""
    contracts = subject(case.request)
    if not contracts or not steps:
        return NoPlan(reason=NoPlanReason.NOTHING_TO_DEFEND, suggestion="Hand the account to its owner.")
    return Proposal(
        account_id=case.request.situation.account.account_id,
        plan_type=case.request.plan_type,
        subject=tuple(contract.contract_id for contract in contracts),
        goal=goal(case.request),
        summary=_SENTENCE,
        confidence_percent=confidence,
        steps=tuple(steps),
    )
