"""The promises after every tick: what is new in the ledger is folded on, and only what it touched is looked at.

The functions are those of `oncourse.promises`; they are shown the whole past of each plan that was touched, of the
plans that are open beside it, and of everything that could have stopped it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from operator import itemgetter

from ledger import Checkpoint, Entry, Frontier, LedgerError, PlanState, StepEdge, evolve, leaf_hash, state_digest
from oncourse.promises import PROMISES, Evidence, Moment, broken
from orchestrator import Answer, ContactLook, OptedOut
from orchestrator.publishing import JUDGED
from orchestrator.replaying import replay
from plan import CLOSED, Frozen, PlanStep, content_digest
from store import Effect, EffectStatus, PlanRecord, Unit
from store.plan_rows import Rows, rows_of
from tests.keys import KEYS
from tests.simulation.provider import Book

_NEW = "SELECT pos, body FROM ledger_entry WHERE tenant_id = ? AND pos > ? ORDER BY pos"
_WAKE = "SELECT next_wake_at FROM plan WHERE tenant_id = ? AND plan_id = ?"


FOUNDED = 2
"""The first two entries open the ledger and name the first administrator."""
_EACH = tuple(name for name in PROMISES if name not in {"P10", "P12", "P14"})
"""Looked at whenever a plan was touched. P12 once for each plan that is born, P10 by each decision as it is recorded,
P14 by the tree that grows here; each for everything whenever the whole tenant is looked at.
"""
_QUIET = ("P5", "P6")
"""Looked at where a tick wrote no entry and changed no effect: what else could break them is time alone."""


class Read(Entry):
    """An entry that keeps its body once it was parsed."""

    @cached_property
    def _body(self) -> Frozen:
        return super().body()

    def body(self) -> Frozen:
        """Return the data as its own closed type."""
        return self._body


Placed = tuple[int, Read]
"""An entry and its place in the ledger."""


class FindingError(Exception):
    """A promise that is broken; nothing after it is worth looking at."""

    def __init__(self, promise: str, what: str) -> None:
        super().__init__(f"{promise}: {what}")
        self.promise, self.what = promise, what


class Glance(Evidence):
    """What the promises need of the plans that were touched."""

    def __init__(self, unit: Unit, seen: "Watch", plans: dict[str, PlanRecord]) -> None:
        self.unit, self.plans = unit, plans
        self.moments = {plan_id: seen.moments[plan_id] for plan_id in plans}
        self.effects = [effect for plan_id in plans for effect in unit.effects.of_plan(plan_id)]
        accounts = sorted({r.plan.account_id for r in plans.values()})
        streams = [*(f"plan/{p}" for p in plans), *(f"account/{a}" for a in accounts), f"tenant/{unit.tenant_id}"]
        told = [placed for stream in streams for placed in seen.told.get(stream, ())]
        self.entries = [entry for _, entry in sorted(told, key=itemgetter(0))]
        self._starts = [start for plan_id in plans for start in seen.starts[plan_id]]

    def starts(self) -> Iterator[tuple[str, Moment, StepEdge]]:
        """Yield every start of a step with its plan."""
        return iter(self._starts)

    def differences(self) -> list[str]:
        """Return nothing: what was touched was compared while it was folded."""
        return []


class Watch:
    """Follows one tenant's ledger from outside, and knows where every stream must stand."""

    def __init__(self, tenant_id: str, book: Book) -> None:
        self._tenant, self._book = tenant_id, book
        self.pos, self.head = 0, hashlib.sha256()
        """How far the ledger was read, and the digest of all its bytes in order."""
        self.tree = Frontier()
        self.states: dict[str, object] = {}
        self._last: dict[str, tuple[int, str | None]] = {}
        self.moments: dict[str, list[Moment]] = {}
        self.starts: dict[str, list[tuple[str, Moment, StepEdge]]] = {}
        self._keys: dict[str, Moment] = {}
        self.told: dict[str, list[Placed]] = {}
        """Each stream's entries."""
        self.types: Counter[str] = Counter()
        self._open: dict[str, set[str]] = {}
        """Of each account, the plans that are not closed."""
        self._records: dict[str, PlanRecord] = {}
        self._known: dict[str, list[Effect]] = {}
        """Each plan's effects as they were at the last look."""
        self._rows: dict[str, tuple[PlanState, Rows]] = {}
        self._checked: set[str] = set()
        """Keys of the provider's book that were looked at."""

    @property
    def plans(self) -> dict[str, PlanState]:
        """Return every plan as the ledger has it."""
        return {plan_id: moments[-1].after for plan_id, moments in self.moments.items()}

    def plan(self, plan_id: str) -> PlanState:
        """Return one plan as the ledger has it."""
        return self.moments[plan_id][-1].after

    def look(self, unit: Unit, ticked: str | None = None) -> list[Read]:
        """Fold what is new and look at all that it touched; raise FindingError for a broken promise."""
        placed = self._read(unit)
        self._signed(unit)
        fresh = [entry for _, entry in placed]
        differences = [line for pos, entry in placed for line in self._folded(pos, entry)]
        streams = {entry.stream for entry in fresh}
        for name in sorted(streams):
            differences += unit.compared(name, self.states.get(name))
        touched = {name.removeprefix("plan/") for name in streams if name.startswith("plan/")}
        if ticked is not None and ticked not in touched:
            self._quiet(unit, ticked)
        self._judged(unit, fresh)
        if differences:
            raise FindingError("P9", differences[0])
        if touched:
            plans = self._plans(unit, touched)
            glance = Glance(unit, self, plans)
            self._held(glance, _EACH)
            self._seen(glance, touched)
            born = {name.removeprefix("plan/") for name in streams if self._last[name][0] == _new_of(fresh, name)}
            if born & touched:
                self._held(Glance(unit, self, {p: plans[p] for p in sorted(born & touched)}), ("P12",))
        self._outside(unit)
        return fresh

    def look_at_everything(self, unit: Unit) -> None:
        """Look at the whole tenant as anybody else would; raise FindingError for a broken promise."""
        for found in broken(unit):
            raise FindingError(found.promise, found.what)
        again = hashlib.sha256()
        for row in unit._connection.exec_driver_sql(_NEW, (self._tenant, 0)):
            again.update(row.body.encode())
        if again.digest() != self.head.digest():
            raise FindingError("P14", "the ledger is not what it was when each entry was first read")
        self._effects(unit.effects.every())

    def look_at_contacts(self, unit: Unit) -> None:
        """See that nobody was written to without an approval, or after an opt-out of theirs had come in."""
        look = ContactLook(unit)
        for _ in look:
            pass
        for one in look.contacts():
            if one.opted_out is OptedOut.YES or not one.approved_by:
                raise FindingError("P2", one.finding)

    def _signed(self, unit: Unit) -> None:
        """See that the head signs exactly what was read here, entry by entry."""
        head = unit._log.head()
        try:
            said = Checkpoint.read(head.note, KEYS.verifiers(head.origin))
        except LedgerError as error:
            raise FindingError("P14", str(error)) from error
        if said != Checkpoint.of(head.origin, self.tree) or head.size != self.tree.size:
            raise FindingError(
                "P14", f"the head signs {said.size} entries, which are not the {self.tree.size} read here"
            )

    def _read(self, unit: Unit) -> list[Placed]:
        found: list[Placed] = []
        for row in unit._connection.exec_driver_sql(_NEW, (self._tenant, self.pos)):
            if row.pos != self.pos + 1:
                raise FindingError("P9", f"position {row.pos} stands where {self.pos + 1} must")
            entry = Read.model_validate_json(row.body)
            self.pos = row.pos
            self.head.update(row.body.encode())
            self.tree.append(leaf_hash(row.body.encode()))
            found.append((row.pos, entry))
        return found

    def _folded(self, pos: int, entry: Read) -> list[str]:
        """Fold one entry on its stream; return what does not fit."""
        if entry.actor.kind == "human" and pos > FOUNDED and f"principal/{entry.actor.id}" not in self.states:
            raise FindingError("P12", f"{entry.address}: {entry.actor.id} is nobody of this tenant")
        self.types[entry.type] += 1
        seq, before = self._last.get(entry.stream, (0, None))
        state = self.states.get(entry.stream)
        try:
            after = evolve(state, entry)
        except LedgerError as error:
            return [str(error)]
        digest = state_digest(after)
        self.states[entry.stream], self._last[entry.stream] = after, (entry.seq, digest)
        self.told.setdefault(entry.stream, []).append((pos, entry))
        self._kept(entry, state, after)
        if (entry.seq, entry.before, entry.after) != (seq + 1, before, digest):
            return [f"{entry.address}: the state after it differs from what it says"]
        return []

    def _kept(self, entry: Read, before: object, after: object) -> None:
        name = entry.stream.removeprefix("plan/")
        if isinstance(after, PlanState):
            moment = Moment(before if isinstance(before, PlanState) else None, entry, after)
            self.moments.setdefault(name, []).append(moment)
            beside = self._open.setdefault(after.plan.account_id, set())
            (beside.discard if after.plan.status in CLOSED else beside.add)(name)
            starts = self.starts.setdefault(name, [])
            body = entry.body()
            if entry.type == "step.started.v1" and isinstance(body, StepEdge):
                starts.append((name, moment, body))
                self._keys[body.key or ""] = moment

    def _plans(self, unit: Unit, touched: set[str]) -> dict[str, PlanRecord]:
        """Return what was touched, and what is open beside it; the rows were compared with the ledger already."""
        for plan_id in touched:
            self._rewoken(unit, plan_id)
        accounts = {self.plan(plan_id).plan.account_id for plan_id in touched}
        beside = {plan_id for account_id in accounts for plan_id in self._open.get(account_id, ())}
        return {plan_id: self._records[plan_id] for plan_id in sorted(touched | beside)}

    def _rewoken(self, unit: Unit, plan_id: str) -> PlanRecord:
        """Return a plan as the ledger has it, in committed form, with the wake-up that its row has now."""
        wake = unit._connection.exec_driver_sql(_WAKE, (self._tenant, plan_id)).scalar_one()
        state = self.plan(plan_id)
        record = PlanRecord.model_construct(
            state=state, plan=state.plan, next_wake_at=None if wake is None else datetime.fromisoformat(wake)
        )
        self._records[plan_id] = record
        return record

    @staticmethod
    def _held(seen: Glance, names: Iterable[str]) -> None:
        for name in names:
            for what in PROMISES[name](seen):
                raise FindingError(name, what)

    @staticmethod
    def _judged(unit: Unit, fresh: list[Read]) -> None:
        """Judge again each new decision from what was recorded of its inputs."""
        for entry in fresh:
            if entry.type in JUDGED and entry.data.get("decision") is not None:
                again = replay(unit, entry)
                if again.answer is not Answer.SAME:
                    raise FindingError("P10", f"{entry.address}: {again.sentence}")

    def _quiet(self, unit: Unit, plan_id: str) -> None:
        """Look at a plan whose tick wrote no entry: its rows stand as they stood, and something wakes it in time."""
        state = self.plan(plan_id)
        if self._rows.get(plan_id, (None, None))[0] is not state:
            self._rows[plan_id] = (state, rows_of(state))
        if unit.plans.read_rows(plan_id) != self._rows[plan_id][1]:
            raise FindingError("P9", f"plan/{plan_id}: the row differs from its ledger")
        glance = Glance(unit, self, {plan_id: self._rewoken(unit, plan_id)})
        same = self._known.get(plan_id) == glance.effects
        self._held(glance, _QUIET if same else _EACH)
        self._seen(glance, {plan_id})

    def _seen(self, glance: Glance, plan_ids: set[str]) -> None:
        """Compare the effects of plans with the provider's book, and keep them until the next look."""
        for plan_id in plan_ids:
            self._known[plan_id] = [effect for effect in glance.effects if effect.plan_id == plan_id]
            self._effects(self._known[plan_id])

    def _effects(self, effects: Iterable[Effect]) -> None:
        """Compare what is recorded of effects with the provider's own book."""
        applied = self._book.applied
        for effect in effects:
            if effect.status is EffectStatus.DONE and not effect.shadow and effect.key not in applied:
                raise FindingError("P5", f"effect {effect.key} is recorded as done, and the provider never saw it")
            if effect.status in {EffectStatus.NOT_SENT, EffectStatus.FAILED} and effect.key in applied:
                raise FindingError(
                    "P4", f"effect {effect.key} is recorded as {effect.status}, and the provider applied it"
                )

    def _outside(self, unit: Unit) -> None:
        """Look at what the provider applied since the last look."""
        for key, times in self._book.times.items():
            if times > 1:
                raise FindingError("P4", f"{key} took effect {times} times")
        for key, calls in self._book.calls.items():
            if calls > 1:
                raise FindingError("P4", f"{key} was executed {calls} times")
        for key in [key for key in self._book.applied if key not in self._checked]:
            self._checked.add(key)
            self._as_approved(unit, key)

    def _as_approved(self, unit: Unit, key: str) -> None:
        """Compare an order that took effect with the content that people approved, from the ledger alone."""
        order, moment, effect = self._book.applied[key], self._keys.get(key), unit.effects.get(key)
        if moment is None or moment.before is None or effect is None:
            raise FindingError("P1", f"{key} took effect and nobody meant it")
        plan_id, before, edge = str(order.plan_id), moment.before, moment.entry.body()
        approved = {
            (a.revision, a.content_digest)
            for m in self.moments[plan_id]
            if m.entry.type == "plan.approved.v1"
            for a in m.after.approvals
        }
        step = before.plan.step(order.step_id)
        if (before.plan.revision, content_digest(before.plan)) not in approved:
            raise FindingError("P1", f"{key} took effect under content that nobody approved")
        if (order.action_type, order.attempt) != (step.action_type, step.attempts + 1) or effect.shadow:
            raise FindingError("P1", f"{key} took effect as something else than what was meant")
        kept = unit.effects.artefact(plan_id, step.step_id, order.attempt, order.rendered)
        if kept is None or not isinstance(edge, StepEdge) or edge.rendered != order.rendered:
            raise FindingError("P1", f"{key} carried a text that was never rendered for it")
        if unit.text(kept.ref) != order.text:
            raise FindingError("P1", f"{key} carried another text than the one that was rendered")
        self._same_params(unit, plan_id, step, order.params)

    def _same_params(self, unit: Unit, plan_id: str, step: PlanStep, params: dict[str, object]) -> None:
        now = unit.plans.get(plan_id).plan.step(step.step_id)
        if now.attempts == step.attempts + 1 and now.params != params:
            raise FindingError(
                "P1", f"step {step.step_id} of plan {plan_id} left with other parameters than the plan's"
            )


def _new_of(fresh: list[Read], stream: str) -> int:
    """Return how many entries of a stream are new."""
    return sum(entry.stream == stream for entry in fresh)


def lived(watch: Watch, now: datetime) -> float:
    """Return the years that the plans lived, each from its creation to its end or to now."""
    days = sum(
        ((state.closed_at or now) - state.plan.created_at).total_seconds() / 86_400 for state in watch.plans.values()
    )
    return days / 365
