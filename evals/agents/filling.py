"""Parameters for an action that a trivial agent wants to take: valid ids of the account, chosen without thought."""

from collections.abc import Sequence
from random import Random
from typing import Any

from evals.cases import Case
from plan import Situation


def fill(action: str, case: Case, drawn: Random | None = None) -> dict[str, Any] | None:
    """Return parameters that the schema takes, each the first or a drawn one; None where the account lacks one."""
    known = case.request.situation
    told = {name: value(known, drawn) for name, value in _PARAMS[action].items()}
    return None if any(value in (None, []) for value in told.values()) else told


def pick(things: Sequence[Any], drawn: Random | None) -> Any:
    """Return the first thing, or a drawn one; None of nothing."""
    if not things:
        return None
    return drawn.choice(list(things)) if drawn else things[0]


def _contact(known: Situation, drawn: Random | None) -> str | None:
    found: str | None = pick([c.contact_id for c in known.contacts], drawn)
    return found


def _contacts(known: Situation, drawn: Random | None) -> list[str]:
    found = _contact(known, drawn)
    return [found] if found else []


def _owner(known: Situation, drawn: Random | None) -> str | None:
    found: str | None = pick([o.owner_id for o in known.owners], drawn)
    return found


def _deal(known: Situation, drawn: Random | None) -> str | None:
    found: str | None = pick([o.opportunity_id for o in known.opportunities], drawn)
    return found


def _tickets(known: Situation, _drawn: Random | None) -> list[str]:
    return [t.ticket_id for t in known.tickets][:10]


def _invoices(known: Situation, _drawn: Random | None) -> list[str]:
    return [i.invoice_id for i in known.invoices][:20]


def _same(value: Any) -> Any:
    return lambda _known, _drawn: value


_PARAMS: dict[str, dict[str, Any]] = {
    "PREP_RENEWAL_BRIEF": {"sections": _same(["USAGE", "SUPPORT", "STAKEHOLDERS"])},
    "CONFIRM_RENEWAL_OWNER": {"candidate_owner": _owner},
    "MAP_STAKEHOLDERS": {"roles_required": _same(["CHAMPION", "ECONOMIC_BUYER"])},
    "REQUEST_RENEWAL_MEETING": {"contact_id": _contact, "purpose": _same("VALUE_CHECK"), "proposed_slots": _same(3)},
    "ESCALATE_SUPPORT_RISK": {
        "ticket_ids": _tickets,
        "severity": _same("HIGH"),
        "business_impact": _same("The renewal is at stake."),
    },
    "ENGAGE_EXEC_SPONSOR": {
        "exec_sponsor_id": lambda known, _drawn: known.account.exec_sponsor_id,
        "contact_id": _contact,
        "ask": _same("Half an hour on the year ahead."),
    },
    "RUN_VALUE_REVIEW": {"agenda": _same("What went well and what comes next.")},
    "LAUNCH_ADOPTION_PLAY": {
        "contact_id": _contact,
        "play": _same("ENABLEMENT_SESSION"),
        "target_metric": _same("weekly_active_users"),
    },
    "REBUILD_CHAMPION": {"contact_ids": _contacts},
    "RESOLVE_BILLING_BLOCKER": {"invoice_ids": _invoices, "contact_id": _contact},
    "REQUEST_DISCOUNT_APPROVAL": {
        "discount_bp": _same(1000),
        "lever": _same("TERM_LENGTH"),
        "reason": _same("A longer term for a better price."),
    },
    "SEND_RENEWAL_PROPOSAL": {"opportunity_id": _deal, "contact_id": _contact, "discount_bp": _same(0)},
    "RECORD_COMMITMENT": {"opportunity_id": _deal},
    "NOTIFY_ACCOUNT_TEAM": {"channel": _same("SLACK"), "message": _same("A renewal defence has started.")},
}
