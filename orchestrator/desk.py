"""What every command works with: the store, the clock, ids, the executor, and who is acting."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError

from gate import (
    Act,
    AuthorityAnswer,
    AuthorityRequest,
    Decision,
    GateContext,
    Phase,
    PolicyBundle,
    Recording,
    ask,
    bundle_digest,
    may,
    who_can,
)
from ledger import Actor, Authority, Entry, GateEvaluated, PlanState
from orchestrator.errors import BadInputError, ChangedError, NotAllowedError
from orchestrator.ports import Clock, Executor, Ids
from orchestrator.touches import planned
from plan import (
    ActorKind,
    Cause,
    Frozen,
    Id,
    Instant,
    Principal,
    RiskClass,
    Role,
    Situation,
)
from store import PlanRecord, Store, Unit

SYSTEM_ID = "oncourse"


class Acting(Frozen):
    """Who gives a command, and how they proved who they are."""

    principal: Principal
    authenticated: str = "cli"
    strong_at: Instant | None = None
    """When the person last showed a second factor; a terminal needs none."""
    behind: Id | None = None
    """Who stands behind a machine: whoever made its token, or sent the event that it takes up."""

    @property
    def actor(self) -> Actor:
        """Return the actor that entries name."""
        return Actor(kind=self.principal.kind, id=self.principal.principal_id, on_behalf_of=self.behind)


def system(tenant_id: str) -> Acting:
    """Return the system itself as the one who acts; it never approves, resumes or transfers."""
    return Acting(
        principal=Principal(principal_id=SYSTEM_ID, tenant_id=tenant_id, kind=ActorKind.SYSTEM),
        authenticated="process",
    )


_FORGED = "a policy is not what was published; nothing is decided by it. Restore the database from a backup"
_RUNNING = frozenset({Phase.RESUME, Phase.STEP})
NAMED = 5
"""How many people a refusal names."""
BY_SYSTEM = Authority(role="system", grant="AUTH-SYSTEM")


@lru_cache(maxsize=64)
def _bundle(text: str) -> tuple[PolicyBundle, str]:
    """Return a bundle with the digest that its content has, whatever it is kept under."""
    found = PolicyBundle.model_validate_json(text)
    return found, bundle_digest(found)


class Desk:
    """The orchestrator's dependencies for one tenant."""

    def __init__(self, store: Store, tenant_id: str, *, clock: Clock, ids: Ids, executor: Executor) -> None:
        self.store, self.tenant_id, self.clock, self.ids, self.executor = store, tenant_id, clock, ids, executor

    @contextmanager
    def unit(self, *, reading: bool = False) -> Iterator[Unit]:
        """Open one transaction at the present instant; one that only reads waits for no writer."""
        with self.store.unit(self.tenant_id, self.clock.now(), self.executor.name, reading=reading) as unit:
            yield unit

    @property
    def system(self) -> Acting:
        """Return the system as the one who acts."""
        return system(self.tenant_id)


def bundle(unit: Unit, digest: str | None = None) -> tuple[PolicyBundle, str]:
    """Return a bundle and its digest: the one in force, or the one named.

    Raises ChangedError where its bytes are not those that its digest was published for: then nothing is decided by it.
    """
    name, text = (digest, unit.policies.text(digest)) if digest else unit.policy()
    try:
        found, is_really = _bundle(text)
    except ValidationError as error:
        raise ChangedError(f"{_FORGED} ({name[:19]})") from error
    if is_really != name:
        raise ChangedError(f"{_FORGED} ({name[:19]})")
    return found, name


def situation(unit: Unit, account_id: str, *, without: str | None = None) -> Situation:
    """Return what is known of an account now; `without` leaves one plan out of its open plans."""
    open_plans = tuple(p for p in unit.plans.open_of(account_id) if p.plan_id != without)
    return unit.accounts.situation(account_id, unit.tenant(), unit.now, open_plans)


def authorize(
    unit: Unit,
    who: Acting,
    act: Act,
    state: PlanState | None = None,
    *,
    risk: RiskClass | None = None,
    already: frozenset[str] = frozenset(),
    break_glass: bool = False,
    owner: str | None = None,
) -> Authority:
    """Return the authority under which someone may act; raise NotAllowedError with the reason and who could.

    `already`: who stands behind the approvals given so far; `owner`: of the account, where no plan is in question.
    """
    request = AuthorityRequest(
        act=act,
        principal=who.principal,
        tenant_id=unit.tenant_id,
        risk=risk or (state.plan.risk if state else RiskClass.LOW),
        owner=state.plan.owner if state else owner,
        editors=state.editors if state else frozenset(),
        already_approved=already,
        amount_minor=state.plan.amount_minor if state else 0,
        paused_by=state.paused_by if state else None,
        now=unit.now,
        strong_at=_strong_at(who, unit.now),
        delegators=tuple(p for p in unit.principals.every() if p.delegations),
        break_glass=break_glass,
        new_owner=state.handover.to if state and state.handover else None,
    )
    policy = bundle(unit)[0]
    answer = may(request, policy)
    if not answer.allowed:
        who_could = _who_could(unit, request, policy, answer)
        told = f"{who.principal.principal_id} may not {act.value} ({answer.grant}): {answer.reason}"
        raise NotAllowedError(f"{told}; {who_could}", answer.grant)
    return Authority(role=answer.role, grant=answer.grant, on_behalf_of=answer.on_behalf_of)


TERMINALS = frozenset({"cli", "scripted", "test"})
"""Ways in that need the machine itself."""


def _strong_at(who: Acting, now: datetime) -> datetime | None:
    """Return when somebody last proved strongly who they are.

    Whoever holds the terminal holds the database too, so a second factor there would protect nothing.
    """
    return now if who.authenticated in TERMINALS else who.strong_at


def _who_could(unit: Unit, request: AuthorityRequest, policy: PolicyBundle, answer: AuthorityAnswer) -> str:
    """Return by name who could do it now, each with a fresh second factor; by role where nobody could."""
    if request.principal.tenant_id != unit.tenant_id:
        return "ask somebody of that tenant"
    asked = request.model_copy(update={"strong_at": unit.now, "delegators": ()})
    names = who_can(asked, (p for p in unit.principals.every() if p.kind is ActorKind.HUMAN), policy)
    others = [name for name in names if name != request.principal.principal_id]
    if not others:
        return f"nobody here could now; it takes {answer.who_could}"
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"{', '.join(others[:NAMED])}{more} could ({answer.who_could})"


def gate_context(unit: Unit, record: PlanRecord, *, objective_met: bool = False) -> GateContext:
    """Return what the gate needs to know of a plan at this moment."""
    plan, state = record.plan, record.state
    people = unit.principals.every()
    return GateContext(
        tenant_id=unit.tenant_id,
        situation=situation(unit, plan.account_id, without=str(plan.plan_id)),
        objective_met=objective_met,
        switches=frozenset(switch.name for switch in unit.tenant_state().switches),
        connector=unit.connector,
        content_digest=None if record.altered else record.content_digest,
        approvals=state.approvals,
        step_approvals=state.step_approvals,
        editors=state.editors,
        active_principals=frozenset(p.principal_id for p in people if p.active),
        inactive_principals=frozenset(p.principal_id for p in people if not p.active),
        accepted_owner=state.accepted_owner,
        approver_limit_minor=_highest_limit(people),
        planned=planned(unit, plan),
        slot_holder=_other_holder(unit, record),
    )


def _highest_limit(people: Iterable[Principal]) -> int | None:
    """Return the largest plan that any active approver may approve; None where one has no limit, or nobody is there."""
    limits = [
        p.approval_limit_minor for p in people if p.active and p.roles & {Role.PLAN_APPROVER, Role.SENIOR_APPROVER}
    ]
    return None if None in limits else max((limit for limit in limits if limit is not None), default=None)


def _other_holder(unit: Unit, record: PlanRecord) -> str | None:
    holder = unit.plans.slot_holder(record.plan.account_id, record.plan.plan_type)
    return None if holder == str(record.plan.plan_id) else holder


def judge(unit: Unit, record: PlanRecord, context: GateContext, phase: Phase, cause: Cause) -> tuple[Decision, Entry]:
    """Ask the gate under the bundle in force, and write its answer into the plan's stream.

    What runs keeps the promises of the bundle that it was activated under: where another one is in force now, both
    are asked and the stricter answer counts.
    """
    policy, name = bundle(unit)
    pinned = record.state.policy if phase in _RUNNING and record.state.policy != name else None
    question = Recording.model_construct(plan=record.plan, context=context, now=unit.now, phase=phase)
    decision, told = ask(question, policy, bundle(unit, pinned)[0] if pinned is not None else None)
    stream = f"plan/{record.plan.plan_id}"
    entry = unit.record(
        stream,
        "plan.gate_evaluated.v1",
        GateEvaluated(
            phase=phase.value,
            verdict=decision.verdict.value,
            risk=decision.risk,
            codes=tuple(sorted({v.code for v in decision.violations})),
            role=decision.required_authority.role,
            persons=decision.required_authority.persons,
            decision=decision.digest,
            ruleset=decision.ruleset_digest,
            inputs=unit.sealer(stream).seal(told),
            step_id=context.step_id,
            pinned=pinned,
        ),
        actor=Actor(kind=ActorKind.POLICY, id="gate"),
        authority=Authority(role="policy", grant="AUTH-GATE"),
        cause=cause,
        policy=name,
    )
    return decision, entry


SHORTEST_REASON = 3
EMERGENCY_REASON = 20


def check_reason(reason: str, *, emergency: bool = False) -> None:
    """Raise BadInputError for a reason that is no readable sentence; an emergency takes a longer one."""
    if emergency and len(reason.strip()) < EMERGENCY_REASON:
        raise BadInputError(f"breaking the glass takes a reason of {EMERGENCY_REASON} letters at least (--reason)")
    if len(reason.strip()) < SHORTEST_REASON:
        raise BadInputError("a reason is needed: one sentence that the next reader understands (--reason)")
    if not all(letter.isprintable() for letter in reason):
        raise BadInputError("the reason holds control characters or line breaks; write it as one plain line")


def findings(decision: Decision) -> tuple[str, ...]:
    """Return the violations as lines: code, place, what, and what to do about it."""
    return tuple(f"{v.code} {v.severity} {v.where}: {v.message}. {v.mend}" for v in decision.violations)
