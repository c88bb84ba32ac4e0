"""Every contact that was made with people outside, read from the ledger: when, whom, by whose approval.

The ledger alone says what left and who approved it. Who was meant, and what was known of them, stands in private texts:
where those were erased, the gate's own word stays, for it was asked before each step and refuses people who opted out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gate import BadRecordingError, GateContext, Phase, Verdict, read_inputs
from ledger import (
    STEP_ENTRIES,
    Endorsed,
    Entry,
    FactRecorded,
    GateEvaluated,
    ModeChanged,
    Proposed,
    StepAdded,
    StepChanged,
    StepEdge,
)
from orchestrator.reached import ContactMade, Left, OptedOut
from orchestrator.touches import NEVER_LEFT
from plan import (
    ERASED,
    Approval,
    FactKind,
    Mode,
    PlanStep,
    StepEvent,
    contacts_of,
    find_spec,
    people_of,
)
from store import Sought, Unit

AT_ONCE = 500
_ALL = Sought()
BY_HAND = "by hand"
LEAVE_ALONE = "PG061"
"""The gate's code for somebody who must not be contacted."""


@dataclass(eq=False)
class _Attempt:
    """One attempt of a step while its story is read."""

    position: int
    start: Entry
    account_id: str
    step: PlanStep
    edge: StepEdge
    approvals: list[tuple[str, tuple[str, ...]]]
    judged: GateEvaluated | None
    left: Left
    channel: str = ""
    receipt: str = ""
    outcome: str = ""
    gone: bool = False
    """It never left."""


@dataclass(eq=False)
class _Story:
    """What is remembered of one plan."""

    account_id: str
    steps: dict[UUID, PlanStep] = field(default_factory=dict)
    revision: int = 0
    """The one that was approved last."""
    plan_approvals: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    step_approvals: dict[tuple[UUID, int, str], list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)
    judged: dict[str, GateEvaluated] = field(default_factory=dict)
    attempts: dict[UUID, _Attempt] = field(default_factory=dict)


_EVENTS = {name: event for event, name in STEP_ENTRIES.items()}
_KINDS = frozenset(_EVENTS) - {STEP_ENTRIES[StepEvent.READY]} | {
    "plan.proposed.v1", "plan.approved.v1", "plan.endorsed.v1", "plan.gate_evaluated.v1", "step.added.v1",
    "step.changed.v1", "fact.recorded.v1", "tenant.mode_changed.v1",
}  # fmt: skip
_SENT = {StepEvent.DISPATCHED, StepEvent.SUCCEED, StepEvent.RECONCILE_OK}
_HEARD = {StepEvent.OUTCOME_OK, StepEvent.OUTCOME_BAD, StepEvent.OUTCOME_RETRY}


class ContactLook:
    """One look for contacts; iterate over it for how far it is, then read what it found."""

    def __init__(self, unit: Unit, *, addresses: bool = False) -> None:
        """Take the unit to read in; `addresses` reveals where to, as far as it is not erased."""
        self._unit, self._addresses = unit, addresses
        self._stories: dict[str, _Story] = {}
        self._made: list[_Attempt] = []
        self._wishes: dict[str, list[tuple[datetime, int, str, bool]]] = {}
        """Of each account: since when, the entry's position, who, and whether it is an opt-out."""
        self._mode = Mode.SHADOW

    def __iter__(self) -> Iterator[int]:
        after = 0
        while found := self._unit.entries_after(after, AT_ONCE, kinds=_KINDS):
            for position, entry in found:
                self._read(position, entry)
            after = found[-1][0]
            yield after

    def contacts(self, sought: Sought = _ALL) -> Iterator[ContactMade]:
        """Yield each person who was reached, in the order in which it began; of a plan, an account, some days."""
        for made in self._made:
            mine = sought.plan_id in {"", made.start.stream.removeprefix("plan/")}
            mine = mine and sought.account_id in {"", made.account_id} and not made.gone
            late = sought.until is not None and made.start.at >= sought.until
            if mine and not late and (sought.since is None or made.start.at >= sought.since):
                yield from self._tell(made)

    def _read(self, position: int, entry: Entry) -> None:
        body = entry.body()
        if isinstance(body, ModeChanged):
            self._mode = body.mode
        elif isinstance(body, FactRecorded) and body.kind in {FactKind.OPT_OUT, FactKind.OPT_IN}:
            known = self._wishes.setdefault(entry.stream.removeprefix("account/"), [])
            known.append((body.effective_at, position, body.subject_id, body.kind == FactKind.OPT_OUT))
        elif isinstance(body, Proposed):
            steps = {step.step_id: step for step in body.plan.steps}
            self._stories[entry.stream] = _Story(body.plan.account_id, steps)
        elif (story := self._stories.get(entry.stream)) is not None:
            self._follow(story, position, entry)

    def _follow(self, story: _Story, position: int, entry: Entry) -> None:
        body = entry.body()
        if isinstance(body, StepAdded | StepChanged):
            story.steps[body.step.step_id] = body.step
        elif isinstance(body, GateEvaluated) and body.phase == Phase.STEP:
            story.judged = {entry.address: body}
        elif isinstance(body, Endorsed):
            if body.revision != story.revision:
                story.revision, story.plan_approvals = body.revision, []
            story.plan_approvals.append((entry.address, tuple(sorted(people_of([body.approval])))))
        elif isinstance(body, StepEdge):
            if body.approval is not None:
                named = (body.step_id, body.approval.attempt, body.approval.rendered_digest)
                given = (entry.address, tuple(sorted(people_of([body.approval]))))
                story.step_approvals.setdefault(named, []).append(given)
            elif _EVENTS[entry.type] is StepEvent.START:
                self._start(story, position, entry, body)
            elif body.step_id in story.attempts:
                self._answer(story, entry, body)

    def _start(self, story: _Story, position: int, entry: Entry, edge: StepEdge) -> None:
        """Take up an attempt that reaches out; in SHADOW mode none does."""
        step = story.steps[edge.step_id]
        spec = find_spec(step.action_type)
        if self._mode is Mode.SHADOW or spec is None or not spec.external:
            return
        by_hand = step.approval is Approval.TASK
        named = (edge.step_id, edge.attempt or 0, edge.rendered or "")
        approvals = story.plan_approvals if by_hand else story.step_approvals.get(named, [])
        attempt = _Attempt(
            position=position,
            start=entry,
            account_id=story.account_id,
            step=step,
            edge=edge,
            approvals=list(approvals),
            judged=story.judged.get(entry.cause.ref),
            left=Left.HANDED_OVER if by_hand else Left.UNDER_WAY,
            channel=BY_HAND if by_hand else "",
        )
        story.attempts[edge.step_id] = attempt
        self._made.append(attempt)

    def _answer(self, story: _Story, entry: Entry, edge: StepEdge) -> None:
        """Note what came of an attempt; what never left is no contact."""
        attempt, event = story.attempts[edge.step_id], _EVENTS[entry.type]
        if event in NEVER_LEFT:
            attempt.gone = True
            return
        if event in _HEARD:
            attempt.gone = False  # an answer proves that it had left, whatever was said of it before
        if attempt.gone:
            return
        by_hand = attempt.channel == BY_HAND
        if event in _SENT and not by_hand:
            attempt.left = Left.SENT
        elif event is StepEvent.CRASH:
            attempt.left = Left.IN_DOUBT
        elif event in _HEARD:
            attempt.left = Left.REPORTED if by_hand else Left.SENT
        attempt.receipt = edge.receipt or attempt.receipt
        attempt.outcome = edge.outcome or attempt.outcome
        ending = f"/{attempt.edge.key}"
        if entry.cause.kind == "event" and entry.cause.ref.endswith(ending) and not by_hand:
            attempt.channel = entry.cause.ref.removesuffix(ending)

    def _tell(self, made: _Attempt) -> Iterator[ContactMade]:
        refs = contacts_of(made.step.params)
        known = self._known_then(made)
        clear = self._unit.blobs.contents([*refs, *(ref for _, _, ref, _ in self._wishes.get(made.account_id, []))])
        for ref in refs or ("",):
            contact_id = clear.get(ref, ERASED) if ref else ""
            person = known.situation.contact(contact_id) if known is not None else None
            yield ContactMade(
                position=made.position,
                entry=made.start.address,
                at=made.start.at,
                account_id=made.account_id,
                plan_id=made.start.stream.removeprefix("plan/"),
                step_id=made.step.step_id,
                attempt=made.edge.attempt or 0,
                action=made.step.action_type,
                channel=made.channel,
                contact_id=contact_id,
                address=(person.email if person else ERASED) if self._addresses and ref else "",
                approved_by=tuple(dict.fromkeys(name for _, people in made.approvals for name in people)),
                approvals=tuple(address for address, _ in made.approvals),
                receipt=made.receipt or self._receipt_of(made),
                outcome=made.outcome,
                left=made.left,
                opted_out=self._opted_out(made, contact_id, clear, known),
            )

    def _receipt_of(self, made: _Attempt) -> str:
        """Return what the provider said, where that was no single word; the effect has it until it is erased."""
        effect = self._unit.effects.get(made.edge.key) if made.edge.key else None
        return (effect.receipt if effect is not None else "") or ""

    def _known_then(self, made: _Attempt) -> GateContext | None:
        """Return what the gate was told before the step started; None where that was erased."""
        ref = "" if made.judged is None else made.judged.inputs
        text = self._unit.blobs.contents([ref]).get(ref)
        if text is None:
            return None
        try:
            return read_inputs(text, Phase.STEP).context
        except BadRecordingError:
            return None

    def _opted_out(self, made: _Attempt, contact_id: str, clear: dict[str, str], known: GateContext | None) -> OptedOut:
        mine = sorted(one for one in self._wishes.get(made.account_id, []) if clear.get(one[2]) == contact_id != "")
        heard = [out for _, position, _, out in mine if position < made.position]
        if heard and heard[-1]:
            return OptedOut.YES
        if known is not None:
            person = known.situation.contact(contact_id) if contact_id else None
            if known.situation.account.do_not_contact or (person is not None and person.opted_out):
                return OptedOut.YES
        said = [out for at, _, _, out in mine if at <= made.start.at]
        if said and said[-1]:
            return OptedOut.UNHEARD
        if known is not None and contact_id != ERASED:
            return OptedOut.NO
        asked = made.judged
        clean = asked is not None and asked.verdict != Verdict.DENY and LEAVE_ALONE not in asked.codes
        return OptedOut.GATE_SAYS_NO if clean else OptedOut.UNKNOWN
