"""One clean defence of a renewal, in parts: every rule of the gate holds until a test changes something."""

import itertools
from datetime import timedelta
from uuid import UUID

from gate import GateContext, bundle_digest, default_bundle
from plan import (
    Cause,
    PlanApproval,
    Posture,
    PostureReading,
    Proposal,
    ProposedDependency,
    ProposedStep,
    Provenance,
    RevenuePlanV1,
    Situation,
    StepApproval,
    Tenant,
    Terms,
    assemble,
)
from tests.house import BERLIN, MONDAY, records

POLICY = default_bundle()
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def situation(**changes) -> Situation:
    """Return an account in Berlin whose usage fell and whose urgent ticket is open."""
    known = records(urgent_ticket=True)
    found = Situation(
        tenant=Tenant(tenant_id="t1", name="T", calendar=BERLIN),
        account=known.pop("accounts")[0],
        as_of=MONDAY,
        posture=PostureReading(posture=Posture.AT_RISK, as_of=MONDAY, evidence_ids=("acme-s1",)),
        **known,
    )
    return found.model_copy(update=changes)


def _step(key, action_type, start_day, params, *after, required=True, evidence=("acme-s1",)) -> ProposedStep:
    return ProposedStep(
        key=key,
        action_type=action_type,
        params=params,
        depends_on=tuple(ProposedDependency(key=other) for other in after),
        start_day=start_day,
        required=required,
        evidence=evidence,
        rationale="Usage fell and the renewal is near.",
    )


def proposal(**changes) -> Proposal:
    """Return a proposal for that account, written by hand."""
    steps = (
        _step("brief", "PREP_RENEWAL_BRIEF", 0, {"sections": ["USAGE", "SUPPORT"]}),
        _step("owner", "CONFIRM_RENEWAL_OWNER", 0, {"candidate_owner": "mara"}),
        _step(
            "escalate",
            "ESCALATE_SUPPORT_RISK",
            1,
            {"ticket_ids": ["acme-t1"], "severity": "HIGH", "business_impact": "The renewal is at stake."},
            "brief",
            evidence=("acme-t1",),
        ),
        _step(
            "meeting",
            "REQUEST_RENEWAL_MEETING",
            7,
            {"contact_id": "acme-c1", "purpose": "SOFT_RENEWAL_QUESTION", "proposed_slots": 3},
            "brief",
            "owner",
            "escalate",
        ),
        _step("review", "RUN_VALUE_REVIEW", 16, {"agenda": "Outcomes, risks, the year ahead."}, "meeting"),
        _step("signed", "RECORD_COMMITMENT", 28, {"opportunity_id": "acme-o1"}, "review", evidence=("acme-o1",)),
        _step("notice", "NOTIFY_ACCOUNT_TEAM", 1, {"channel": "SLACK", "message": "It runs."}, "brief", required=False),
    )
    made = Proposal(
        account_id="acme",
        plan_type="RENEWAL_DEFENSE",
        subject=("acme-k1",),
        steps=steps,
        provenance=Provenance(drafter="person"),
    )
    return made.model_copy(update=changes)


def plan(**changes) -> RevenuePlanV1:
    """Return the plan that code assembles from the proposal; its ids count from 1."""
    ids = itertools.count(1)
    terms = Terms(
        min_retained_bp=POLICY.min_retained_bp,
        trusted_sources=POLICY.trusted_sources,
        constraints=POLICY.constraints,
    )
    cause = Cause(kind="person", ref="mara")
    made = assemble(proposal(), situation(), terms, new_id=lambda: UUID(int=next(ids)), now=MONDAY, cause=cause)
    return made.model_copy(update=changes)


def approval(**changes) -> PlanApproval:
    """Return an approval of the plan's first revision that holds for a week."""
    given = PlanApproval(
        principal_id="otto",
        role="plan_approver",
        revision=1,
        content_digest=DIGEST,
        policy_digest=bundle_digest(POLICY),
        gate_digest=DIGEST,
        authenticated="test",
        at=MONDAY,
        expires_at=MONDAY + timedelta(days=7),
    )
    return given.model_copy(update=changes)


def step_approval(**changes) -> StepApproval:
    """Return an approval of the meeting's first text that holds for three days."""
    given = StepApproval(
        step_id=next(s.step_id for s in plan().steps if s.action_type == "REQUEST_RENEWAL_MEETING"),
        attempt=1,
        principal_id="otto",
        role="plan_approver",
        revision=1,
        rendered_digest=DIGEST,
        at=MONDAY,
        expires_at=MONDAY + timedelta(days=3),
    )
    return given.model_copy(update=changes)


def context(**changes) -> GateContext:
    """Return circumstances in which the plan is approved and its meeting may start."""
    meeting = step_approval()
    told = GateContext(
        tenant_id="t1",
        situation=situation(),
        content_digest=DIGEST,
        approvals=(approval(),),
        step_approvals=(meeting,),
        active_principals=frozenset({"otto"}),
        step_id=meeting.step_id,
        rendered_digest=DIGEST,
    )
    return told.model_copy(update=changes)
