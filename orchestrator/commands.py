"""The commands of a plan's life, one method each: the only door through which anything changes."""

from collections.abc import Iterable
from datetime import timedelta

from gate import Act, Decision, PolicyBundle, RequiredAuthority, bundle_digest
from ledger import Actor, Authority, Hold, ModeChanged, PlanState, PolicyPublished, PrincipalChanged
from orchestrator import (
    activating,
    approving,
    drafting,
    editing,
    holding,
    ownership,
    receiving,
    reviewing,
    steering,
    step_reviews,
    triggering,
    withdrawing,
)
from orchestrator.advancing import advance
from orchestrator.approving import Override, Reviewed
from orchestrator.desk import Acting, Desk, authorize, bundle, situation
from orchestrator.drafting import Submitted
from orchestrator.editing import PlanEdit, Tried
from orchestrator.entitling import keeps_an_admin
from orchestrator.evaluating import close_if_over, has_news
from orchestrator.governance import Governance
from orchestrator.landing import find_step, report
from orchestrator.moves import Hand
from orchestrator.ports import Clock, Executor, Ids, ReceiptKind
from orchestrator.receiving import Records, Taken, records_taken
from orchestrator.step_reviews import StepReviewed
from orchestrator.triggering import Bounds
from plan import (
    ActionType,
    Cause,
    Frozen,
    Instant,
    NoPlan,
    PlanStatus,
    PlanType,
    Principal,
    Proposal,
    Situation,
    Tenant,
    canonical,
    proposal_of,
)
from store import Event, Store

NOW = timedelta()


class Request(Frozen):
    """What a drafter is asked about one account: read from the store, complete, and nothing of any other account."""

    situation: Situation
    plan_type: PlanType
    approved_actions: tuple[ActionType, ...]
    now: Instant
    earlier: Proposal | None = None
    """The draft that was sent back, as a proposal."""
    reasons: tuple[str, ...] = ()
    """Why it was sent back, in order: the new draft answers each."""


class Look(Frozen):
    """Where a plan stands before a tick."""

    status: PlanStatus
    event: Event | None
    """The oldest in the inbox that waits for this plan."""
    redraft: str | None
    """The account of a machine's draft that was sent back and that no drafter has tried to answer yet."""
    news: bool
    """The evaluator has something to log, or to close."""


class Orchestrator:
    """One tenant's plans. Every method is one transaction (or intent, call, result) and raises OncourseError."""

    def __init__(
        self, store: Store, tenant_id: str, *, clock: Clock, ids: Ids, executor: Executor, bounds: Bounds | None = None
    ) -> None:
        """Take what it works with, and what drafting may cost: without bounds, the default ones hold."""
        self._desk = Desk(store, tenant_id, clock=clock, ids=ids, executor=executor)
        self._bounds = bounds or Bounds()

    @property
    def desk(self) -> Desk:
        """Return the dependencies, for reading."""
        return self._desk

    @property
    def governance(self) -> Governance:
        """Return the commands that govern the tenant."""
        return Governance(self._desk)

    def open_tenant(self, tenant: Tenant, policy: PolicyBundle, admin: Principal) -> None:
        """Make a tenant with its ledger, its first administrator and its first policy."""
        actor = Actor(kind=admin.kind, id=admin.principal_id)
        cause = Cause(kind="person", ref=admin.principal_id)
        authority = Authority(role="tenant_admin", grant="AUTH-FIRST-START")
        with self._desk.unit() as unit:
            unit.open_tenant(tenant, actor)
            unit.record(
                f"principal/{admin.principal_id}",
                "principal.added.v1",
                PrincipalChanged(principal=admin),
                actor=actor,
                authority=authority,
                cause=cause,
            )
            name = bundle_digest(policy)
            unit.policies.put(name, canonical(policy).decode())
            unit.record(
                f"policy/{name.removeprefix('sha256:')}",
                "policy.published.v1",
                PolicyPublished(digest=name, name=policy.name),
                actor=actor,
                authority=authority,
                cause=cause,
            )
            unit.record(
                unit.tenant_stream,
                "tenant.mode_changed.v1",
                ModeChanged(mode=tenant.mode),
                actor=actor,
                authority=authority,
                cause=cause,
            )

    def add_principal(self, added: Principal, who: Acting) -> None:
        """Add a principal, or change one."""
        with self._desk.unit() as unit:
            authority = authorize(unit, who, Act.ADD_PRINCIPAL)
            known = {p.principal_id for p in unit.principals.every()}
            keeps_an_admin(unit, added)
            kind = "principal.changed.v1" if added.principal_id in known else "principal.added.v1"
            unit.record(
                f"principal/{added.principal_id}",
                kind,
                PrincipalChanged(principal=added),
                actor=who.actor,
                authority=authority,
                cause=Cause(kind="person", ref=who.principal.principal_id),
            )

    def take_records(self, records: Records, who: Acting) -> int:
        """Add or replace what is known of accounts; returns how many records. All of it or nothing."""
        with self._desk.unit() as unit:
            authority = authorize(unit, who, Act.IMPORT)
            return records_taken(Hand(unit, who, authority, cause=_person(who)), records)

    def request(self, account_id: str, plan_type: PlanType, sent_back: str | None = None) -> Request:
        """Return what a drafter is asked about an account now; `sent_back` names the draft that it makes anew."""
        with self._desk.unit() as unit:
            policy, _ = bundle(unit)
            actions = tuple(sorted(policy.approved_actions(plan_type)))
            known = situation(unit, account_id, without=sent_back)
            asked = Request(situation=known, plan_type=plan_type, approved_actions=actions, now=unit.now)
            if sent_back is None:
                return asked
            record = unit.plans.get(sent_back)
            reasons = tuple(unit.blobs.reveal(ref) for ref in record.state.sent_back)
            earlier = proposal_of(record.plan, known.tenant.calendar)
            return asked.model_copy(update={"earlier": earlier, "reasons": reasons})

    def look(self, plan_id: str) -> Look:
        """Return what a tick of a plan finds: where it stands, and what waits for it."""
        with self._desk.unit(reading=True) as unit:
            state = unit.plans.state(plan_id)
            event = next(iter(unit.events.waiting(unit.now, plan_id)), None)
            account_id = _wants_redraft(state) if state.plan.status is PlanStatus.DRAFT else None
            news = event is None and has_news(unit, state)
            return Look(status=state.plan.status, event=event, redraft=account_id, news=news)

    def submit(
        self,
        proposal: Proposal,
        who: Acting,
        cause: Cause,
        *,
        repair: int = 0,
        last: bool = True,
        event: str | None = None,
    ) -> Submitted:
        """Judge a proposal; open a DRAFT, or record the refusal with its codes."""
        return drafting.submit(self._desk, proposal, who, cause, repair=repair, last=last, event=event)

    def no_plan(
        self,
        account_id: str,
        plan_type: PlanType,
        answer: NoPlan,
        cause: Cause,
        *,
        plan_id: str | None = None,
        event: str | None = None,
    ) -> None:
        """Record that no plan is right, and why; `plan_id` names the draft that was to be made anew."""
        drafting.no_plan(self._desk, account_id, plan_type.value, answer, cause, plan_id=plan_id, event=event)

    def edit(self, plan_id: str, change: PlanEdit, who: Acting) -> Submitted:
        """Take an edit as a new revision; approvals become void."""
        return editing.edit(self._desk, plan_id, change, who, _person(who))

    def try_edit(self, plan_id: str, change: PlanEdit, who: Acting) -> Tried:
        """Return what the gate would say of an edit; nothing is written."""
        return editing.try_edit(self._desk, plan_id, change, who)

    def revise(self, plan_id: str, proposal: Proposal, who: Acting, cause: Cause, *, repair: int = 0) -> Submitted:
        """Take a drafter's answer to a draft that was sent back as its next revision."""
        return editing.revise(self._desk, plan_id, proposal, who, cause, repair=repair)

    def approve(
        self, plan_id: str, seen: str, who: Acting, *, override: Override | None = None, hold: timedelta = NOW
    ) -> Reviewed:
        """Approve exactly what was seen; it does not start before `hold` has passed."""
        return approving.approve(self._desk, plan_id, seen, who, _person(who), override=override, hold=hold)

    def withdraw(self, plan_id: str, who: Acting) -> None:
        """Take back one's own approval of a plan, within ten seconds."""
        withdrawing.withdraw(self._desk, plan_id, who, _person(who))

    def judged(self, plan_id: str) -> Decision:
        """Return what the gate says of a plan to whoever would approve it now."""
        return approving.judged(self._desk, plan_id)

    def judged_step(self, plan_id: str, step_id: str) -> RequiredAuthority:
        """Return what an approval of a step's present text takes."""
        return step_reviews.judged_step(self._desk, plan_id, self._step_id(plan_id, step_id))

    def send_back(self, plan_id: str, reason: str, who: Acting) -> None:
        """Return a draft with a sentence that the next revision must answer."""
        reviewing.send_back(self._desk, plan_id, reason, who, _person(who))

    def reject(self, plan_id: str, reason: str, who: Acting) -> None:
        """Close a draft for good."""
        reviewing.reject(self._desk, plan_id, reason, who, _person(who))

    def activate(self, plan_id: str, cause: Cause) -> PlanStatus:
        """Start an APPROVED plan if all that it needs still holds."""
        return activating.activate(self._desk, plan_id, cause)

    def evaluate(self, plan_id: str, cause: Cause) -> PlanStatus:
        """Ask whether a plan is over, and close it where it is; returns where it stands then."""
        return close_if_over(self._desk, plan_id, cause)

    def advance(self, plan_id: str, cause: Cause) -> str:
        """Take a running plan one step further; returns what was done, or `waits`."""
        return advance(self._desk, plan_id, cause)

    def pause(self, plan_id: str, reason: str, who: Acting, *, break_glass: bool = False) -> None:
        """Pause an ACTIVE plan."""
        steering.pause(self._desk, plan_id, reason, who, _person(who), break_glass=break_glass)

    def resume(self, plan_id: str, reason: str, who: Acting) -> None:
        """Resume a PAUSED plan."""
        steering.resume(self._desk, plan_id, reason, who, _person(who))

    def abort(self, plan_id: str, reason: str, who: Acting, *, break_glass: bool = False) -> None:
        """End a plan at once."""
        steering.abort(self._desk, plan_id, reason, who, _person(who), break_glass=break_glass)

    def reopen(self, plan_id: str, reason: str, who: Acting) -> None:
        """Take a running plan back to DRAFT as a new revision."""
        steering.reopen(self._desk, plan_id, reason, who, _person(who))

    def transfer(self, plan_id: str, new_owner: str, reason: str, who: Acting) -> None:
        """Hand a plan to another person."""
        ownership.transfer(self._desk, plan_id, new_owner, reason, who, _person(who))

    def accept(self, plan_id: str, who: Acting) -> None:
        """Take over a plan that was handed to oneself."""
        ownership.accept(self._desk, plan_id, who, _person(who))

    def approve_step(
        self,
        plan_id: str,
        step_id: str,
        seen: str,
        who: Acting,
        *,
        text: str | None = None,
        override: Override | None = None,
        hold: timedelta = NOW,
    ) -> StepReviewed:
        """Approve a rendered text as seen, or as edited here; it does not start before `hold` has passed."""
        full = self._step_id(plan_id, step_id)
        return step_reviews.approve_step(
            self._desk, plan_id, full, seen, who, _person(who), text=text, override=override, hold=hold
        )

    def withdraw_step(self, plan_id: str, step_id: str, who: Acting) -> None:
        """Take back one's own approval of a step's text, within ten seconds."""
        withdrawing.withdraw_step(self._desk, plan_id, self._step_id(plan_id, step_id), who, _person(who))

    def reject_step(self, plan_id: str, step_id: str, reason: str, who: Acting) -> None:
        """Refuse a rendered step: it is skipped."""
        step_reviews.reject_step(self._desk, plan_id, self._step_id(plan_id, step_id), reason, who, _person(who))

    def report_outcome(self, plan_id: str, step_id: str, outcome: str, who: Acting) -> str:
        """Record what the world answered."""
        return report(self._desk, plan_id, step_id, outcome, who, _person(who))

    def skip(self, plan_id: str, step_id: str, reason: str, who: Acting) -> None:
        """Set a step aside."""
        steering.skip(self._desk, plan_id, step_id, reason, who, _person(who))

    def retry(self, plan_id: str, step_id: str, reason: str, who: Acting) -> None:
        """Try a FAILED step again."""
        steering.retry(self._desk, plan_id, step_id, reason, who, _person(who))

    def reconcile(self, plan_id: str, step_id: str, found: ReceiptKind, reason: str, who: Acting) -> None:
        """End a doubt with what a person found out."""
        steering.reconcile(self._desk, plan_id, step_id, found, reason, who, _person(who))

    def receive(self, event: Event) -> bool:
        """Keep an event from outside; False for a redelivery."""
        return self.receive_all([event])[0]

    def receive_all(self, events: Iterable[Event]) -> tuple[bool, ...]:
        """Keep events from outside, all or none; False for each redelivery."""
        return receiving.receive(self._desk, events)

    def wish(self, account_id: str, who: Acting, name: str | None = None) -> Event:
        """Ask for a draft of an account, once under a name; returns the event that waits for a drafter."""
        return receiving.wish(self._desk, account_id, who, name)

    def take_event(self, source: str, event_id: str) -> Taken:
        """Take up one event from the inbox."""
        return receiving.take_event(self._desk, source, event_id, self._bounds)

    def event(self, source: str, event_id: str) -> Event:
        """Return an event and what became of it."""
        return receiving.event_of(self._desk, source, event_id)

    def begin_redraft(self, plan_id: str) -> str | None:
        """Count a draft that is made anew; where the day has had its most, let it wait and return why."""
        return triggering.begin_redraft(self._desk, plan_id, self._bounds)

    def release(self, account_id: str, reason: str, who: Acting) -> tuple[Hold, ...]:
        """Let an account's external steps go on; returns what had held them."""
        return holding.release(self._desk, account_id, reason, who)

    def status(self, plan_id: str) -> PlanStatus:
        """Return where a plan stands."""
        with self._desk.unit() as unit:
            return unit.plans.status(plan_id)

    def wait(self, plan_id: str) -> None:
        """Leave a draft until its review or its end."""
        with self._desk.unit() as unit:
            record = unit.plans.get(plan_id)
            unit.wake(plan_id, record.plan.expires_at + timedelta(microseconds=1))

    def _step_id(self, plan_id: str, step_id: str) -> str:
        with self._desk.unit() as unit:
            return str(find_step(unit.state(plan_id), step_id).step_id)


def _person(who: Acting) -> Cause:
    return Cause(kind="person", ref=who.principal.principal_id)


def _wants_redraft(state: PlanState) -> str | None:
    fresh = state.plan.status is PlanStatus.DRAFT and not state.ever_active and state.redrafts == 0
    wanted = fresh and state.sent_back and state.drafter != "person"
    return state.plan.account_id if wanted else None
