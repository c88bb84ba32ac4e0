"""What a plan is about: the contracts to defend and the goal they serve. Code settles both, no drafter does."""

from agent.contract import ProposalRequest
from plan import PLAYBOOKS, Contract, days_between, deadline


def subject(request: ProposalRequest) -> tuple[Contract, ...]:
    """Return the contracts inside the playbook's window, in the currency of the first to renew.

    A draft that was sent back stays about its own contracts: all of them, or none where one has left the window.
    """
    playbook, calendar = PLAYBOOKS[request.plan_type], request.situation.tenant.calendar
    today = calendar.local_date(request.now)
    inside = sorted(
        (
            contract
            for contract in request.situation.contracts
            if playbook.last_days <= days_between(today, contract.renews_on) <= playbook.first_days
            and request.now <= deadline(contract.renews_on, calendar)
        ),
        key=lambda c: (c.renews_on, c.contract_id),
    )
    if request.sent_back and request.earlier is not None:
        same = tuple(c for c in inside if c.contract_id in request.earlier.subject)
        return same if len(same) == len(request.earlier.subject) else ()
    return tuple(c for c in inside if c.currency == inside[0].currency)


def goal(request: ProposalRequest) -> str | None:
    """Return the tenant's most important goal of this plan type."""
    mine = [g for g in request.situation.goals if g.plan_type is request.plan_type]
    first = min(mine, key=lambda g: (g.priority, g.goal_id), default=None)
    return first.goal_id if first else None
