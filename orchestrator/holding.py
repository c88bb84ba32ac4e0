"""Accounts whose external steps wait: something came in, and somebody looks before anybody is written to again."""

from gate import Act
from ledger import AccountHeld, AccountReleased, Hold
from orchestrator.desk import Acting, Desk, authorize, check_reason
from orchestrator.errors import BadInputError
from orchestrator.moves import Hand
from plan import Approval, Cause, Fact, PlanStep, holds, spec_of
from store import Unit


def held(unit: Unit, account_id: str) -> tuple[Hold, ...]:
    """Return what holds an account's external steps; nothing where they may go."""
    state = unit.accounts.state(account_id)
    return state.holds if state is not None else ()


def reaches_out(step: PlanStep) -> bool:
    """Tell whether the system itself would send this step to the customer; a task is its performer's to hold."""
    return spec_of(step.action_type).external and step.approval is not Approval.TASK


def hold(hand: Hand, fact: Fact) -> None:
    """Hold the account where the fact is such that somebody should look first."""
    if holds(fact):
        hand.unit.record(
            f"account/{fact.account_id}",
            "account.held.v1",
            AccountHeld(fact_id=fact.fact_id, kind=fact.kind.value),
            actor=hand.who.actor,
            authority=hand.authority,
            cause=hand.cause,
        )


def release(desk: Desk, account_id: str, reason: str, who: Acting) -> tuple[Hold, ...]:
    """Let an account's external steps go on; returns what had held them. Its owner or an approver does this."""
    check_reason(reason)
    with desk.unit() as unit:
        account = unit.accounts.get(account_id)
        authority = authorize(unit, who, Act.RELEASE, owner=account.owner_id)
        known = held(unit, account_id)
        if not known:
            raise BadInputError(f"account {account_id} is not held; see: oncourse account list")
        unit.record(
            f"account/{account_id}",
            "account.released.v1",
            AccountReleased(facts=tuple(hold.fact_id for hold in known)),
            actor=who.actor,
            authority=authority,
            cause=Cause(kind="person", ref=who.principal.principal_id),
            reason=("released", reason),
        )
        unit.plans.wake_account(account_id, unit.now)
        return known
