"""The promises: what must stay true whatever a model says, a person clicks, a network drops or a machine kills.

Each is one function over the store and its ledger, called alike by tests, the simulation and `oncourse doctor`.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from evaluator import evaluate
from gate import Phase, check
from ledger import (
    AccountHeld,
    AccountReleased,
    Entry,
    PlanState,
    StepAdded,
    StepEdge,
    SwitchNamed,
    SwitchReleased,
    evolve,
    stopped,
)
from orchestrator import bundle, gate_context, reaches_out
from plan import (
    CLOSED,
    PLAYBOOKS,
    SETTLED,
    SUCCEEDED,
    DependencyKind,
    Frozen,
    PlanStatus,
    RiskClass,
    StepStatus,
    count_persons,
    find_spec,
    people_of,
    risk_of,
)
from store import EffectStatus, KeylessError, Unit

GRACE = timedelta(minutes=1)


class Moment(NamedTuple):
    """One entry of a plan's stream between the states before and after it."""

    before: PlanState | None
    entry: Entry
    after: PlanState


class Evidence:
    """Everything that the promises look at, read once."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.entries = [entry for _, entry in unit.every_entry()]
        self.plans = {str(r.plan.plan_id): r for r in unit.plans.find()}
        self.effects = unit.effects.every()
        self.moments: dict[str, list[Moment]] = {plan_id: [] for plan_id in self.plans}
        states: dict[str, PlanState] = {}
        for entry in self.entries:
            if entry.stream.startswith("plan/"):
                plan_id = entry.stream.removeprefix("plan/")
                before = states.get(plan_id)
                after = evolve(before, entry)
                if isinstance(after, PlanState):
                    states[plan_id] = after
                    self.moments.setdefault(plan_id, []).append(Moment(before, entry, after))

    def differences(self) -> list[str]:
        """Return each difference between the ledger and the rows."""
        return self.unit.replay()

    def starts(self) -> Iterator[tuple[str, Moment, StepEdge]]:
        """Yield every start of a step with its plan."""
        for plan_id, moments in self.moments.items():
            for moment in moments:
                body = moment.entry.body()
                if moment.entry.type == "step.started.v1" and isinstance(body, StepEdge):
                    yield plan_id, moment, body


def only_approved_content(seen: Evidence) -> list[str]:
    """No action is executed that was not in the approved content digest of its plan."""
    found = []
    for effect in seen.effects:
        approved = {
            (a.revision, a.content_digest)
            for m in seen.moments.get(effect.plan_id, [])
            if m.entry.type == "plan.approved.v1"
            for a in m.after.approvals
        }
        if (effect.revision, effect.content) not in approved:
            found.append(f"effect {effect.key} ran content that nobody approved")
    return found


def external_needs_a_person(seen: Evidence) -> list[str]:
    """No external or HIGH step is sent without a person's approval of this revision and of what was rendered."""
    found = []
    for effect in seen.effects:
        spec = find_spec(effect.action_type)
        if not effect.external and (spec is None or spec.risk is not RiskClass.HIGH):
            continue
        given = [
            body.approval
            for m in seen.moments.get(effect.plan_id, [])
            if m.entry.type == "step.approved.v1" and m.entry.actor.kind == "human"
            for body in [m.entry.body()]
            if isinstance(body, StepEdge) and body.approval is not None
        ]
        attempt = int(effect.key.rpartition(":")[2])
        wanted = (effect.step_id, attempt, effect.rendered, effect.revision)
        if not any((str(a.step_id), a.attempt, a.rendered_digest, a.revision) == wanted for a in given):
            found.append(f"effect {effect.key} left without a person's approval of what was rendered")
    return found


def one_active_plan(seen: Evidence) -> list[str]:
    """Never two ACTIVE plans for one tenant, account and plan type."""
    holders: dict[tuple[str, str], str] = {}
    found = []
    by_address = {m.entry.address: m for moments in seen.moments.values() for m in moments}
    for entry in seen.entries:
        moment = by_address.get(entry.address)
        if moment is None:
            continue
        plan = moment.after.plan
        slot = (plan.account_id, plan.plan_type.value)
        if plan.status is PlanStatus.ACTIVE:
            if holders.setdefault(slot, entry.stream) != entry.stream:
                found.append(f"{entry.stream} became ACTIVE while {holders[slot]} was, for {slot[0]}")
        elif holders.get(slot) == entry.stream:
            del holders[slot]
    return found


def one_effect_an_attempt(seen: Evidence) -> list[str]:
    """Every effect is applied at most once: one key an attempt, a step in doubt is reconciled, never resent."""
    found, keys = [], set()
    for plan_id, moment, edge in seen.starts():
        step = moment.before.plan.step(edge.step_id) if moment.before else None
        if edge.key is None or edge.key in keys:
            found.append(f"{moment.entry.address} starts under the key {edge.key}, which was used before")
        keys.add(edge.key)
        if step is None or edge.attempt != step.attempts + 1 or edge.key != f"{plan_id}:{edge.step_id}:{edge.attempt}":
            found.append(f"{moment.entry.address} starts an attempt out of turn")
        if step is not None and step.status is StepStatus.IN_DOUBT:
            found.append(f"{moment.entry.address} resends a step in doubt")
    return found


def no_effect_lost(seen: Evidence) -> list[str]:
    """No effect is lost: what was started ended, is awaited, or is in doubt."""
    found = []
    for effect in seen.effects:
        lapsed = effect.claimed_until + GRACE < seen.unit.now
        record = seen.plans.get(effect.plan_id)
        woken = record is not None and record.next_wake_at is not None and record.next_wake_at <= seen.unit.now
        if effect.status is EffectStatus.STARTED and lapsed and not woken:
            found.append(f"effect {effect.key} was started at {effect.intended_at} and nobody asks after it")
    for plan_id, moment, edge in seen.starts():
        step = seen.plans[plan_id].plan.step(edge.step_id) if plan_id in seen.plans else None
        if step is None or (step.status in {StepStatus.PENDING, StepStatus.READY} and step.attempts == 0):
            found.append(f"{moment.entry.address}: the started step is gone")
    return found


def no_zombie(seen: Evidence) -> list[str]:
    """No new intent after expires_at, and nothing stays ACTIVE after it by more than one wake-up."""
    found = [
        f"{m.entry.address} starts a step after the plan's end"
        for _, m, _ in seen.starts()
        if m.entry.at > m.after.plan.expires_at
    ]
    for plan_id, record in seen.plans.items():
        over = record.plan.status is PlanStatus.ACTIVE and seen.unit.now > record.plan.expires_at
        if over and (record.next_wake_at is None or record.next_wake_at > seen.unit.now):
            found.append(f"plan {plan_id} is ACTIVE after its end and nothing wakes it")
    return found


def dependencies_first(seen: Evidence) -> list[str]:
    """A step runs only after its dependencies settled as the plan demands."""
    found = []
    for _, moment, edge in seen.starts():
        if moment.before is None:
            continue
        plan = moment.before.plan
        for need in plan.step(edge.step_id).depends_on:
            parent = plan.step(need.step_id)
            fits = {
                DependencyKind.SUCCESS: parent.status in SUCCEEDED,
                DependencyKind.FINISHED: parent.status in SETTLED,
                DependencyKind.OUTCOME_IN: parent.status in SETTLED and parent.outcome in need.outcomes,
            }[need.kind]
            if not fits:
                found.append(f"{moment.entry.address} starts before step {need.step_id} settled as demanded")
    return found


def adaptation_adds_nothing(seen: Evidence) -> list[str]:
    """Adaptation never adds a step: an added one stands in a DRAFT."""
    return [
        f"{m.entry.address} adds a step to a plan that is {m.after.plan.status}"
        for moments in seen.moments.values()
        for m in moments
        if isinstance(m.entry.body(), StepAdded) and m.after.plan.status is not PlanStatus.DRAFT
    ]


def rows_equal_ledger(seen: Evidence) -> list[str]:
    """Every edge has exactly one entry with actor, authority, cause and reason, and replay equals the rows."""
    found = seen.differences()
    for moments in seen.moments.values():
        for moment in moments:
            if moment.entry.type.startswith("plan.") and not moment.entry.authority.grant:
                found.append(f"{moment.entry.address} names no authority")
    return found


def same_inputs_same_answer(seen: Evidence) -> list[str]:
    """The same inputs give the same decision and the same evaluation, byte for byte."""
    found = []
    policy, _ = bundle(seen.unit)
    for plan_id, record in seen.plans.items():
        if record.plan.status in CLOSED:
            continue
        context = gate_context(seen.unit, record)
        facts = seen.unit.accounts.facts(record.plan.account_id)
        twice = [check(record.plan, context, policy, phase=Phase.PROPOSE, now=seen.unit.now).digest for _ in range(2)]
        again = [evaluate(record.plan, order, seen.unit.now).digest for order in (facts, facts[::-1])]
        if len(set(twice)) + len(set(again)) > 2:  # noqa: PLR2004 - one digest of each
            found.append(f"plan {plan_id} is judged differently on the same inputs")
    return found


_PERSONAL = frozenset(
    {
        "plan.approved.v1",
        "plan.endorsed.v1",
        "plan.resumed.v1",
        "plan.reopened.v1",
        "plan.transferred.v1",
        "plan.accepted.v1",
        "step.approved.v1",
        "step.endorsed.v1",
    }
)


def _follows_its_account(entry: Entry) -> bool:
    """Tell whether a plan changed hands because the CRM says so of its account; a person must still accept it."""
    because = entry.reason.code if entry.reason else ""
    return entry.type == "plan.transferred.v1" and because == "owner_changed"


def no_machine_approves(seen: Evidence) -> list[str]:
    """No machine approves, resumes or transfers; nobody approves alone what demands two, or content that he edited."""
    found = []
    for moments in seen.moments.values():
        needed = 1
        for moment in moments:
            entry, before = moment.entry, moment.before
            if entry.type == "plan.gate_evaluated.v1":
                needed = int(entry.data["persons"])
            if entry.type in _PERSONAL and entry.actor.kind != "human" and not _follows_its_account(entry):
                found.append(f"{entry.address}: a machine ({entry.actor.id}) took {entry.type}")
            if entry.type == "plan.approved.v1" and before is not None:
                given = moment.after.approvals
                if count_persons(given) < needed:
                    found.append(f"{entry.address}: {count_persons(given)} approved what demands {needed}")
                if people_of(given) & before.editors:
                    found.append(f"{entry.address}: an editor approved his own content")
    return found


def own_tenant_only(seen: Evidence) -> list[str]:
    """Nobody sees or touches another tenant's anything; a plan names only its own account's contracts."""
    people = {p.principal_id for p in seen.unit.principals.every()}
    found = [
        f"{entry.address}: {entry.actor.id} is nobody of this tenant"
        for entry in seen.entries
        if entry.actor.kind == "human" and entry.actor.id not in people
    ]
    for plan_id, record in seen.plans.items():
        known = seen.unit.accounts.situation(record.plan.account_id, seen.unit.tenant(), seen.unit.now, ())
        foreign = set(record.plan.subject) - {c.contract_id for c in known.contracts}
        if foreign or record.plan.tenant_id != seen.unit.tenant_id:
            found.append(f"plan {plan_id} names what is not its account's: {', '.join(sorted(foreign))}")
    return found


def words_change_nothing(seen: Evidence) -> list[str]:
    """Untrusted text changes words at most: risk, approvals, constraints and objective are those that code sets."""
    found = []
    for plan_id, record in seen.plans.items():
        plan = record.plan
        playbook = PLAYBOOKS.get(plan.plan_type)
        specs = [find_spec(step.action_type) for step in plan.steps]
        kept = all(s is not None and s.approval is step.approval for s, step in zip(specs, plan.steps, strict=True))
        fenced = plan.constraints.no_external_contact_without_approval
        lawful = _risks_lawful(seen, plan_id)
        if not kept or not fenced or plan.risk not in lawful or playbook is None:
            found.append(f"plan {plan_id} carries a risk, an approval or a constraint that code did not set")
        elif plan.objective != playbook.objective:
            found.append(f"plan {plan_id} carries another objective than its playbook")
    return found


def _risks_lawful(seen: Evidence, plan_id: str) -> set[RiskClass]:
    """Return the risk that the content has under the bundle by which it was judged when it was written."""
    judged, waits = None, False
    for moment in seen.moments.get(plan_id, []):
        if moment.entry.type in {"plan.proposed.v1", "plan.edited.v1"}:
            waits = True
        elif waits and moment.entry.type == "plan.gate_evaluated.v1":
            judged, waits = moment.entry.policy, False
    if judged is None or waits:
        return set()
    plan = seen.plans[plan_id].plan
    given = bundle(seen.unit, judged)[0].actions.get(plan.plan_type, {})
    return {risk_of(plan.steps, {name: action.risk for name, action in given.items()})}


def ledger_as_signed(seen: Evidence) -> list[str]:
    """Nobody without the key edited, cut, moved or added an entry: the ledger comes to what was signed."""
    try:
        return [str(flaw) for flaw in seen.unit.verify().flaws]
    except KeylessError as error:
        return [str(error)]


def says_why_it_stopped(seen: Evidence) -> list[str]:
    """A plan says why it stopped, in one sentence, from the ledger alone."""
    return [
        f"plan {plan_id} is {record.plan.status} and does not say why"
        for plan_id, record in seen.plans.items()
        if record.plan.status in CLOSED and not stopped([m.entry for m in seen.moments.get(plan_id, [])])
    ]


def stopping_works(seen: Evidence) -> list[str]:
    """Pause, abort, kill switch and a held account take effect before the next effect."""
    found = [
        f"{m.entry.address} starts a step of a plan that is {m.before.plan.status if m.before else 'nothing'}"
        for _, m, _ in seen.starts()
        if m.before is None or m.before.plan.status is not PlanStatus.ACTIVE
    ]
    starts = {moment.entry.address: (moment, edge) for _, moment, edge in seen.starts()}
    on: set[str] = set()
    held: set[str] = set()
    for entry in seen.entries:
        body = entry.body()
        if isinstance(body, AccountHeld):
            held.add(entry.stream)
        elif isinstance(body, AccountReleased):
            held.discard(entry.stream)
        elif held and entry.address in starts:
            plan, edge = starts[entry.address][0].after.plan, starts[entry.address][1]
            if f"account/{plan.account_id}" in held and reaches_out(plan.step(edge.step_id)):
                found.append(f"{entry.address} writes to {plan.account_id} while its external steps are held")
        if entry.type == "switch.thrown.v1" and isinstance(body, SwitchNamed):
            on.add(body.switch)
        elif isinstance(body, SwitchReleased):
            on.discard(body.switch)
        elif on and entry.address in starts:
            moment, edge = starts[entry.address]
            plan = moment.after.plan
            names = {"tenant", f"plan_type:{plan.plan_type}", f"action:{plan.step(edge.step_id).action_type}"}
            found += [f"{entry.address} starts a step while {name} is switched off" for name in sorted(on & names)]
    return found


PROMISES: dict[str, Callable[[Evidence], list[str]]] = {
    "P1": only_approved_content,
    "P2": external_needs_a_person,
    "P3": one_active_plan,
    "P4": one_effect_an_attempt,
    "P5": no_effect_lost,
    "P6": no_zombie,
    "P7": dependencies_first,
    "P8": adaptation_adds_nothing,
    "P9": rows_equal_ledger,
    "P10": same_inputs_same_answer,
    "P11": no_machine_approves,
    "P12": own_tenant_only,
    "P13": words_change_nothing,
    "P14": ledger_as_signed,
    "P15": says_why_it_stopped,
    "P16": stopping_works,
}


class Finding(Frozen):
    """One broken promise."""

    promise: str
    what: str


def broken(unit: Unit, told: Callable[[str], None] = lambda _promise: None) -> list[Finding]:
    """Return every broken promise of a tenant; empty is what everyone expects. `told` hears which is looked at."""
    seen = Evidence(unit)
    found = []
    for name, holds in PROMISES.items():
        told(name)
        found += [Finding(promise=name, what=what) for what in holds(seen)]
    return found
