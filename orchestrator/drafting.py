"""How a plan is born: proposals judged, drafts opened, refusals kept."""

from uuid import UUID

from gate import Act, Decision, Phase, PolicyBundle, Verdict, check, inputs_text
from ledger import (
    Actor,
    Authority,
    EvidenceRef,
    PlanState,
    ProposalNone,
    ProposalRefused,
    Proposed,
)
from orchestrator.desk import Acting, Desk, authorize, bundle, findings, gate_context, judge, situation
from orchestrator.moves import Hand
from orchestrator.noting import settle
from plan import (
    OPEN,
    ActorKind,
    Cause,
    Frozen,
    NoPlan,
    NoPlanReason,
    PlanStatus,
    PlanType,
    Proposal,
    RevenuePlanV1,
    Terms,
    assemble,
    content_digest,
)
from store import PlanRecord, Unit

PLAN_OPEN = "PLAN_OPEN"
"""Not a rule of the gate: at most one machine's plan of an account and type is open (row 1 of the plan table)."""


UNASKED = frozenset({NoPlanReason.PROVIDER_DOWN, NoPlanReason.PROVIDER_REFUSES, NoPlanReason.NO_RECORDING})
"""Refusals behind which no model stands: the same posture may ask again."""


class Submitted(Frozen):
    """What became of a proposal: a draft, or findings."""

    plan_id: UUID | None = None
    codes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def submit(
    desk: Desk,
    proposal: Proposal,
    who: Acting,
    cause: Cause,
    *,
    repair: int = 0,
    last: bool = True,
    event: str | None = None,
) -> Submitted:
    """Judge a proposal and open a DRAFT for it; a denied one leaves an entry with its codes and no plan.

    `last`: no mended proposal would follow a denied one. `event`: what asked for it; the last answer settles it.
    """
    with desk.unit() as unit:
        unit.hold_account(proposal.account_id)  # of two answers at one moment, the second sees the first one's plan
        authority = authorize(unit, who, Act.PROPOSE)
        known = situation(unit, proposal.account_id)
        policy, name = bundle(unit)
        terms = terms_of(policy, proposal.plan_type)
        plan = assemble(proposal, known, terms, new_id=desk.ids.new, now=unit.now, cause=cause)
        hand = Hand(unit, who, authority, cause=cause)
        record = _unborn(unit, plan)
        context = gate_context(unit, record)
        decision = check(plan, context, policy, phase=Phase.PROPOSE, now=unit.now)
        if decision.verdict is Verdict.DENY:
            if last:
                settle(hand, event, proposal.plan_type, "refused: no plan was born")
            told = inputs_text(plan, context, unit.now)
            return refuse(hand, proposal, decision, repair, name, told=told)
        if who.principal.kind is ActorKind.AGENT:
            open_one = open_machine_plan(unit, proposal.account_id, proposal.plan_type)
            if open_one is not None:
                settle(hand, event, proposal.plan_type, f"refused: {PLAN_OPEN}")
                told = f"Plan {open_one.plan.plan_id} of this account and type is {open_one.plan.status} already."
                return refuse_unjudged(hand, proposal, PLAN_OPEN, told, name, holder=str(open_one.plan.plan_id))
        settle(hand, event, proposal.plan_type, f"drafted: {plan.plan_id}")
        return Submitted(plan_id=_open(hand, plan, proposal, name), findings=findings(decision))


def no_plan(
    desk: Desk,
    account_id: str,
    plan_type: str,
    answer: NoPlan,
    cause: Cause,
    *,
    plan_id: str | None = None,
    event: str | None = None,
) -> None:
    """Record that no plan is right, and why; in a plan's own story where its draft was to be made anew."""
    with desk.unit() as unit:
        answered = None if answer.reason in UNASKED else plan_type
        settle(Hand(unit, desk.system, cause=cause), event, answered, f"no plan: {answer.reason.value}")
        stream = f"account/{account_id}" if plan_id is None else f"plan/{plan_id}"
        unit.record(
            stream,
            "proposal.none.v1",
            ProposalNone(
                plan_type=plan_type,
                reason=answer.reason.value,
                suggestion=unit.sealer(stream).seal(answer.suggestion),
                drafter=answer.provenance.drafter,
            ),
            actor=Actor(kind=ActorKind.AGENT, id=f"drafter-{answer.provenance.drafter}"),
            authority=authorize(unit, desk.system, Act.PROPOSE),
            cause=cause,
            reason=(answer.reason.value, answer.suggestion),
            model=answer.provenance.calls,
        )


def open_machine_plan(unit: Unit, account_id: str, plan_type: str) -> PlanRecord | None:
    """Return the open plan of this account and type that a machine drafted."""
    for record in unit.plans.find(account_id=account_id, statuses=OPEN):
        if record.plan.plan_type == plan_type and record.state.drafter != "person":
            return record
    return None


def terms_of(policy: PolicyBundle, plan_type: PlanType) -> Terms:
    """Return what policy contributes to a plan."""
    risks = {name: given.risk for name, given in policy.actions.get(plan_type, {}).items()}
    return Terms(
        min_retained_bp=policy.min_retained_bp,
        trusted_sources=tuple(policy.trusted_sources),
        risks=risks,
        constraints=policy.constraints,
    )


def _unborn(unit: Unit, plan: RevenuePlanV1) -> PlanRecord:
    sealed = unit.seal(plan)
    return PlanRecord(
        state=PlanState(plan=sealed),
        plan=plan,
        known={},
        content_digest=content_digest(sealed),
        altered=False,
        row_version=0,
        fence=0,
        next_wake_at=None,
    )


def refuse(
    hand: Hand,
    proposal: Proposal,
    decision: Decision,
    repair: int,
    policy: str,
    *,
    told: str,
    plan_id: str | None = None,
) -> Submitted:
    """Record a proposal that the gate denies, with what the gate was told; nothing else comes of it."""
    unit = hand.unit
    stream = f"account/{proposal.account_id}" if plan_id is None else f"plan/{plan_id}"
    codes = tuple(sorted({v.code for v in decision.violations if v.severity == "HARD"}))
    lines = findings(decision)
    holder = unit.plans.slot_holder(proposal.account_id, proposal.plan_type)
    unit.record(
        stream,
        "proposal.refused.v1",
        ProposalRefused(
            plan_type=proposal.plan_type.value,
            codes=codes,
            findings=tuple(unit.sealer(stream).seal(line) for line in lines),
            repair=repair,
            holder=holder if "PG040" in codes else None,
            drafter=proposal.provenance.drafter,
            decision=decision.digest,
            ruleset=decision.ruleset_digest,
            inputs=unit.sealer(stream).seal(told),
        ),
        actor=Actor(kind=ActorKind.POLICY, id="gate", on_behalf_of=hand.who.principal.principal_id),
        authority=Authority(role="policy", grant="AUTH-GATE"),
        cause=hand.cause,
        reason=("gate_denied", " ".join(line for line in lines if " HARD " in line)[:1800]),
        policy=policy,
        model=proposal.provenance.calls,
    )
    return Submitted(codes=codes, findings=lines)


def refuse_unjudged(
    hand: Hand,
    proposal: Proposal,
    code: str,
    told: str,
    policy: str,
    *,
    plan_id: str | None = None,
    holder: str | None = None,
) -> Submitted:
    """Record a proposal that is not even judged, for a reason that is no rule of the gate."""
    unit = hand.unit
    stream = f"account/{proposal.account_id}" if plan_id is None else f"plan/{plan_id}"
    unit.record(
        stream,
        "proposal.refused.v1",
        ProposalRefused(
            plan_type=proposal.plan_type.value,
            codes=(code,),
            findings=(unit.sealer(stream).seal(told),),
            repair=0,
            holder=holder,
            drafter=proposal.provenance.drafter,
        ),
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
        reason=(code.lower(), told),
        policy=policy,
        model=proposal.provenance.calls,
    )
    return Submitted(codes=(code,), findings=(told,))


def _open(hand: Hand, plan: RevenuePlanV1, proposal: Proposal, policy: str) -> UUID:
    unit, sealed = hand.unit, hand.unit.seal(plan)
    cited = sorted({ref for step in plan.steps for ref in step.evidence})
    entry = unit.record(
        f"plan/{plan.plan_id}",
        "plan.proposed.v1",
        Proposed(
            source=None,
            target=PlanStatus.DRAFT,
            revision=1,
            content=content_digest(sealed),
            plan=sealed,
            drafter=proposal.provenance.drafter,
            confidence_percent=proposal.confidence_percent,
        ),
        actor=hand.who.actor,
        authority=hand.authority,
        cause=hand.cause,
        reason=("proposed", proposal.summary),
        policy=policy,
        evidence=[EvidenceRef(kind="cited", ref=ref) for ref in cited][:60],
        model=proposal.provenance.calls,
    )
    record = _unborn(unit, plan)
    judge(unit, record, gate_context(unit, record), Phase.PROPOSE, hand.because(entry).cause)
    unit.wake(plan.plan_id, unit.now)
    return plan.plan_id
