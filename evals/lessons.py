"""What the people who reviewed a plan teach with it: in a sentence, and which actions they took out."""

import textwrap
from typing import NamedTuple

from evals.pseudonyms import Pseudonyms
from plan import PLAYBOOKS, ActorKind, Change, ExportedRevision, PlanExport, compare

LONGEST = 400


class Lesson(NamedTuple):
    """What the reviews of a plan come to."""

    tag: str
    """`sent-back`, `edited` or `accepted`."""
    about: str
    unwanted: tuple[str, ...]
    """Actions of the first draft that what people accepted has no more."""


def lesson(told: PlanExport, names: Pseudonyms) -> Lesson:
    """Return what there is to learn from a plan."""
    first, accepted = told.revisions[0], told.accepted
    reviewed = told.revisions[: told.revisions.index(accepted) + 1]
    reasons = [r.reason for revision in reviewed for r in revision.reviews if r.decision == "sent_back"]
    wanted = {step.action_type for step in accepted.plan.steps}
    unwanted = tuple(sorted({step.action_type for step in first.plan.steps} - wanted))
    if reasons:
        return Lesson("sent-back", _sentence("A reviewer sent the draft back", reasons, names), unwanted)
    by_people = [revision for revision in reviewed[1:] if revision.by is ActorKind.HUMAN and revision.changes]
    if not by_people:
        return Lesson("accepted", "People approved the draft as it stood.", unwanted)
    why = [d.reason for revision in by_people for d in revision.changes if d.change is Change.REMOVED and d.reason]
    return Lesson("edited", _sentence("A person edited the draft", why or _changes(first, accepted), names), unwanted)


def check_decided(told: PlanExport) -> None:
    """Raise ValueError where people have not said what would be right."""
    kind, accepted = told.revisions[0].plan.plan_type, told.accepted
    if kind not in PLAYBOOKS:
        raise ValueError(f"there is no playbook for {kind}, so there is no case for it either")
    if accepted.verdict == "rejected":
        raise ValueError("people rejected this plan and said nothing better: no answer is to be learned from it")
    if accepted.verdict == "sent_back":
        raise ValueError("the draft was sent back and nobody has answered yet; export it again when it was edited")
    if accepted.number == told.revisions[0].number and not accepted.verdict:
        raise ValueError("nobody has decided about this draft yet; export it again when it was reviewed")


def _changes(first: ExportedRevision, accepted: ExportedRevision) -> list[str]:
    words = {Change.NEW: "added", Change.REMOVED: "left out"}
    changes = compare(first.plan, accepted.plan)
    told = (f"{d.action_type or 'the plan'} {words.get(d.change, f'with another {d.field}')}" for d in changes)
    return list(dict.fromkeys(told))


def _sentence(start: str, told: list[str], names: Pseudonyms) -> str:
    words = "; ".join(names.text(text).rstrip(".!; ") for text in told)
    return textwrap.shorten(f"{start}: {words}.", LONGEST, placeholder=" ...")
