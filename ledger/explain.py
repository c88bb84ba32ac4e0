"""Sentences from entries: deterministic templates over actor, authority, cause, reason and evidence. No model."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from ledger.entries import PLAN_ENTRIES, Entry
from plan import ERASED, REF_PREFIX, Frozen, PlanApproval, PlanEvent, StepApproval, describe_usage

Names = Mapping[str, str]
"""What to call a step or a principal by; ids that are not in it are shown as they are."""

_SAYS: dict[str, str] = {
    "plan.proposed.v1": "proposed the plan ({drafter})",
    "plan.edited.v1": "edited the plan: revision {revision}",
    "plan.sent_back.v1": "sent the draft back",
    "plan.rejected.v1": "rejected the draft",
    "plan.endorsed.v1": "endorsed revision {revision}",
    "plan.approved.v1": "approved revision {revision}",
    "plan.expired.v1": "let the plan expire",
    "plan.approval_lapsed.v1": "let the approval lapse: back to draft as revision {revision}",
    "plan.activated.v1": "started the plan",
    "plan.mooted.v1": "closed the plan before it ran",
    "plan.aborted.v1": "aborted the plan",
    "plan.paused.v1": "paused the plan",
    "plan.completed.v1": "completed the plan",
    "plan.reopened.v1": "reopened the plan as a draft: revision {revision}",
    "plan.resumed.v1": "resumed the plan",
    "plan.transferred.v1": "handed the plan to {new_owner}",
    "plan.accepted.v1": "accepted the plan",
    "plan.late_result.v1": "recorded a result that came late for step {step}: {outcome}",
    "plan.gate_evaluated.v1": "judged the plan at {phase}: {verdict}{codes}",
    "plan.objective_evaluated.v1": "read the objective: {reason}",
    "plan.conflict_refused.v1": "refused to start the plan: {holder} is ACTIVE for the same account and type (PG040)",
    "step.ready.v1": "made step {step} ready",
    "step.approval_requested.v1": "asked for an approval of step {step}",
    "step.approved.v1": "approved step {step} as rendered",
    "step.endorsed.v1": "endorsed step {step} as rendered",
    "step.rejected.v1": "rejected step {step}",
    "step.approval_lapsed.v1": "let the approval of step {step} lapse",
    "step.started.v1": "started step {step} (attempt {attempt})",
    "step.deferred.v1": "let step {step} wait until {wait_until}",
    "step.escalated.v1": "asked for a person's approval of step {step}",
    "step.overdue.v1": "failed step {step}: its time has passed",
    "step.prereq_unmet.v1": "ended step {step} as {target}: what it waited for cannot come any more",
    "step.succeeded.v1": "finished step {step}: {outcome}",
    "step.dispatched.v1": "handed over step {step}; its outcome is awaited until {wait_until}",
    "step.attempt_failed.v1": "failed an attempt of step {step}: {outcome}; next try {wait_until}",
    "step.failed.v1": "failed step {step}: {outcome}",
    "step.in_doubt.v1": "lost sight of step {step}: it may have left",
    "step.outcome_ok.v1": "recorded the outcome of step {step}: {outcome}",
    "step.outcome_retry.v1": "recorded the outcome of step {step}: {outcome}; next try {wait_until}",
    "step.outcome_bad.v1": "recorded the outcome of step {step}: {outcome}",
    "step.outcome_timed_out.v1": "heard nothing on step {step} in time: {outcome}",
    "step.reconciled_ok.v1": "found that step {step} had arrived: {outcome}",
    "step.reconciled_bad.v1": "found that step {step} had failed: {outcome}",
    "step.reconciled_not_sent.v1": "found that step {step} had never left",
    "step.retry_due.v1": "took up step {step} again",
    "step.retried.v1": "asked to try step {step} again",
    "step.skipped.v1": "skipped step {step}",
    "step.cancelled.v1": "cancelled step {step}",
    "step.reset.v1": "put step {step} back to pending",
    "step.added.v1": "added step {step}",
    "step.removed.v1": "removed step {step}",
    "step.changed.v1": "changed step {step} ({fields})",
    "step.reordered.v1": "put the steps in another order",
    "proposal.refused.v1": "refused a proposal ({codes})",
    "proposal.none.v1": "found that no plan is right",
    "fact.recorded.v1": "recorded a fact: {kind} of {subject_id} is {value}",
    "event.received.v1": "received {type} from {source}",
    "account.held.v1": "held the account's external steps: {kind} came in",
    "account.released.v1": "let the account's external steps go on",
    "policy.proposed.v1": "proposed policy {name} after a simulation",
    "policy.published.v1": "put policy {name} into force",
    "tenant.mode_asked.v1": "asked for {mode} mode",
    "tenant.mode_changed.v1": "put the tenant into {mode} mode",
    "switch.thrown.v1": "threw the kill switch {switch}",
    "switch.release_asked.v1": "asked to release the kill switch {switch}",
    "switch.released.v1": "released the kill switch {switch}",
    "principal.added.v1": "added a principal",
    "principal.changed.v1": "changed a principal",
    "log.key_rotated.v1": "gave the ledger another key",
    "log.reopened.v1": "took the ledger up again after entry {size}, as {origin}",
    "log.opened.v1": "opened the ledger of {tenant_id}",
}
_SAID_ALREADY = frozenset(
    {
        "activated",
        "added",
        "approved",
        "approved_as_rendered",
        "asked",
        "edited",
        "endorsed",
        "gate_denied",
        "late_result",
        "proposed",
        "rejected",
        "released",
        "removed",
        "resumed",
        "retried",
        "sent_back",
        "skipped",
        "thrown",
    }
)
"""Reason codes that say no more than the sentence itself."""
_STOPPED = {
    "COMPLETED": "Completed",
    "ABORTED": "Aborted",
    "EXPIRED": "Expired",
}
_WHY: dict[str, str] = {
    "objective_met": "the objective was met in time",
    "all_steps_done": "every required step was done; the objective itself was not reached",
    "window_passed": "its window passed before the objective was met",
    "moot": "the objective was already true before the plan ran",
    "lost": "the renewal was lost",
    "nothing_done": "every required step ended and none of them was done",
    "cancelled": "a person stopped it",
    "discarded": "the draft was discarded",
    "rejected": "the draft was rejected",
    "policy": "policy stopped it",
    "failure": "a step failed for good",
    "orphaned": "nobody took it over",
}


def sentence(entry: Entry, reveal: Callable[[str], str], names: Names) -> str:
    """Return one entry as a sentence: number, time (UTC), actor with authority, what, why, cause, what it cost."""
    body = entry.body()
    told = _SAYS[entry.type].format_map(_Fields(body, names, reveal)) + _sureness(body) + _overridden(body, reveal)
    why = ""
    if entry.reason is not None:
        text = reveal(entry.reason.text) if entry.reason.text else ""
        if entry.reason.code not in _SAID_ALREADY:
            why = f" because {entry.reason.code}" + (f": {text}" if text else "")
        elif text:
            why = f": {text}"
    who = names.get(entry.actor.id, entry.actor.id)
    if entry.actor.on_behalf_of is not None:
        told += f" (asked for by {names.get(entry.actor.on_behalf_of, entry.actor.on_behalf_of)})"
    lent = entry.authority.on_behalf_of
    role = entry.authority.role + (f" for {names.get(lent, lent)}" if lent is not None else "")
    return (
        f"#{entry.seq} {entry.at:%Y-%m-%d %H:%M} {who} ({entry.actor.kind}, {role}) {told}{why}"
        f" [cause: {_cause(entry)}]" + (f" [{describe_usage(entry.model)}]" if entry.model else "")
    )


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


def why(entries: Iterable[Entry], step_id: UUID, reveal: Callable[[str], str], names: Names) -> list[str]:
    """Return the sentences that tell of one step, each after the entries that caused it."""
    known = {entry.address: entry for entry in entries}
    wanted: set[str] = set()
    for entry in known.values():
        if getattr(entry.body(), "step_id", None) == step_id or _added(entry) == step_id:
            address: str | None = entry.address
            while address in known and address not in wanted:
                wanted.add(address)
                cause = known[address].cause
                address = cause.ref if cause.kind == "entry" else None
    return [sentence(entry, reveal, names) for address, entry in known.items() if address in wanted]


def stopped(entries: Iterable[Entry], reveal: Callable[[str], str] = str) -> str | None:
    """Return why a plan stopped, in one sentence; None while it is open."""
    closing = {
        PLAN_ENTRIES[event]
        for event in (PlanEvent.COMPLETE, PlanEvent.ABORT, PlanEvent.EXPIRE, PlanEvent.MOOT, PlanEvent.REJECT)
    }
    last = None
    for entry in entries:
        if entry.type in closing:
            last = entry
    if last is None or last.reason is None:
        return None
    text = reveal(last.reason.text) if last.reason.text else ""
    told = f"{_STOPPED[str(last.data['target'])]} on {last.at:%Y-%m-%d}: {_WHY.get(last.reason.code, last.reason.code)}"
    return told + (f". {text}" if text and text != ERASED else ".")


def _added(entry: Entry) -> object:
    step = getattr(entry.body(), "step", None)
    return getattr(step, "step_id", None)


def _cause(entry: Entry) -> str:
    if entry.cause.kind == "entry":
        stream, _, seq = entry.cause.ref.partition("#")
        return f"#{seq}" if stream == entry.stream else entry.cause.ref
    return f"{entry.cause.kind} {entry.cause.ref}"


class _Fields(dict[str, str]):
    """The fields of an entry's data as words."""

    def __init__(self, body: Frozen, names: Names, reveal: Callable[[str], str]) -> None:
        super().__init__()
        self._body, self._names, self._reveal = body, names, reveal

    def __missing__(self, name: str) -> str:
        if name == "step":
            step_id = getattr(self._body, "step_id", None) or getattr(getattr(self._body, "step", None), "step_id", "")
            return self._names.get(str(step_id), str(step_id)[:8])
        value = getattr(self._body, name, None)
        if name == "codes":
            return (
                f" ({', '.join(value)})"
                if value and "verdict" in type(self._body).model_fields
                else ", ".join(value or ())
            )
        if hasattr(value, "strftime"):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, tuple):
            return ", ".join(str(item) for item in value)
        text = str(value) if value is not None else "nothing"
        return self._reveal(text) if text.startswith(REF_PREFIX) else self._names.get(text, text)
