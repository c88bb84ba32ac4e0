"""What another bundle would have said: recorded questions judged under two bundles, and what moved."""

from collections import Counter
from collections.abc import Callable, Iterable

from gate.decisions import Phase, RequiredAuthority, Severity
from gate.judging import Judgement, weigh
from gate.policy import PolicyBundle
from gate.recordings import Recording, read_inputs
from gate.view import View
from plan import Frozen

MOST_HITS = 20


class Asked(Frozen):
    """A recorded question where it stands in the ledger."""

    address: str
    phase: Phase
    text: str
    """The canonical JSON that the gate was told."""


class Moved(Frozen):
    """One question that the new bundle answers otherwise."""

    address: str
    account_id: str
    plan_id: str
    phase: Phase
    before: str
    """The verdict."""
    after: str
    appeared: tuple[str, ...]
    vanished: tuple[str, ...]
    authority_before: str
    authority_after: str


class Simulation(Frozen):
    """What a bundle would have changed."""

    judged: int
    moved: dict[str, int]
    """`ASK -> DENY`: how often."""
    appeared: dict[str, int]
    """Codes that only the new bundle finds, by the number of questions."""
    vanished: dict[str, int]
    authority: dict[str, int]
    """Required authority before and after: how often."""
    hit: int
    """Questions answered otherwise in any of these."""
    hits: tuple[Moved, ...]
    """The first of them."""


class _Tally:
    """The counts as they grow."""

    def __init__(self) -> None:
        self.judged, self.hit = 0, 0
        self.moved: Counter[str] = Counter()
        self.appeared: Counter[str] = Counter()
        self.vanished: Counter[str] = Counter()
        self.authority: Counter[str] = Counter()
        self.hits: list[Moved] = []

    def add(self, found: Moved | None) -> None:
        self.judged += 1
        if found is None:
            return
        self.hit += 1
        if found.before != found.after:
            self.moved[f"{found.before} -> {found.after}"] += 1
        self.appeared.update(found.appeared)
        self.vanished.update(found.vanished)
        if found.authority_before != found.authority_after:
            self.authority[f"{found.authority_before} -> {found.authority_after}"] += 1
        if len(self.hits) < MOST_HITS:
            self.hits.append(found)

    def told(self) -> Simulation:
        return Simulation(
            judged=self.judged,
            moved=dict(sorted(self.moved.items())),
            appeared=dict(sorted(self.appeared.items())),
            vanished=dict(sorted(self.vanished.items())),
            authority=dict(sorted(self.authority.items())),
            hit=self.hit,
            hits=tuple(self.hits),
        )


def simulate(
    asked: Iterable[Asked], current: PolicyBundle, new: PolicyBundle, told: Callable[[int], None] = lambda _: None
) -> Simulation:
    """Judge recorded questions under two bundles; `told` hears how many are done.

    Raises BadRecordingError for a text that is no recorded question.
    """
    tally = _Tally()
    for question in asked:
        recording = read_inputs(question.text, question.phase)
        view = View(recording.plan, recording.context, current, phase=question.phase, now=recording.now)
        before, after = weigh(view), weigh(view.under(new))
        tally.add(_moved(question.address, recording, before, after))
        told(tally.judged)
    return tally.told()


def _moved(address: str, recording: Recording, before: Judgement, after: Judgement) -> Moved | None:
    """Return what the second answer changes; None where the two mean the same."""
    said = [(a.verdict, _weights(a), authority_words(a.required_authority)) for a in (before, after)]
    if said[0] == said[1]:
        return None
    (_, old, authority_before), (_, new, authority_after) = said
    return Moved(
        address=address,
        account_id=recording.plan.account_id,
        plan_id=str(recording.plan.plan_id),
        phase=recording.phase,
        before=before.verdict,
        after=after.verdict,
        appeared=tuple(sorted(new - old)),
        vanished=tuple(sorted(old - new)),
        authority_before=authority_before,
        authority_after=authority_after,
    )


def _weights(answer: Judgement) -> frozenset[str]:
    """Return the codes, each with the severity that it has; a raised severity counts as another finding."""
    worst: dict[str, Severity] = {}
    for violation in answer.violations:
        known = worst.get(violation.code, violation.severity)
        worst[violation.code] = max(known, violation.severity, key=lambda severity: severity.rank)
    return frozenset(f"{code} {severity}" for code, severity in worst.items())


def authority_words(asked: RequiredAuthority) -> str:
    """Return whose approval it takes in words."""
    return f"{asked.persons} x {asked.role}" + (f" overriding {', '.join(asked.overrides)}" if asked.overrides else "")
