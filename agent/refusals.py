"""The refusals that need no drafter: where no plan can be right, none is asked for."""

from agent.contract import ProposalRequest
from agent.draft import MOST_REASONS
from agent.scope import subject
from plan import PLAYBOOKS, NoPlan, NoPlanReason, Playbook, days_between, deadline


def refuse(request: ProposalRequest) -> NoPlan | None:
    """Return why no plan is right for this account now, or None where one may be."""
    known, playbook = request.situation, PLAYBOOKS.get(request.plan_type)
    name = known.account.name
    if playbook is None:
        return NoPlan(
            reason=NoPlanReason.NOTHING_TO_DEFEND, suggestion=f"There is no playbook for {request.plan_type} yet."
        )
    if not request.approved_actions:
        return NoPlan(
            reason=NoPlanReason.NOTHING_TO_DEFEND,
            suggestion=f"No action is approved for {request.plan_type}; publish a policy that approves some.",
        )
    if len(request.sent_back) > MOST_REASONS:
        return NoPlan(
            reason=NoPlanReason.CANNOT_ANSWER,
            suggestion=f"The draft was sent back more than {MOST_REASONS} times; edit it, and answer each reason.",
        )
    for other in known.open_plans:
        if other.plan_type is request.plan_type and other.status == "ACTIVE":
            return NoPlan(
                reason=NoPlanReason.PLAN_OPEN,
                suggestion=f"Plan {other.plan_id} is ACTIVE for {name}; steer that one, or end it first.",
            )
    if known.posture.posture not in playbook.postures:
        fitting = ", ".join(playbook.postures)
        return NoPlan(
            reason=NoPlanReason.POSTURE_UNFIT,
            suggestion=f"{name} is {known.posture.posture}; a {request.plan_type} fits {fitting}.",
        )
    return _timing(request, playbook)


def _timing(request: ProposalRequest, playbook: Playbook) -> NoPlan | None:
    known, calendar = request.situation, request.situation.tenant.calendar
    today = calendar.local_date(request.now)
    ahead = sorted((c for c in known.contracts if c.renews_on >= today), key=lambda c: (c.renews_on, c.contract_id))
    if not ahead:
        return NoPlan(
            reason=NoPlanReason.NOTHING_TO_DEFEND, suggestion=f"{known.account.name} has no contract that renews."
        )
    if subject(request):
        return None
    first = ahead[0]
    days = days_between(today, first.renews_on)
    if request.now > deadline(first.renews_on, calendar) or days < playbook.last_days:
        return NoPlan(
            reason=NoPlanReason.DEADLINE_PASSED,
            suggestion=f"{first.contract_id} renews in {days} days; day -30 has passed: hand it to its owner.",
        )
    return NoPlan(
        reason=NoPlanReason.NOTHING_TO_DEFEND,
        suggestion=f"{first.contract_id} renews in {days} days; a defence starts at {playbook.first_days}.",
    )
