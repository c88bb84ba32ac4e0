"""The typed parameters of each action; what they do not know, they refuse.

Personal ids and free texts are marked private (`PersonId`, `PrivateText`). A parameter that cannot be known when a
plan is proposed (a quote number, a signed order form) is bound at the step: null in the plan, its value in the step's
rendered artefact.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from plan.scalars import PRIVATE, BasisPoints, Code, Frozen, Id, PersonId, Private, PrivateText

DiscountBp = Annotated[int, Field(ge=0, le=4000)]
"""Discount in basis points: 1200 is 12 %."""


class PrepRenewalBrief(Frozen):
    """What the internal brief covers."""

    sections: tuple[Literal["USAGE", "SUPPORT", "STAKEHOLDERS", "COMMERCIALS", "VALUE", "RISKS"], ...] = Field(
        min_length=1, max_length=6
    )


class ConfirmRenewalOwner(Frozen):
    """Who should be the one accountable person."""

    candidate_owner: PersonId


class MapStakeholders(Frozen):
    """Which roles must be known."""

    roles_required: tuple[Literal["ECONOMIC_BUYER", "CHAMPION", "ADMIN", "EXEC_SPONSOR", "PROCUREMENT"], ...] = Field(
        min_length=1, max_length=5
    )


class RequestRenewalMeeting(Frozen):
    """Whom to ask, and for what talk."""

    contact_id: PersonId
    purpose: Literal["SOFT_RENEWAL_QUESTION", "VALUE_CHECK", "COMMERCIAL"]
    proposed_slots: Annotated[int, Field(ge=1, le=5)] = 3
    language: Code = "en"


class EscalateSupportRisk(Frozen):
    """Which open tickets put the renewal at stake."""

    ticket_ids: tuple[Id, ...] = Field(min_length=1, max_length=10)
    severity: Literal["HIGH", "CRITICAL"]
    business_impact: Annotated[PrivateText, Field(max_length=600), PRIVATE]


class EngageExecSponsor(Frozen):
    """Which executive of ours asks which executive of theirs for what."""

    exec_sponsor_id: PersonId
    contact_id: PersonId
    ask: Annotated[PrivateText, Field(max_length=400), PRIVATE]


class RunValueReview(Frozen):
    """What the review is about."""

    agenda: Annotated[PrivateText, Field(max_length=800), PRIVATE]


class LaunchAdoptionPlay(Frozen):
    """Which enablement, measured by what."""

    contact_id: PersonId
    play: Literal["ENABLEMENT_SESSION", "TECHNICAL_HEALTH_CHECK", "REONBOARD_TEAM"]
    target_metric: Code
    target_delta_bp: Annotated[BasisPoints, Field(ge=500, le=30_000)] | None = None


class RebuildChampion(Frozen):
    """Whom to win as a second voice."""

    contact_ids: tuple[PersonId, ...] = Field(min_length=1, max_length=3)


class ResolveBillingBlocker(Frozen):
    """Which invoices, with whom."""

    invoice_ids: tuple[Id, ...] = Field(min_length=1, max_length=20)
    contact_id: PersonId


class RequestDiscountApproval(Frozen):
    """How much, for which lever, and why."""

    discount_bp: DiscountBp
    lever: Literal["VOLUME", "CASH_TIMING", "TERM_LENGTH", "FORECAST_DATE"]
    reason: Annotated[PrivateText, Field(max_length=600), PRIVATE]


class SendRenewalProposal(Frozen):
    """Which offer to whom; the quote is bound at the step."""

    opportunity_id: Id
    contact_id: PersonId
    discount_bp: DiscountBp = 0
    quote_ref: Id | None = None


class RecordCommitment(Frozen):
    """Which deal; the signed evidence is bound at the step."""

    opportunity_id: Id
    evidence_ref: Id | None = None


class NotifyAccountTeam(Frozen):
    """What the team is told, and where."""

    channel: Literal["SLACK", "TEAMS", "EMAIL_INTERNAL", "CRM_TASK"]
    message: Annotated[PrivateText, Field(max_length=1200), PRIVATE]


PARAMS: dict[str, type[Frozen]] = {
    "PREP_RENEWAL_BRIEF": PrepRenewalBrief,
    "CONFIRM_RENEWAL_OWNER": ConfirmRenewalOwner,
    "MAP_STAKEHOLDERS": MapStakeholders,
    "REQUEST_RENEWAL_MEETING": RequestRenewalMeeting,
    "ESCALATE_SUPPORT_RISK": EscalateSupportRisk,
    "ENGAGE_EXEC_SPONSOR": EngageExecSponsor,
    "RUN_VALUE_REVIEW": RunValueReview,
    "LAUNCH_ADOPTION_PLAY": LaunchAdoptionPlay,
    "REBUILD_CHAMPION": RebuildChampion,
    "RESOLVE_BILLING_BLOCKER": ResolveBillingBlocker,
    "REQUEST_DISCOUNT_APPROVAL": RequestDiscountApproval,
    "SEND_RENEWAL_PROPOSAL": SendRenewalProposal,
    "RECORD_COMMITMENT": RecordCommitment,
    "NOTIFY_ACCOUNT_TEAM": NotifyAccountTeam,
}


@cache
def private_fields(action_type: str) -> frozenset[str] | None:
    """Return the private parameters of an action; None for an unknown action, whose every text is private."""
    model = PARAMS.get(action_type)
    if model is None:
        return None
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, Private) for mark in field.metadata) or _marked(field.annotation)
    )


def public_fields(action_type: str) -> frozenset[str]:
    """Return the parameters of an action that may stand in clear in rows and entries; none of an unknown action."""
    private = private_fields(action_type)
    return frozenset() if private is None else frozenset(PARAMS[action_type].model_fields) - private


@cache
def written_fields(action_type: str) -> tuple[str, ...]:
    """Return the parameters of an action that hold free text, which a model may have written; no ids among them."""
    model = PARAMS.get(action_type)
    return tuple(
        name
        for name, field in (model.model_fields.items() if model else ())
        if field.annotation is str
        and any(isinstance(mark, Private) for mark in field.metadata)
        and not any(getattr(mark, "pattern", None) for mark in field.metadata)
    )


def _marked(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, Private) for mark in marks) or any(_marked(inner) for inner in get_args(annotation))


def ids_of(params: Mapping[str, Any] | None, *names: str) -> tuple[str, ...]:
    """Return the ids under the given parameter names, whether each holds one or a list."""
    found: list[str] = []
    for name in names:
        value = (params or {}).get(name)
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(item for item in value if isinstance(item, str))
    return tuple(found)


def contacts_of(params: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the customer contacts that an action's parameters name."""
    return ids_of(params, "contact_id", "contact_ids")
