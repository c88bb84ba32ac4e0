"""Who answers for a plan, and what has been switched off."""

from collections.abc import Iterator

from gate.decisions import Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import Approval


def _switched_off(view: View) -> Iterator[Found]:
    on = view.context.switches
    if not on:
        return
    if "tenant" in on:
        yield Found("tenant_id", "the kill switch of the whole tenant is on")
    if f"plan_type:{view.plan.plan_type}" in on:
        yield Found("plan_type", f"the kill switch of {view.plan.plan_type} is on")
    connector = view.context.connector
    for where, step, _spec in view.judged:
        if f"action:{step.action_type}" in on:
            yield Found(where, f"the kill switch of {step.action_type} is on")
        if connector and step.approval is not Approval.TASK and f"connector:{connector}" in on:
            yield Found(where, f"the kill switch of the connector {connector} is on")


def _owner(view: View) -> Iterator[Found]:
    owner, account = view.plan.owner, view.situation.account
    record = next((o for o in view.situation.owners if o.owner_id == owner), None)
    if owner in view.context.inactive_principals or (record is not None and not record.active):
        yield Found("owner", f"{owner} is no longer active")
    if owner not in {account.owner_id, view.context.accepted_owner}:
        yield Found("owner", f"{owner} neither owns the account nor has accepted the plan")


OWNERSHIP = (
    Rule(
        "PG003",
        Severity.HARD,
        ALL,
        "No kill switch on",
        "An operator can stop a tenant, a plan type, an action or a connector at once; it takes two to go on.",
        "Wait until two administrators have released the switch, or leave the step out.",
        _switched_off,
    ),
    Rule(
        "PG090",
        Severity.SOFT,
        ALL,
        "An owner who is there",
        "The plan's owner is active, and owns the account or has accepted the plan.",
        "Hand the plan to the account's owner, who then accepts it.",
        _owner,
    ),
)
