"""Whose plan it is: nothing changes hands silently, and nothing runs on for an owner who left.

A draft follows its account and loses its approvals, an approved plan goes back to draft, a running plan pauses at once
and waits for its new owner's word; without it in time, the plan ends as orphaned.
"""

from collections.abc import Mapping

from gate import Act
from ledger import PlanState, Transferred
from orchestrator.desk import Acting, Desk, authorize, bundle, check_reason
from orchestrator.errors import BadInputError
from orchestrator.moves import Hand, Reasoned
from plan import OPEN, Account, Cause, Frozen, Id, Owner, PlanEvent, PlanStatus, Text
from store import Unit

NOBODY = "nobody"
_CHANGED: Reasoned = ("owner_changed", "")


def transfer(desk: Desk, plan_id: str, new_owner: str, reason: str, who: Acting, cause: Cause) -> None:
    """Hand a plan to another person; raise BadInputError for somebody who cannot own one."""
    check_reason(reason)
    with desk.unit() as unit:
        state = unit.plans.state(plan_id)
        hand = Hand(unit, who, authorize(unit, who, Act.TRANSFER, state), cause=cause)
        if new_owner == state.plan.owner:
            raise BadInputError(f"{new_owner} owns the plan already; name another person")
        known = {p.principal_id for p in unit.principals.every() if p.active and p.kind == "human"}
        if new_owner not in known:
            raise BadInputError(f"{new_owner} is nobody who may act here; see: oncourse principal list")
        hand_over(hand, state, new_owner, ("transferred", reason))


def accept(desk: Desk, plan_id: str, who: Acting, cause: Cause) -> None:
    """Take over a plan that was handed to oneself; an approver then resumes it."""
    with desk.unit() as unit:
        state = unit.plans.state(plan_id)
        if state.handover is None:
            raise BadInputError("the plan waits for no new owner; see: oncourse plan show")
        hand = Hand(unit, who, authorize(unit, who, Act.ACCEPT, state), cause=cause)
        hand.move_plan(state, PlanEvent.ACCEPT, ("accepted", ""))
        unit.wake(plan_id, unit.now)


def hand_over(hand: Hand, state: PlanState, new_owner: str, reason: Reasoned = _CHANGED) -> None:
    """Give a plan to its new owner, or to nobody, with all that follows from it."""
    unit, plan_id = hand.unit, state.plan.plan_id
    if state.plan.status is PlanStatus.APPROVED:
        hand = hand.because(hand.move_plan(state, PlanEvent.APPROVAL_LAPSE, ("owner_changed", "")))
    elif state.plan.status is PlanStatus.ACTIVE:
        hand = hand.because(hand.move_plan(state, PlanEvent.PAUSE, ("owner_changed", "")))
    state = unit.state(plan_id)
    days = bundle(unit)[0].handover_business_days
    waits = state.plan.status is PlanStatus.PAUSED
    accept_by = unit.tenant().calendar.add_business_days(unit.now, days) if waits else None
    hand.move_plan(state, PlanEvent.TRANSFER, reason, edge=Transferred, new_owner=new_owner, accept_by=accept_by)
    unit.wake(plan_id, unit.now)


def owner_gone(hand: Hand, owner_id: str) -> None:
    """Take every open plan out of the hands of somebody who may act no more."""
    for record in hand.unit.plans.find(statuses=OPEN):
        if record.plan.owner == owner_id:
            hand_over(hand, record.state, NOBODY)


class Owners(Frozen):
    """Who owned the accounts that have open plans, before something came in."""

    before: dict[str, str]


def owners_now(unit: Unit, accounts: Mapping[str, Account]) -> Owners:
    """Return the present owners of those among the accounts that have open plans."""
    names = {r.plan.account_id for r in unit.plans.find(statuses=OPEN)} & set(accounts)
    return Owners(before={name: unit.accounts.get(name).owner_id or NOBODY for name in sorted(names)})


class OwnerChange(Frozen):
    """What an `owner.changed` event carries: who owns the account now, or that somebody left."""

    owner_id: Id
    active: bool = True
    name: Text = ""


def owner_changed(hand: Hand, account_id: str | None, change: OwnerChange) -> None:
    """Take a change of owners that the CRM tells: of one account, or of a person who left."""
    unit = hand.unit
    accounts = {}
    if account_id is not None:
        accounts[account_id] = unit.accounts.get(account_id).model_copy(update={"owner_id": change.owner_id})
    owners = owners_now(unit, accounts)
    known = unit.accounts.owner(change.owner_id)
    name = change.name or (known.name if known else change.owner_id)
    person = (known or Owner(owner_id=change.owner_id, name=name)).model_copy(
        update={"active": change.active, "name": name}
    )
    unit.accounts.put("owners", [person])
    unit.accounts.put("accounts", accounts.values())
    follow(hand, owners, accounts, {person.owner_id: person})


def follow(hand: Hand, owners: Owners, accounts: Mapping[str, Account], people: Mapping[str, Owner]) -> None:
    """Let open plans follow accounts whose owner changed, and leave owners who are gone."""
    for account_id, before in owners.before.items():
        after = accounts[account_id].owner_id or NOBODY
        if after != before:
            for record in hand.unit.plans.find(account_id=account_id, statuses=OPEN):
                if record.plan.owner != after:
                    hand_over(hand, record.state, after)
    for owner_id in sorted(name for name, owner in people.items() if not owner.active):
        owner_gone(hand, owner_id)
