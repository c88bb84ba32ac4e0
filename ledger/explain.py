"""Sentences from entries: deterministic templates over actor, authority, cause, reason and evidence. No model."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from ledger.bodies import Erased, GateEvaluated, PrincipalChanged, Proposed, StepAdded, StepChanged
from ledger.entries import PLAN_ENTRIES, Entry
from ledger.wording import FOUND, INSTEAD, PHASES, REASONS, SAID_ALREADY, SAYS, STOPPED, VERDICTS
from plan import ERASED, REF_PREFIX, Frozen, PlanApproval, PlanEvent, PlanStep, StepApproval, describe_usage

Names = Mapping[str, str]
"""What to call a step or a principal by; ids that are not in it are shown as they are, long ones by their beginning."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORT = 8


def step_name(action_type: str, step_id: UUID) -> str:
    """Return what a step is called in a sentence: its action in words, and the beginning of its id."""
    return f"{action_type.replace('_', ' ').capitalize()} ({str(step_id)[:_SHORT]})"


def step_names(entries: Iterable[Entry]) -> dict[str, str]:
    """Return what every step is called that a plan's entries ever held, those removed since included."""
    held: list[PlanStep] = []
    for entry in entries:
        body = entry.body() if entry.type in _WITH_STEPS else None
        if isinstance(body, Proposed):
            held += body.plan.steps
        elif isinstance(body, StepAdded | StepChanged):
            held.append(body.step)
    return {str(step.step_id): step_name(step.action_type, step.step_id) for step in held}


_WITH_STEPS = frozenset({"plan.proposed.v1", "step.added.v1", "step.changed.v1"})


def sentence(entry: Entry, reveal: Callable[[str], str], names: Names) -> str:
    """Return one entry as a sentence: number, time (UTC), actor with authority, what, why, cause, what it cost."""
    usage = f" [{describe_usage(entry.model)}]" if entry.model else ""
    who, what = actor_of(entry, names), deed(entry, reveal, names)
    return f"#{entry.seq} {entry.at:%Y-%m-%d %H:%M} {who} {what} [cause: {cause_of(entry, names)}]{usage}"


def actor_of(entry: Entry, names: Names) -> str:
    """Return who did it, of which kind, and under which role or in whose stead."""
    kind, role, lent = str(entry.actor.kind), entry.authority.role, entry.authority.on_behalf_of
    if lent is not None:
        role += f" for {names.get(lent, lent)}"
    held = kind if role == kind else f"{kind}, {role}"
    return f"{names.get(entry.actor.id, entry.actor.id)} ({held})"


def deed(entry: Entry, reveal: Callable[[str], str], names: Names) -> str:
    """Return what was done and why, up to the full stop."""
    body, reason = entry.body(), entry.reason
    template = INSTEAD.get((entry.type, reason.code), SAYS[entry.type]) if reason else SAYS[entry.type]
    told = _readable(template.format_map(_Fields(body, names, reveal)), names)
    told += _sureness(body) + _overridden(body, reveal)
    asked = entry.actor.on_behalf_of
    if asked is not None:
        told += f" (asked for by {names.get(asked, asked)})"
    if reason is not None:
        text = reveal(reason.text) if reason.text else ""
        if reason.code not in SAID_ALREADY:
            told += f" because {REASONS.get(reason.code, reason.code)}"
        told += f": {text}" if text else ""
    return _ended(told)


def cause_of(entry: Entry, names: Names) -> str:
    """Return where it came from: `#6` of the same stream, another stream's entry, a person, an event, the clock."""
    cause = entry.cause
    if cause.kind == "entry":
        stream, _, seq = cause.ref.rpartition("#")
        return f"#{seq}" if stream == entry.stream else _readable(cause.ref, names)
    if cause.kind == "timer":
        return "its time had come"
    if cause.kind == "person":
        return names.get(cause.ref, cause.ref)
    return _readable(f"{cause.kind} {cause.ref.removeprefix(f'{cause.kind}/')}", names)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _readable(text: str, names: Names) -> str:
    """Return a text with every long id in it as its name, or as its beginning."""
    return _UUID.sub(lambda found: names.get(found[0], found[0][:_SHORT]), text)


def _sureness(body: Frozen) -> str:
    """Return how sure a drafter says it is that its draft is accepted; nothing where none says so."""
    percent = getattr(body, "confidence_percent", None)
    return "" if percent is None else f", {percent} % sure that it is accepted"


def _overridden(body: Frozen, reveal: Callable[[str], str]) -> str:
    """Return which findings an approval overrides, and why; nothing where it overrides none."""
    given = getattr(body, "approval", None)
    if not isinstance(given, PlanApproval | StepApproval) or not given.overrides:
        return ""
    return f", overriding {', '.join(given.overrides)}: {reveal(given.override_reason)}"


def explain(entries: Iterable[Entry], reveal: Callable[[str], str], names: Names) -> list[str]:
    """Return a stream as sentences, in order."""
    return [sentence(entry, reveal, names) for entry in entries]


def stopped(entries: Iterable[Entry], reveal: Callable[[str], str] = str) -> str | None:
    """Return why a plan stopped, in one sentence; None while it is open."""
    last = None
    for entry in entries:
        if entry.type in _CLOSING:
            last = entry
    if last is None or last.reason is None:
        return None
    text = reveal(last.reason.text) if last.reason.text else ""
    why = REASONS.get(last.reason.code, last.reason.code)
    told = f"{STOPPED[str(last.data['target'])]} on {last.at:%Y-%m-%d}: {why}"
    return _ended(f"{told}. {text}" if text and text != ERASED else told)


_CLOSING = {
    PLAN_ENTRIES[event]
    for event in (PlanEvent.COMPLETE, PlanEvent.ABORT, PlanEvent.EXPIRE, PlanEvent.MOOT, PlanEvent.REJECT)
}


class _Fields(dict[str, str]):
    """The fields of an entry's data as words."""

    def __init__(self, body: Frozen, names: Names, reveal: Callable[[str], str]) -> None:
        super().__init__()
        self._body, self._names, self._reveal = body, names, reveal

    def __missing__(self, name: str) -> str:
        special = _SPECIAL.get(name)
        return self._plain(getattr(self._body, name, None)) if special is None else special(self)

    def step(self) -> str:
        """Return the step that the entry speaks of."""
        held = getattr(self._body, "step", None)
        if isinstance(held, PlanStep):
            return "step " + step_name(held.action_type, held.step_id)
        step_id = str(getattr(self._body, "step_id", ""))
        return "step " + self._names.get(step_id, step_id[:_SHORT])

    def again(self) -> str:
        """Return when it is tried again; nothing where it is not."""
        until = getattr(self._body, "wait_until", None)
        return "" if until is None else f"; next try {until:%Y-%m-%d %H:%M}"

    def judged(self) -> str:
        """Return what the gate looked at, and before what."""
        return PHASES[str(getattr(self._body, "phase", ""))].format(step=self.step())

    def verdict(self) -> str:
        """Return what the gate said, and whose approval it takes."""
        body = self._body
        if not isinstance(body, GateEvaluated):
            return self._plain(None)
        whose = f"a {body.role}" if body.persons == 1 else f"{body.persons} {body.role}s"
        codes = f" ({', '.join(body.codes)})" if body.codes else ""
        return VERDICTS[body.verdict].format(approval=f"the approval of {whose}") + codes

    def found(self) -> str:
        """Return what the evaluator found."""
        reason = str(getattr(self._body, "reason", ""))
        return FOUND.get(reason) or REASONS.get(reason, reason)

    def whose(self) -> str:
        """Return whose data were erased."""
        return "a person" if getattr(self._body, "scope", "") == "contact" else "all people of the account"

    def erased(self) -> str:
        """Return how much is gone."""
        body = self._body
        if not isinstance(body, Erased):
            return self._plain(None)
        counted = ((body.texts, "text"), (body.records, "record"), (body.events, "event"))
        return ", ".join(f"{many} {noun}{'' if many == 1 else 's'}" for many, noun in counted)

    def principal(self) -> str:
        """Return who was added or changed."""
        body = self._body
        who = body.principal.principal_id if isinstance(body, PrincipalChanged) else ""
        return self._names.get(who, who)

    def _plain(self, value: object) -> str:
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, tuple):
            return ", ".join(str(item) for item in value)
        text = str(value) if value is not None else "nothing"
        return self._reveal(text) if text.startswith(REF_PREFIX) else self._names.get(text, text)


_SPECIAL: dict[str, Callable[[_Fields], str]] = {
    "step": _Fields.step,
    "again": _Fields.again,
    "judged": _Fields.judged,
    "verdict": _Fields.verdict,
    "found": _Fields.found,
    "whose": _Fields.whose,
    "erased": _Fields.erased,
    "principal": _Fields.principal,
}
"""Fields of sentences that are more than a field of the data."""
