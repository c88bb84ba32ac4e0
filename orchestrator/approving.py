"""Plan approvals: given for exactly what was seen, counted while they hold, and what they still lack."""

from collections.abc import Iterable
from datetime import timedelta

from pydantic import Field

from gate import Act, Decision, Phase, RequiredAuthority, Verdict, check
from ledger import Authority, Endorsed, PlanState
from orchestrator.desk import Acting, Desk, authorize, bundle, findings, gate_context, judge
from orchestrator.errors import BadInputError, ChangedError, DeniedError
from orchestrator.evaluating import objective_met
from orchestrator.moves import Hand
from plan import (
    Cause,
    Frozen,
    OnFailure,
    PlanApproval,
    PlanEvent,
    PlanStatus,
    PlanStep,
    RiskClass,
    StepApproval,
    StepStatus,
    count_persons,
    people_of,
    spec_of,
)
from store import PlanRecord, Unit

QUOTED_DIGITS = 12
QUOTED_POLICY = 8
SHORTEST_OVERRIDE = 20
"""Letters of the reason for an override, at least."""


class Override(Frozen):
    """SOFT codes that an approver lets pass, and why."""

    codes: tuple[str, ...] = Field(min_length=1)
    reason: str


class Reviewed(Frozen):
    """What an approval came to."""

    status: PlanStatus
    given: int
    """People who approved this revision so far."""
    needed: int
    to_override: tuple[str, ...] = ()
    """SOFT codes that a senior approver has yet to override."""


def approve(
    desk: Desk,
    plan_id: str,
    seen: str,
    who: Acting,
    cause: Cause,
    *,
    override: Override | None = None,
    hold: timedelta = timedelta(),
) -> Reviewed:
    """Approve exactly the content whose digest the person saw; the last of n approvals makes the plan APPROVED.

    The plan is not woken to start before `hold` has passed: so long its approver may take the approval back.
    Raises ChangedError where the draft is no longer what was seen, DeniedError where the gate denies it.
    """
    with desk.unit() as unit:
        record = unit.plans.get(plan_id)
        as_seen(unit, record, seen)
        nothing_failed(record)
        _answered(record)
        live = live_approvals(unit, record.state)
        may_override(unit, record.state, who, override)
        authority = authorize(unit, who, Act.APPROVE, record.state, already=people_of(live))
        context = gate_context(unit, record, objective_met=objective_met(unit, record))
        decision, entry = judge(unit, record, context, Phase.APPROVE, cause)
        not_denied(decision, "the gate denies the plan")
        asked = decision.required_authority
        given = _approval(unit, record, decision, who, authority)
        given = given.model_copy(update=overriding(unit, record.state, override, asked.overrides))
        after = (*(a for a in live if a.principal_id != given.principal_id), given)
        missing = lacking(after, asked)
        event = PlanEvent.ENDORSE if missing else PlanEvent.APPROVE
        hand = Hand(unit, who, authority, cause=cause).because(entry)
        done = ("endorsed" if missing else "approved", "")
        hand.move_plan(record.state, event, done, edge=Endorsed, approval=given, checkpoint=str(unit.checkpoint()))
        unit.wake(plan_id, unit.now + hold)
        return Reviewed(
            status=unit.state(plan_id).plan.status,
            given=count_persons(after),
            needed=asked.persons,
            to_override=not_overridden(after, asked),
        )


def judged(desk: Desk, plan_id: str) -> Decision:
    """Return what the gate says of a plan to whoever would approve it now; nothing is written."""
    with desk.unit(reading=True) as unit:
        return judged_now(unit, unit.plans.get(plan_id))


def judged_now(unit: Unit, record: PlanRecord) -> Decision:
    """Return what the gate says of a plan as it was read; nothing is written."""
    context = gate_context(unit, record, objective_met=objective_met(unit, record))
    return check(record.plan, context, bundle(unit)[0], phase=Phase.APPROVE, now=unit.now)


def may_override(unit: Unit, state: PlanState, who: Acting, override: Override | None) -> None:
    """Raise NotAllowedError where somebody overrides who may not, though they may approve."""
    if override is not None:
        authorize(unit, who, Act.OVERRIDE, state)


def overriding(unit: Unit, state: PlanState, override: Override | None, asked: tuple[str, ...]) -> dict[str, object]:
    """Return the fields of an approval that overrides; raise BadInputError where that is not asked for."""
    if override is None:
        return {}
    foreign = sorted(set(override.codes) - set(asked))
    if foreign:
        open_ones = ", ".join(asked) or "nothing"
        raise BadInputError(f"{', '.join(foreign)}: not to be overridden here; {open_ones} is")
    if len(override.reason.strip()) < SHORTEST_OVERRIDE:
        raise BadInputError(f"an override takes a reason of {SHORTEST_OVERRIDE} letters at least (--reason)")
    told = unit.sealer(f"plan/{state.plan.plan_id}").seal(override.reason)
    return {"overrides": tuple(sorted(set(override.codes))), "override_reason": told}


def live_approvals(unit: Unit, state: PlanState) -> tuple[PlanApproval, ...]:
    """Return the approvals of this revision that count: under the bundle in force, in time, by active people."""
    _, name = bundle(unit)
    return tuple(a for a in state.approvals if lapsed(unit, a, name) is None)


def lapsed(unit: Unit, approval: PlanApproval, policy: str) -> str | None:
    """Return why an approval no longer counts; None while it does."""
    if approval.policy_digest != policy:
        return "policy_changed"
    if unit.now > approval.expires_at:
        return "ttl_passed"
    both = (approval.principal_id, approval.on_behalf_of)
    gone = any(name is not None and not unit.principals.get(name).active for name in both)
    return "approver_gone" if gone else None


def step_risk(unit: Unit, state: PlanState, step: PlanStep) -> RiskClass:
    """Return a step's risk: the higher of what the bundle in force and the one that the plan runs under say."""
    names = {None, state.policy}
    risks = [bundle(unit, name)[0].risk_of(state.plan.plan_type, step.action_type) for name in names]
    return max(risks, key=lambda risk: risk.rank)


def persons_for_step(unit: Unit, state: PlanState, step: PlanStep) -> int:
    """Return how many people approve a step's text: as many as a plan of its risk and of this amount takes."""
    return bundle(unit)[0].authority[step_risk(unit, state, step)].persons_for(state.plan.amount_minor)


def not_overridden(approvals: Iterable[PlanApproval | StepApproval], asked: RequiredAuthority) -> tuple[str, ...]:
    """Return the SOFT codes that none of the approvals overrides."""
    given = {code for approval in approvals for code in approval.overrides}
    return tuple(code for code in asked.overrides if code not in given)


def lacking(approvals: tuple[PlanApproval | StepApproval, ...], asked: RequiredAuthority) -> str:
    """Return what is still missing, in words; nothing where it is enough."""
    count, codes = count_persons(approvals), not_overridden(approvals, asked)
    told = [f"{asked.persons - count} more of {asked.persons} people"] if count < asked.persons else []
    told += [f"a senior approver's override of {', '.join(codes)}"] if codes else []
    return " and ".join(told)


def _approval(unit: Unit, record: PlanRecord, decision: Decision, who: Acting, authority: Authority) -> PlanApproval:
    policy, name = bundle(unit)
    return PlanApproval(
        principal_id=who.principal.principal_id,
        actor_kind=who.principal.kind,
        role=authority.role,
        revision=record.plan.revision,
        content_digest=record.content_digest,
        policy_digest=name,
        gate_digest=decision.digest,
        authenticated=who.authenticated,
        at=unit.now,
        expires_at=unit.now + timedelta(hours=policy.approval_ttl_hours[record.plan.risk]),
        on_behalf_of=authority.on_behalf_of,
    )


def same(digest: str, seen: str, least: int = QUOTED_DIGITS) -> bool:
    """Compare a digest with what a person quotes of it: so many hexadecimal digits at least."""
    quoted = seen.removeprefix("sha256:")
    return len(quoted) >= least and digest.removeprefix("sha256:").startswith(quoted)


def to_quote(content_digest: str, policy_digest: str) -> str:
    """Return what an approver quotes: the content that was read and, after a dot, the policy it was judged by."""
    content, policy = (digest.removeprefix("sha256:") for digest in (content_digest, policy_digest))
    return f"{content[:QUOTED_DIGITS]}.{policy[:QUOTED_POLICY]}"


def as_seen(unit: Unit, record: PlanRecord, seen: str) -> None:
    """Raise ChangedError where the draft, or the policy where one is quoted, is not the one that the person read."""
    unaltered(record)
    content, _, policy = seen.partition(".")
    again = f"read it again: oncourse plan show {record.plan.plan_id}"
    if not same(record.content_digest, content):
        now = f"{record.content_digest[:23]} (revision {record.plan.revision})"
        raise ChangedError(f"the draft is now {now}, not what you saw; {again}")
    in_force = bundle(unit)[1]
    if policy and not same(in_force, policy, least=QUOTED_POLICY):
        raise ChangedError(f"policy {in_force[:19]} is in force by now, not the one that you saw it judged by; {again}")


def unaltered(record: PlanRecord) -> None:
    """Raise ChangedError where a text of the plan was changed behind the ledger's back."""
    if record.altered:
        raise ChangedError(
            "a text of this plan is not what the ledger committed to; nobody can approve or edit it. "
            "Find it with: oncourse ledger replay"
        )


def not_denied(decision: Decision, what: str) -> None:
    """Raise DeniedError with the HARD findings where the gate denies."""
    if decision.verdict is Verdict.DENY:
        hard = [line for line in findings(decision) if " HARD " in line]
        raise DeniedError(f"{what}: " + " ".join(hard), decision.codes)


def _answered(record: PlanRecord) -> None:
    """Raise BadInputError where the draft was sent back and nobody has answered why."""
    if record.state.sent_back:
        raise BadInputError(
            "the draft was sent back and waits for an edit that answers why; approve it then: "
            f"oncourse plan edit {str(record.plan.plan_id)[:8]} --answer ..."
        )


def nothing_failed(record: PlanRecord) -> None:
    """Raise BadInputError where a failed step would pause the plan at once."""
    for step in record.plan.steps:
        effect = spec_of(step.action_type).failure_effect(required=step.required)
        if step.status is StepStatus.FAILED and effect is OnFailure.PAUSE:
            raise BadInputError(
                f"step {step.step_id} ({step.action_type}) failed with {step.outcome}; retry or skip it first: "
                f"oncourse step retry|skip {record.plan.plan_id} {str(step.step_id)[:8]}"
            )
