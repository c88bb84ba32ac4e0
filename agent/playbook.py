"""The playbook drafter: a plan type's own template instantiated for a situation. No model, always labelled.

It is what a user without a key gets, and what runs when a provider is down.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from math import ceil
from typing import Any

from agent.contract import ProposalRequest, ProposalResult
from agent.scope import goal, subject
from plan import (
    PLAYBOOKS,
    PRECONDITIONS,
    ActionSpec,
    Contact,
    ContactRole,
    Contract,
    NoPlan,
    NoPlanReason,
    OpportunityKind,
    Posture,
    Proposal,
    ProposedDependency,
    ProposedStep,
    Provenance,
    Severity,
    SignalType,
    Situation,
    TemplateStep,
    contacts_of,
    spec_of,
)

_PREFERENCE = (
    ContactRole.CHAMPION,
    ContactRole.ECONOMIC_BUYER,
    ContactRole.EXEC_SPONSOR,
    ContactRole.ADMIN,
    ContactRole.PROCUREMENT,
    ContactRole.USER,
    ContactRole.FINANCE,
)
_THREATS = frozenset({SignalType.COMPETITOR_EVALUATION, SignalType.CHURN_THREAT, SignalType.DATA_EXPORT_REQUEST})
_FITTING: dict[str, frozenset[SignalType]] = {
    "LAUNCH_ADOPTION_PLAY": frozenset(
        {SignalType.USAGE_DROP, SignalType.USAGE_DECLINE_STREAK, SignalType.NO_USAGE, SignalType.LOW_ADOPTION}
    ),
    "ESCALATE_SUPPORT_RISK": frozenset(
        {SignalType.SUPPORT_ESCALATION, SignalType.SLA_BREACHED, SignalType.TICKET_LOAD}
    ),
    "RESOLVE_BILLING_BLOCKER": frozenset({SignalType.PAYMENT_OVERDUE}),
    "REBUILD_CHAMPION": frozenset({SignalType.CHAMPION_LEFT, SignalType.SINGLE_THREADED}),
    "ENGAGE_EXEC_SPONSOR": _THREATS,
}


class PlaybookDrafter:
    """Drafts from the playbook's template; a template can answer no reviewer's sentence."""

    name = "playbook"

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Return the template as it fits the situation: steps without ground, person or time are left out."""
        if request.sent_back:
            told = "The playbook cannot answer a sentence; edit the draft, and answer each reason in the edit."
            return ProposalResult(outcome=NoPlan(reason=NoPlanReason.CANNOT_ANSWER, suggestion=told))
        playbook = PLAYBOOKS[request.plan_type]
        contracts = subject(request)
        placed = _Placement(request, contracts)
        for step in playbook.template:
            placed.place(step)
        if not placed.steps:
            told = "No step of the playbook fits the days that are left; hand the account to its owner."
            return ProposalResult(outcome=NoPlan(reason=NoPlanReason.DEADLINE_PASSED, suggestion=told))
        return ProposalResult(
            outcome=Proposal(
                account_id=request.situation.account.account_id,
                plan_type=request.plan_type,
                subject=tuple(c.contract_id for c in contracts),
                goal=goal(request),
                summary=f"{playbook.objective}, by the playbook's own template.",
                steps=tuple(placed.steps),
                provenance=Provenance(drafter="playbook"),
            )
        )


def playbook_drafter() -> PlaybookDrafter:
    """Return the drafter that needs no model."""
    return PlaybookDrafter()


class _Placement:
    """Puts template steps on days that respect parents, rest after earlier touches, and each action's window."""

    def __init__(self, request: ProposalRequest, contracts: tuple[Contract, ...]) -> None:
        self._request, self._known = request, request.situation
        self._calendar = request.situation.tenant.calendar
        self._today = self._calendar.local_date(request.now)
        self._renews = min(contract.renews_on for contract in contracts)
        self._contracts = contracts
        self._starts: dict[str, date] = {}
        self._specs: dict[str, ActionSpec] = {}
        self.steps: list[ProposedStep] = []

    def place(self, template: TemplateStep) -> None:
        """Add a step, or leave it out where it has no ground, nobody to reach, or no time."""
        spec = spec_of(template.action_type)
        params = _bind(template.params, self._known, self._contracts)
        parents = [d for d in template.depends_on if d.key in self._starts]
        start = self._start(template, spec, parents, params)
        if (
            template.action_type not in self._request.approved_actions
            or not _holds(template.when, self._known, self._renews, start)
            or params is None
            or any(PRECONDITIONS[name](self._known, params) is not None for name in spec.preconditions)
            or not self._prepared(spec, parents)
            or not self._fits(spec, start)
        ):
            return
        self._starts[template.key], self._specs[template.key] = start, spec
        self.steps.append(
            ProposedStep(
                key=template.key,
                action_type=template.action_type,
                params=params,
                depends_on=tuple(ProposedDependency(key=d.key, kind=d.kind, outcomes=d.outcomes) for d in parents),
                start_day=(start - self._today).days,
                required=template.required,
                evidence=_evidence(template.action_type, self._known, self._contracts),
                rationale=template.rationale,
            )
        )

    def _prepared(self, spec: ActionSpec, parents: list[ProposedDependency]) -> bool:
        """Tell whether what the action needs first is in the plan, directly or further up."""
        before: set[str] = set()
        todo = [parent.key for parent in parents]
        while todo:
            key = todo.pop()
            before.add(self._specs[key].action_type)
            todo += [d.key for step in self.steps if step.key == key for d in step.depends_on]
        return all(before & set(requirement.actions) for requirement in spec.requires)

    def _start(
        self, template: TemplateStep, spec: ActionSpec, parents: list[ProposedDependency], params: dict[str, Any] | None
    ) -> date:
        """Return the template's own day, or, where time is short, the first day on which the step can start."""
        earliest = max(self._today, self._rested(spec, params))
        for parent in parents:
            typical = self._specs[parent.key].typical_duration
            earliest = max(
                earliest, self._starts[parent.key] + timedelta(days=max(1, ceil(typical / timedelta(days=1))))
            )
        if spec.window_days_to_renewal is not None:
            earliest = max(earliest, self._renews - timedelta(days=spec.window_days_to_renewal[1]))
        wanted = self._calendar.working_day(max(earliest, self._today + timedelta(days=template.start_day)))
        return wanted if self._fits(spec, wanted) else self._calendar.working_day(earliest)

    def _rested(self, spec: ActionSpec, params: dict[str, Any] | None) -> date:
        contacts, history = set(contacts_of(params)), self._known.history
        same = [t.at for t in history if t.action_type == spec.action_type]
        reached = [t.at for t in history if t.external and t.contact_id in contacts]
        external = [t.at for t in history if t.external]
        until = [
            max(times) + rest + timedelta(days=1)
            for rest, times in (
                (spec.cooldowns.account, same),
                (spec.cooldowns.contact, reached),
                (spec.cooldowns.account_external, external),
                (spec.cooldowns.ticket, same),
                (spec.cooldowns.opportunity, same),
            )
            if rest is not None and times
        ]
        return max((self._calendar.local_date(at) for at in until), default=self._today)

    def _fits(self, spec: ActionSpec, start: date) -> bool:
        left = (self._renews - start).days
        low, high = spec.window_days_to_renewal or (0, 10_000)
        ends = start + spec.typical_duration
        return low <= left <= high and (self._renews - ends).days > _DEADLINE


_DEADLINE = 30
Bound = str | list[str] | None


def _reachable(known: Situation) -> list[Contact]:
    if known.account.legal_hold or known.account.do_not_contact:
        return []
    able = [c for c in known.contacts if c.contactable and not c.opted_out and not c.left_company]
    return sorted(able, key=lambda c: (_PREFERENCE.index(c.role), c.contact_id))


def _by_role(known: Situation, *roles: ContactRole) -> Bound:
    people = _reachable(known)
    return next((c.contact_id for c in people if c.role in roles), people[0].contact_id if people else None)


def _risky_tickets(known: Situation) -> Bound:
    open_now = [t for t in known.tickets if t.closed_at is None or t.closed_at > known.as_of]
    risky = [t for t in open_now if t.urgent or t.priority is Severity.HIGH or t.sla_breached or t.escalated]
    return sorted(t.ticket_id for t in risky)[:10] or None


def _open_invoices(known: Situation) -> Bound:
    today = known.tenant.calendar.local_date(known.as_of)
    blocked = [i for i in known.invoices if i.disputed or (i.paid_on is None and i.due_on < today)]
    return sorted(i.invoice_id for i in blocked)[:20] or None


def _renewal_deal(known: Situation, contracts: tuple[Contract, ...]) -> Bound:
    names = {c.contract_id for c in contracts}
    deals = [o for o in known.opportunities if o.open and o.kind is OpportunityKind.RENEWAL]
    mine = [o for o in deals if o.contract_id in names] or [o for o in deals if o.contract_id is None]
    return min((o.opportunity_id for o in mine), default=None)


def _second_voice(known: Situation) -> Bound:
    people = [c for c in _reachable(known) if c.role is not ContactRole.FINANCE]
    return [c.contact_id for c in people[:2]] or None


_BINDERS: dict[str, Callable[[Situation, tuple[Contract, ...]], Bound]] = {
    "$champion": lambda known, _: _by_role(known, ContactRole.CHAMPION),
    "$buyer": lambda known, _: _by_role(known, ContactRole.ECONOMIC_BUYER, ContactRole.EXEC_SPONSOR),
    "$finance": lambda known, _: _by_role(known, ContactRole.FINANCE),
    "$second_voice": lambda known, _: _second_voice(known),
    "$owner": lambda known, _: known.account.owner_id,
    "$exec_sponsor": lambda known, _: known.account.exec_sponsor_id,
    "$risky_tickets": lambda known, _: _risky_tickets(known),
    "$open_invoices": lambda known, _: _open_invoices(known),
    "$renewal_deal": _renewal_deal,
}


def _bind(template: dict[str, object], known: Situation, contracts: tuple[Contract, ...]) -> dict[str, Any] | None:
    """Resolve binders; None where one finds nothing."""
    bound = {
        name: _BINDERS[value](known, contracts) if isinstance(value, str) and value in _BINDERS else value
        for name, value in template.items()
    }
    return None if any(value is None for value in bound.values()) else bound


def _holds(when: str, known: Situation, renews: date, start: date) -> bool:
    return all(check(known, renews, start) for check in _CONDITIONS[when])


Condition = Callable[[Situation, date, date], bool]


def _met(*names: str) -> Condition:
    return lambda known, _renews, _start: any(PRECONDITIONS[name](known, {}) is None for name in names)


def _contactable(known: Situation, _renews: date, _start: date) -> bool:
    return bool(_reachable(known))


def _threatened(known: Situation, _renews: date, _start: date) -> bool:
    threat = any(signal.type in _THREATS for signal in known.signals)
    return threat and known.posture.posture is Posture.CRITICAL and known.account.exec_sponsor_id is not None


def _champion_or_threat(known: Situation, renews: date, start: date) -> bool:
    return _met("champion_signal_is_present")(known, renews, start) or _threatened(known, renews, start)


_CONDITIONS: dict[str, tuple[Condition, ...]] = {
    "": (),
    "support_risk_is_open": (_met("support_risk_is_open"),),
    "billing_is_blocked_and_contactable": (_met("billing_is_blocked"), _contactable),
    "someone_is_contactable": (_contactable,),
    "usage_fell_and_contactable_in_time": (_met("usage_signal_is_present"), _contactable),
    "renewal_deal_is_known_and_contactable": (_contactable,),
    "champion_left_or_executive_needed": (_champion_or_threat,),
    "champion_left_and_contactable": (_met("champion_signal_is_present"), _contactable),
    "executive_is_needed_and_contactable": (_threatened, _contactable),
}


def _evidence(action_type: str, known: Situation, contracts: Iterable[Contract]) -> tuple[str, ...]:
    """Return what a step rests on: the signals that fit it, else those of the posture, else the contracts."""
    fitting = [s.signal_id for s in known.signals if s.type in _FITTING.get(action_type, frozenset())]
    chosen = fitting or list(known.posture.evidence_ids) or [c.contract_id for c in contracts]
    return tuple(sorted(set(chosen) & known.evidence_ids()))[:10]
