"""What the model is told of a situation: plain JSON by short names, without names, addresses or ids of people."""

from datetime import timedelta
from typing import Any

from agent.aliases import Aliases, newest_signals, newest_touches, reachable
from agent.contract import ProposalRequest
from agent.draft import KINDS, set_by_code
from agent.scope import goal, subject
from plan import DEADLINE_DAYS, PARAMS, Proposal, ProposedStep, Signal, Situation, Touch, days_between

SIGNALS_SHOWN = 30
TOUCHES_SHOWN = 20


def situation_data(request: ProposalRequest, names: Aliases) -> dict[str, Any]:
    """Return what is known, by short names; its only clock is the day of the request."""
    known, contracts = request.situation, subject(request)
    calendar = known.tenant.calendar
    today = calendar.local_date(request.now)
    renews = min((c.renews_on for c in contracts), default=today)
    mine = {c.contract_id for c in contracts}
    account, main = known.account, goal(request)
    quiet = account.legal_hold or account.do_not_contact
    return {
        "today": today.isoformat(),
        "last_day": (renews - timedelta(days=DEADLINE_DAYS)).isoformat(),
        "days_to_renewal": days_between(today, renews),
        "account": {
            "name": account.name,
            "segment": account.segment,
            "owner": names.name("person", account.owner_id),
            "has_executive_sponsor": account.exec_sponsor_id is not None,
            "legal_hold": account.legal_hold,
            "do_not_contact": account.do_not_contact,
        },
        "posture": {
            "is": known.posture.posture.value,
            "because_of": [name for ref in known.posture.evidence_ids if (name := names.evidence(ref))],
        },
        "goals": [
            {"metric": g.metric, "target_bp": g.target_bp, "until": g.horizon_on.isoformat(), "main": g.goal_id == main}
            for g in sorted(known.goals, key=lambda g: (g.priority, g.goal_id))
        ],
        "contracts": [
            {
                "id": names.name("contract", c.contract_id),
                "yearly_minor": c.arr_minor,
                "currency": c.currency,
                "renews_on": c.renews_on.isoformat(),
                "renews_by_itself": c.auto_renews,
                "in_this_plan": c.contract_id in mine,
            }
            for c in sorted(known.contracts, key=lambda c: (c.renews_on, c.contract_id))
        ],
        "contacts": [
            {
                "id": names.name("contact", c.contact_id),
                "role": c.role.value,
                "reachable": reachable(c) and not quiet,
                "left_company": c.left_company,
                "signs": c.signs,
            }
            for c in names.contacts
        ],
        "our_people": [
            {"id": name, "owns_account": o.owner_id == account.owner_id}
            for o in sorted(known.owners, key=lambda o: o.owner_id)
            if (name := names.name("person", o.owner_id))
        ],
        "signals": [signal_row(s, known, names) for s in newest_signals(known)[:SIGNALS_SHOWN]],
        **_records(known, names),
        "history": [touch_row(t, known, names) for t in newest_touches(known)[:TOUCHES_SHOWN]],
        "left_out": {
            "signals": max(0, len(known.signals) - SIGNALS_SHOWN),
            "history": max(0, len(known.history) - TOUCHES_SHOWN),
        },
    }


def _records(known: Situation, names: Aliases) -> dict[str, Any]:
    calendar = known.tenant.calendar
    return {
        "tickets": [
            {
                "id": names.name("ticket", t.ticket_id),
                "subject": t.subject,
                "open": t.closed_at is None or t.closed_at > known.as_of,
                "opened_on": calendar.local_date(t.opened_at).isoformat(),
                "priority": t.priority.value if t.priority else None,
                "urgent": t.urgent,
                "sla_breached": t.sla_breached,
                "escalated": t.escalated,
            }
            for t in sorted(known.tickets, key=lambda t: t.ticket_id)
        ],
        "invoices": [
            {
                "id": names.name("invoice", i.invoice_id),
                "due_on": i.due_on.isoformat(),
                "paid_on": i.paid_on.isoformat() if i.paid_on else None,
                "disputed": i.disputed,
            }
            for i in sorted(known.invoices, key=lambda i: i.invoice_id)
        ],
        "opportunities": [
            {
                "id": names.name("opportunity", o.opportunity_id),
                "kind": o.kind.value,
                "stage": o.stage,
                "open": o.open,
                "contract": names.name("contract", o.contract_id),
            }
            for o in sorted(known.opportunities, key=lambda o: o.opportunity_id)
        ],
    }


def signal_row(signal: Signal, known: Situation, names: Aliases) -> dict[str, Any]:
    """Return one signal as the model sees it."""
    return {
        "id": names.name("signal", signal.signal_id),
        "type": signal.type.value,
        "severity": signal.severity.value,
        "observed_on": known.tenant.calendar.local_date(signal.observed_at).isoformat(),
        "source": signal.source,
        "value": signal.value,
        "baseline": signal.baseline,
        "window_days": signal.window_days,
        "note": signal.note,
    }


def touch_row(touch: Touch, known: Situation, names: Aliases) -> dict[str, Any]:
    """Return one past touch as the model sees it."""
    return {
        "id": names.name("touch", touch.touch_id),
        "on": known.tenant.calendar.local_date(touch.at).isoformat(),
        "contact": names.name("contact", touch.contact_id),
        "action": touch.action_type,
        "outcome": touch.outcome,
        "reached_customer": touch.external,
    }


def earlier_data(earlier: Proposal, names: Aliases) -> dict[str, Any]:
    """Return a draft that was sent back, each step in the shape in which the model writes one."""
    return {
        "start_day_counts_from": "the day on which this was drafted",
        "steps": [_step_row(step, names) for step in earlier.steps],
    }


def _step_row(step: ProposedStep, names: Aliases) -> dict[str, Any]:
    return {
        "key": step.key,
        "action": {"action_type": step.action_type, **_params(step, names)},
        "depends_on": [d.model_dump(mode="json") for d in step.depends_on],
        "start_day": step.start_day,
        "required": step.required,
        "evidence": [name for ref in step.evidence if (name := names.evidence(ref))],
        "rationale": names.hide_people(step.rationale),
    }


def _params(step: ProposedStep, names: Aliases) -> dict[str, Any]:
    """Return what the model may write itself; of an action that left the catalogue nothing is known."""
    if step.action_type not in PARAMS:
        return {}
    by_code = set_by_code(step.action_type)
    return {name: _param(name, value, names) for name, value in step.params.items() if name not in by_code}


def _param(name: str, value: Any, names: Aliases) -> Any:
    if isinstance(value, list | tuple):
        return [_param(name, item, names) for item in value]
    if not isinstance(value, str):
        return value
    return names.name(KINDS[name], value) if name in KINDS else names.hide_people(value)
