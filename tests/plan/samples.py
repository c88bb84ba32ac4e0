"""A small clean account, its situation and its plan; tests change one thing at a time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from plan import (
    Account,
    Calendar,
    Cause,
    Contact,
    ContactRole,
    Contract,
    Dependency,
    DocumentDefaults,
    PlanStatus,
    PlanStep,
    PlanType,
    Posture,
    PostureReading,
    Proposal,
    ProposedDependency,
    ProposedStep,
    Provenance,
    RenewalDefenseTerms,
    RevenuePlanV1,
    RiskClass,
    Situation,
    Tenant,
    deadline,
    spec_of,
)

NOW = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
RENEWS_ON = date(2026, 6, 1)
BERLIN = Calendar(time_zone="Europe/Berlin")
DEADLINE = deadline(RENEWS_ON, BERLIN)
CAUSE = Cause(kind="person", ref="test")


def ids() -> Callable[[], UUID]:
    """Return a source of ids that count from 1."""
    numbers = count(1)
    return lambda: UUID(int=next(numbers))


def terms(**changes) -> RenewalDefenseTerms:
    """Return what the plan must reach: one contract of 100,000.00 EUR."""
    told = {"deadline": DEADLINE, "baseline_arr_minor": {"k-1": 10_000_000}, "currency": "EUR"}
    return RenewalDefenseTerms.model_validate(told | changes)


def step(number: int, action_type: str, params: dict[str, object] | None = None, **changes) -> PlanStep:
    """Return one step; its number is its id."""
    told: dict[str, object] = {
        "step_id": UUID(int=number),
        "action_type": action_type,
        "approval": spec_of(action_type).approval,
        "not_before": NOW,
        "due_by": NOW + timedelta(days=14),
        "params": params,
    }
    return PlanStep.model_validate(told | changes)


def steps() -> tuple[PlanStep, ...]:
    """Return a brief, a meeting that waits for it, and an optional notice; each text is unlike any other."""
    return (
        step(1, "PREP_RENEWAL_BRIEF", {"sections": ["USAGE", "RISKS"]}, rationale="Facts before any talk with Zoë."),
        step(
            2,
            "REQUEST_RENEWAL_MEETING",
            {"contact_id": "person-zoe", "purpose": "COMMERCIAL", "proposed_slots": 2, "language": "de"},
            depends_on=(Dependency(step_id=UUID(int=1)),),
            rationale="Zoë answers on Tuesdays.",
        ),
        step(
            3,
            "NOTIFY_ACCOUNT_TEAM",
            {"channel": "SLACK", "message": "Zoë's budget was cut; tread softly."},
            required=False,
        ),
    )


def plan(**changes) -> RevenuePlanV1:
    """Return a clean plan in DRAFT."""
    told: dict[str, object] = {
        "plan_id": UUID(int=99),
        "tenant_id": "t-1",
        "account_id": "acme",
        "plan_type": PlanType.RENEWAL_DEFENSE,
        "status": PlanStatus.DRAFT,
        "owner": "u-1",
        "subject": ("k-1",),
        "objective": "Secure renewal before day -30",
        "objective_params": terms(),
        "risk": RiskClass.MEDIUM,
        "created_at": NOW,
        "created_from": CAUSE,
        "expires_at": DEADLINE,
        "steps": steps(),
    }
    return RevenuePlanV1.model_validate(told | changes)


def situation(**changes) -> Situation:
    """Return a quiet account with one contract and one contact."""
    told: dict[str, object] = {
        "tenant": Tenant(tenant_id="t-1", name="Tenant", calendar=BERLIN),
        "account": Account(account_id="acme", name="Acme", owner_id="u-1"),
        "as_of": NOW,
        "posture": PostureReading(posture=Posture.AT_RISK, as_of=NOW),
        "contracts": (contract(),),
        "contacts": (Contact(contact_id="person-zoe", account_id="acme", name="Zoë", role=ContactRole.CHAMPION),),
    }
    return Situation.model_validate(told | changes)


def contract(contract_id: str = "k-1", renews_on: date = RENEWS_ON, **changes) -> Contract:
    """Return a contract of one year."""
    told: dict[str, object] = {
        "contract_id": contract_id,
        "account_id": "acme",
        "arr_minor": 10_000_000,
        "currency": "EUR",
        "starts_on": renews_on - timedelta(days=365),
        "renews_on": renews_on,
    }
    return Contract.model_validate(told | changes)


def proposed(key: str = "brief", action_type: str = "PREP_RENEWAL_BRIEF", *after: str, **changes) -> ProposedStep:
    """Return one proposed step that waits for the named ones."""
    told: dict[str, object] = {
        "key": key,
        "action_type": action_type,
        "params": {"sections": ["USAGE"]},
        "start_day": 0,
        "depends_on": tuple(ProposedDependency(key=name) for name in after),
    }
    return ProposedStep.model_validate(told | changes)


def proposal(**changes) -> Proposal:
    """Return a proposal of one step."""
    told: dict[str, object] = {
        "account_id": "acme",
        "plan_type": PlanType.RENEWAL_DEFENSE,
        "subject": ("k-1",),
        "steps": (proposed(),),
        "provenance": Provenance(drafter="person"),
    }
    return Proposal.model_validate(told | changes)


def defaults(**changes) -> DocumentDefaults:
    """Return what a foreign document does not say."""
    told: dict[str, object] = {
        "tenant_id": "t-1",
        "owner": "u-1",
        "subject": ("k-1",),
        "objective_params": terms(),
        "now": NOW,
    }
    return DocumentDefaults.model_validate(told | changes)
