"""A plan's way through its reviews, read from the ledger alone: what a lesson for the drafters is made of."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from gate import Phase, read_inputs
from ledger import PLAN_ENTRIES, PLAN_EVENTS, Edited, Entry, GateEvaluated, PlanEdge, Proposed
from orchestrator.comparing import differences, removals, revisions
from orchestrator.desk import bundle
from orchestrator.errors import ChangedError
from plan import (
    ALTERED,
    ExportedRevision,
    PlanEvent,
    PlanExport,
    RevenuePlanV1,
    RevisionReview,
    references,
    unseal,
)
from store import NotFoundError, Unit

_DECIDED = {
    PlanEvent.SEND_BACK: "sent_back",
    PlanEvent.ENDORSE: "endorsed",
    PlanEvent.APPROVE: "approved",
    PlanEvent.REJECT: "rejected",
}
_REASONED = {PLAN_ENTRIES[event] for event in (PlanEvent.PROPOSE, *_DECIDED)} | {"step.removed.v1"}
Texts = Mapping[str, str]
"""What stands behind each commitment."""


def export_plan(unit: Unit, plan_id: str) -> PlanExport:
    """Return a plan's way through its reviews; nothing is written.

    Raises NotFoundError where a text of it was erased, ChangedError where one is not what the ledger committed to.
    """
    entries = unit.entries(f"plan/{plan_id}")
    judged = next(entry for entry in entries if _first_judgement(entry))
    written = list(revisions(entries))
    texts = _texts(unit, plan_id, entries, judged, written)
    asked = read_inputs(texts[_inputs(judged)], Phase.PROPOSE)
    plans = [unseal(plan, dict(texts)) for plan in written]
    policy, digest = bundle(unit, judged.policy)
    return PlanExport(
        now=asked.now,
        situation=asked.context.situation,
        drafter=next(body.drafter for entry in entries if isinstance(body := entry.body(), Proposed)),
        approved_actions=tuple(sorted(policy.approved_actions(plans[0].plan_type))),
        policy=digest,
        revisions=_revisions(entries, plans, dict(removals(unit, entries)), texts),
        status=plans[-1].status,
    )


def _first_judgement(entry: Entry) -> bool:
    return entry.type == "plan.gate_evaluated.v1" and entry.data["phase"] == Phase.PROPOSE


def _inputs(judged: Entry) -> str:
    body = judged.body()
    return body.inputs if isinstance(body, GateEvaluated) else ""


def _texts(
    unit: Unit, plan_id: str, entries: Iterable[Entry], judged: Entry, written: Iterable[RevenuePlanV1]
) -> Texts:
    """Return every text of the export, or raise where one is gone or is not the one that was written."""
    wanted = {_inputs(judged)}
    wanted |= {e.reason.text for e in entries if e.type in _REASONED and e.reason is not None and e.reason.text}
    wanted |= {ref for entry in entries if isinstance(body := entry.body(), Edited) for ref in body.answers if ref}
    wanted |= references([plan.model_dump(mode="json") for plan in written])
    found = unit.blobs.contents(wanted)
    if _inputs(judged) not in found:
        raise NotFoundError(f"what plan {plan_id} was first judged on was erased: there is nothing left to learn from")
    if wanted - found.keys():
        raise NotFoundError(f"texts of plan {plan_id} were erased: what people made of it cannot be told any more")
    if ALTERED in found.values():
        raise ChangedError(
            f"a text of plan {plan_id} is not what the ledger committed to; find it with: oncourse ledger replay"
        )
    return found


def _revisions(
    entries: Iterable[Entry], plans: list[RevenuePlanV1], removed: Mapping[UUID, str], texts: Texts
) -> tuple[ExportedRevision, ...]:
    edges: dict[int, list[tuple[Entry, PlanEdge]]] = {plan.revision: [] for plan in plans}
    for entry in entries:
        if entry.type in PLAN_EVENTS and isinstance(body := entry.body(), PlanEdge):
            edges[body.revision].append((entry, body))
    before: list[RevenuePlanV1 | None] = [None, *plans]
    return tuple(
        _revision(plan, edges[plan.revision], texts).model_copy(
            update={"changes": differences(older, plan, removed) if older else ()}
        )
        for older, plan in zip(before, plans, strict=False)
    )


def _revision(plan: RevenuePlanV1, edges: list[tuple[Entry, PlanEdge]], texts: Texts) -> ExportedRevision:
    entry, edge = edges[0]
    return ExportedRevision(
        number=plan.revision,
        at=entry.at,
        by=entry.actor.kind,
        plan=plan,
        summary=_reason(entry, texts) if isinstance(edge, Proposed) else "",
        confidence_percent=edge.confidence_percent if isinstance(edge, Proposed | Edited) else None,
        answers=tuple(texts[ref] if ref else "" for ref in edge.answers) if isinstance(edge, Edited) else (),
        reviews=tuple(review for told, _ in edges if (review := _review(told, texts))),
    )


def _review(entry: Entry, texts: Texts) -> RevisionReview | None:
    decision = _DECIDED.get(PLAN_EVENTS[entry.type])
    if decision is None:
        return None
    return RevisionReview.model_validate(
        {"decision": decision, "role": entry.authority.role, "at": entry.at, "reason": _reason(entry, texts)}
    )


def _reason(entry: Entry, texts: Texts) -> str:
    return texts[entry.reason.text] if entry.reason is not None and entry.reason.text else ""
