"""Playbooks: the rules and the template of each plan type, as data."""

from pydantic import Field

from plan.proposals import Key, ProposedDependency
from plan.scalars import ActionType, Frozen, PlanType
from plan.situation import Posture


class TemplateStep(Frozen):
    """One step of a playbook's own plan.

    `when` names a condition of `agent.playbook`; `params` may hold binders (`$champion`) that it resolves.
    """

    key: Key
    action_type: ActionType
    start_day: int = Field(ge=0)
    depends_on: tuple[ProposedDependency, ...] = ()
    required: bool = True
    when: str = ""
    params: dict[str, object] = Field(default_factory=dict)
    rationale: str = ""


class Playbook(Frozen):
    """What one plan type is for, when it fits, what it must hold, and its template."""

    plan_type: PlanType
    objective: str
    """The sentence that every plan of this type carries, untouched."""
    postures: tuple[Posture, ...]
    must_have: tuple[ActionType, ...]
    first_days: int = Field(ge=0)
    """The earliest days to renewal at which a plan may be proposed (inclusive)."""
    last_days: int = Field(ge=0)
    """The latest (inclusive): later than this the objective can no longer be met."""
    template: tuple[TemplateStep, ...] = ()


def _after(*keys: str) -> tuple[ProposedDependency, ...]:
    return tuple(ProposedDependency(key=key) for key in keys)


RENEWAL_DEFENSE = Playbook(
    plan_type=PlanType.RENEWAL_DEFENSE,
    objective="Secure renewal before day -30",
    postures=(Posture.WATCH, Posture.AT_RISK, Posture.CRITICAL, Posture.RECOVERING),
    must_have=("PREP_RENEWAL_BRIEF",),
    first_days=180,
    last_days=31,
    template=(
        TemplateStep(
            key="brief",
            action_type="PREP_RENEWAL_BRIEF",
            start_day=0,
            params={"sections": ["USAGE", "SUPPORT", "STAKEHOLDERS", "COMMERCIALS"]},
            rationale="Facts before contact: what is known, and what is not.",
        ),
        TemplateStep(
            key="owner",
            action_type="CONFIRM_RENEWAL_OWNER",
            start_day=0,
            params={"candidate_owner": "$owner"},
            rationale="One accountable person before anyone writes to the customer.",
        ),
        TemplateStep(
            key="escalate",
            action_type="ESCALATE_SUPPORT_RISK",
            start_day=1,
            depends_on=_after("brief"),
            when="support_risk_is_open",
            params={
                "ticket_ids": "$risky_tickets",
                "severity": "HIGH",
                "business_impact": "Open support risk on an account whose renewal is at stake.",
            },
            rationale="An open urgent ticket is dealt with before the renewal talk.",
        ),
        TemplateStep(
            key="stakeholders",
            action_type="MAP_STAKEHOLDERS",
            start_day=1,
            depends_on=_after("brief"),
            when="champion_left_or_executive_needed",
            params={"roles_required": ["ECONOMIC_BUYER", "CHAMPION"]},
            rationale="Who decides, who left, and who is missing.",
        ),
        TemplateStep(
            key="champion",
            action_type="REBUILD_CHAMPION",
            start_day=5,
            depends_on=_after("stakeholders"),
            required=False,
            when="champion_left_and_contactable",
            params={"contact_ids": "$second_voice"},
            rationale="The champion left; a second voice is needed before the renewal.",
        ),
        TemplateStep(
            key="executive",
            action_type="ENGAGE_EXEC_SPONSOR",
            start_day=6,
            depends_on=_after("stakeholders"),
            when="executive_is_needed_and_contactable",
            params={
                "exec_sponsor_id": "$exec_sponsor",
                "contact_id": "$buyer",
                "ask": "Half an hour on what would have to change for you to stay.",
            },
            rationale="A threat to leave is answered by an executive.",
        ),
        TemplateStep(
            key="billing",
            action_type="RESOLVE_BILLING_BLOCKER",
            start_day=3,
            depends_on=_after("brief"),
            required=False,
            when="billing_is_blocked_and_contactable",
            params={"invoice_ids": "$open_invoices", "contact_id": "$finance"},
            rationale="Open bills are settled before the commercial talk.",
        ),
        TemplateStep(
            key="meeting",
            action_type="REQUEST_RENEWAL_MEETING",
            start_day=5,
            depends_on=_after("brief", "owner", "escalate"),
            when="someone_is_contactable",
            params={"contact_id": "$champion", "purpose": "SOFT_RENEWAL_QUESTION", "proposed_slots": 3},
            rationale="The soft renewal question first.",
        ),
        TemplateStep(
            key="adoption",
            action_type="LAUNCH_ADOPTION_PLAY",
            start_day=6,
            depends_on=_after("brief"),
            required=False,
            when="usage_fell_and_contactable_in_time",
            params={"contact_id": "$champion", "play": "ENABLEMENT_SESSION", "target_metric": "weekly_active_users"},
            rationale="Usage fell; enablement needs about a month to show.",
        ),
        TemplateStep(
            key="review",
            action_type="RUN_VALUE_REVIEW",
            start_day=13,
            depends_on=_after("meeting"),
            when="someone_is_contactable",
            params={"agenda": "Outcomes delivered, open risks, the year ahead."},
            rationale="Value is agreed before price is.",
        ),
        TemplateStep(
            key="commitment",
            action_type="RECORD_COMMITMENT",
            start_day=21,
            depends_on=_after("review"),
            when="renewal_deal_is_known_and_contactable",
            params={"opportunity_id": "$renewal_deal"},
            rationale="The signed evidence goes to the system of record.",
        ),
        TemplateStep(
            key="notice",
            action_type="NOTIFY_ACCOUNT_TEAM",
            start_day=1,
            depends_on=_after("brief"),
            required=False,
            params={"channel": "SLACK", "message": "A renewal defence has started; the brief is ready."},
            rationale="The team knows what runs and what is awaited.",
        ),
    ),
)

PLAYBOOKS: dict[PlanType, Playbook] = {PlanType.RENEWAL_DEFENSE: RENEWAL_DEFENSE}
"""One plan type at a time: the other two come as data and one objective function each."""
