"""What is known of one account: the families that imports carry and every other room reads."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from plan.calendars import Calendar, Zone
from plan.scalars import INT_BOUND, ActionType, BasisPoints, Code, Currency, Frozen, Id, Instant, Minor, PlanType, Text


class Posture(StrEnum):
    """How an account stands."""

    SECURE = "SECURE"
    WATCH = "WATCH"
    AT_RISK = "AT_RISK"
    CRITICAL = "CRITICAL"
    RECOVERING = "RECOVERING"
    EXPANSION_READY = "EXPANSION_READY"
    LOST = "LOST"
    PROSPECT = "PROSPECT"


class SignalType(StrEnum):
    """What was noticed about an account; the weight of each stands in `plan.posture`."""

    USAGE_DROP = "USAGE_DROP"
    USAGE_DECLINE_STREAK = "USAGE_DECLINE_STREAK"
    NO_USAGE = "NO_USAGE"
    LOW_ADOPTION = "LOW_ADOPTION"
    SINGLE_THREADED = "SINGLE_THREADED"
    CHAMPION_LEFT = "CHAMPION_LEFT"
    EXEC_SILENCE = "EXEC_SILENCE"
    RELATIONSHIP_COLD = "RELATIONSHIP_COLD"
    SUPPORT_ESCALATION = "SUPPORT_ESCALATION"
    TICKET_LOAD = "TICKET_LOAD"
    SLA_BREACHED = "SLA_BREACHED"
    NPS_DETRACTOR = "NPS_DETRACTOR"
    PAYMENT_OVERDUE = "PAYMENT_OVERDUE"
    COST_OPTIMIZING = "COST_OPTIMIZING"
    COMPETITOR_EVALUATION = "COMPETITOR_EVALUATION"
    DATA_EXPORT_REQUEST = "DATA_EXPORT_REQUEST"
    CHURN_THREAT = "CHURN_THREAT"
    DOWNGRADE = "DOWNGRADE"
    PARTIAL_CHURN = "PARTIAL_CHURN"
    USAGE_GROWTH = "USAGE_GROWTH"
    SEAT_LIMIT_NEAR = "SEAT_LIMIT_NEAR"
    UPGRADE = "UPGRADE"
    PROMOTER = "PROMOTER"
    LEGAL_HOLD = "LEGAL_HOLD"


class Severity(StrEnum):
    """How urgent a signal is."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Mode(StrEnum):
    """SHADOW records every effect instead of sending it; LIVE sends."""

    SHADOW = "SHADOW"
    LIVE = "LIVE"


class Tenant(Frozen):
    """The company whose accounts these are."""

    tenant_id: Id
    name: Text
    calendar: Calendar = Calendar()
    language: Code = "en"
    mode: Mode = Mode.SHADOW


class Account(Frozen):
    """A customer."""

    account_id: Id
    name: Text
    owner_id: Id | None = None
    """The principal who owns the account."""
    segment: Text = ""
    legal_hold: bool = False
    do_not_contact: bool = False
    exec_sponsor_id: Id | None = None
    """The executive on our side."""


class Contract(Frozen):
    """A running agreement that renews on a day."""

    contract_id: Id
    account_id: Id
    arr_minor: Minor
    """Yearly recurring revenue in minor units."""
    currency: Currency
    starts_on: date
    renews_on: Annotated[date, Field(ge=date(1900, 1, 1), lt=date(8999, 1, 1))]
    auto_renews: bool = False

    @model_validator(mode="after")
    def _renews_later(self) -> "Contract":
        if self.renews_on <= self.starts_on:
            raise ValueError(f"it renews on {self.renews_on}, which is not after its start on {self.starts_on}")
        return self


class ContactRole(StrEnum):
    """What a person on the customer's side is to the deal."""

    CHAMPION = "CHAMPION"
    ECONOMIC_BUYER = "ECONOMIC_BUYER"
    ADMIN = "ADMIN"
    EXEC_SPONSOR = "EXEC_SPONSOR"
    PROCUREMENT = "PROCUREMENT"
    FINANCE = "FINANCE"
    USER = "USER"


class Contact(Frozen):
    """A person on the customer's side."""

    contact_id: Id
    account_id: Id
    name: Text
    role: ContactRole = ContactRole.USER
    email: Text = ""
    time_zone: Zone | None = None
    language: Code = "en"
    contactable: bool = True
    opted_out: bool = False
    left_company: bool = False
    signs: bool = False
    """Signs or buys."""


class Ticket(Frozen):
    """A support case; its subject is untrusted text."""

    ticket_id: Id
    account_id: Id
    priority: Severity | None = None
    urgent: bool = False
    opened_at: Instant
    closed_at: Instant | None = None
    sla_breached: bool = False
    escalated: bool = False
    subject: Text = ""


class Invoice(Frozen):
    """A bill."""

    invoice_id: Id
    account_id: Id
    amount_minor: Minor
    currency: Currency
    due_on: date
    paid_on: date | None = None
    disputed: bool = False


class OpportunityKind(StrEnum):
    """What a deal is about."""

    RENEWAL = "RENEWAL"
    EXPANSION = "EXPANSION"
    NEW = "NEW"


class Opportunity(Frozen):
    """A deal in the CRM."""

    opportunity_id: Id
    account_id: Id
    kind: OpportunityKind
    stage: Text
    amount_minor: Minor
    currency: Currency
    contract_id: Id | None = None
    open: bool = True


class Owner(Frozen):
    """A person on our side, by the pseudonymous id of the principal."""

    owner_id: Id
    name: Text
    email: Text = ""
    active: bool = True


class Signal(Frozen):
    """Something noticed; its note is untrusted text."""

    signal_id: Id
    account_id: Id
    type: SignalType
    observed_at: Instant
    source: Id
    severity: Severity = Severity.MEDIUM
    subject_ids: tuple[Id, ...] = ()
    value: int | None = Field(default=None, gt=-INT_BOUND, lt=INT_BOUND)
    """In the signal's own unit; a change is in basis points."""
    baseline: int | None = Field(default=None, gt=-INT_BOUND, lt=INT_BOUND)
    window_days: int | None = Field(default=None, ge=1, le=3650)
    note: Text = ""


class Touch(Frozen):
    """One past contact with an account, or one past internal action, and what came of it."""

    touch_id: Id
    account_id: Id
    at: Instant
    contact_id: Id | None = None
    action_type: ActionType | None = None
    outcome: str | None = Field(default=None, max_length=80)
    plan_id: str | None = None
    step_id: str | None = None
    external: bool = True


class TenantGoal(Frozen):
    """What the tenant wants: `protect renewal: retained ARR >= 95 % this quarter`."""

    goal_id: Id
    plan_type: PlanType
    metric: Text
    target_bp: BasisPoints
    """In basis points: 9500 is 95 %."""
    horizon_on: date
    priority: int = Field(default=3, ge=1, le=5)
    """1 is the highest."""


class PostureReading(Frozen):
    """How an account stands, since when, and what says so."""

    posture: Posture
    as_of: Instant
    evidence_ids: tuple[Id, ...] = ()


class OpenPlan(Frozen):
    """Another plan of the same account that is not closed."""

    plan_id: Id
    plan_type: PlanType
    status: str = Field(max_length=20)


class PlannedTouch(Frozen):
    """One external step that an open plan still means to take."""

    plan_id: Id
    plan_type: PlanType
    action_type: ActionType
    at: Instant
    """Not before this instant."""
    contact_ids: tuple[Id, ...] = ()


class Situation(Frozen):
    """All that is known of one account at one moment; every room reads the same value."""

    tenant: Tenant
    account: Account
    as_of: Instant
    posture: PostureReading
    contracts: tuple[Contract, ...] = ()
    contacts: tuple[Contact, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    owners: tuple[Owner, ...] = ()
    signals: tuple[Signal, ...] = ()
    history: tuple[Touch, ...] = ()
    goals: tuple[TenantGoal, ...] = ()
    open_plans: tuple[OpenPlan, ...] = ()

    def evidence_ids(self) -> frozenset[str]:
        """Return every id that a step may cite: signals, tickets, invoices, opportunities, contracts, touches."""
        return frozenset(
            [s.signal_id for s in self.signals]
            + [t.ticket_id for t in self.tickets]
            + [i.invoice_id for i in self.invoices]
            + [o.opportunity_id for o in self.opportunities]
            + [c.contract_id for c in self.contracts]
            + [t.touch_id for t in self.history]
        )

    def contact(self, contact_id: str) -> Contact | None:
        """Return the contact with this id, if the account has it."""
        return next((c for c in self.contacts if c.contact_id == contact_id), None)
