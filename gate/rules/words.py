"""What the words of a plan may hold, what they rest on, and whose they are."""

import re
import unicodedata
from collections.abc import Iterator

from gate.decisions import Phase, Severity
from gate.rules.limits import discount_of, texts_of
from gate.rules.rule import ALL, DRAFTING, Found, Rule
from gate.view import View
from plan import Approval, PlanStep, Situation, written_fields

_URL = re.compile(r"https?:|\bwww\.|mailto:|javascript:|data:[a-z]+/|\bftp:", re.IGNORECASE)
_MARKUP = re.compile(r"<\s*[/!?a-zA-Z]|\]\(|!\[|&#|```")
_ALLOWED = frozenset("\n\t")
CONCESSIONS = frozenset({"REQUEST_DISCOUNT_APPROVAL"})
"""Actions that give something away; so does every step with a discount."""
REVIEWS = ("RUN_VALUE_REVIEW",)
"""Actions after whose good outcome a concession may be made."""


def _cited(view: View) -> Iterator[Found]:
    for where, step, _spec in view.judged:
        if not step.evidence:
            yield Found(f"{where}.evidence", f"{step.action_type} cites nothing")


def _untrusted(view: View) -> Iterator[Found]:
    strangers = _strangers(view.situation)
    for where, step, spec in view.known:
        written = [name for name in written_fields(step.action_type) if (step.params or {}).get(name)]
        if not (spec.external and written and strangers & set(step.evidence)) or step.approval is Approval.TASK:
            continue
        unseen = not _previewed(view, step) if view.phase is Phase.STEP else step.approval is Approval.AUTO
        if unseen:
            yield Found(where, f"{', '.join(written)} rests on what strangers wrote, and nobody would read it first")


def _strangers(known: Situation) -> set[str]:
    """Return the evidence whose words come from outside."""
    return {t.ticket_id for t in known.tickets} | {s.signal_id for s in known.signals if s.note}


def _previewed(view: View, step: PlanStep) -> bool:
    wanted = (step.step_id, step.attempts + 1, view.context.rendered_digest)
    return any((a.step_id, a.attempt, a.rendered_digest) == wanted for a in view.context.step_approvals)


def _clean(view: View) -> Iterator[Found]:
    if view.plan.goal and (told := unclean(view.plan.goal)):
        yield Found("goal", told)
    for where, step, _spec in view.judged:
        for name, text in texts_of(step):
            if told := unclean(text):
                yield Found(f"{where}.{name}", told)


def unclean(text: str) -> str:
    """Return what a text holds that no plan's text may hold, in words; nothing where it is clean."""
    if not text.isprintable():
        hidden = next(
            (c for c in text if c not in _ALLOWED and unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"}), ""
        )
        if hidden:
            return f"it holds U+{ord(hidden):04X}, which no reader sees"
    if _URL.search(text):
        return "it holds a link"
    return "it holds markup" if _MARKUP.search(text) else ""


def _owned(view: View) -> Iterator[Found]:
    owner, known = view.plan.owner, view.situation
    record = next((o for o in known.owners if o.owner_id == owner), None)
    if owner in view.context.inactive_principals or (record is not None and not record.active):
        yield Found("owner", f"{owner} has left")
    elif owner not in {known.account.owner_id, view.context.accepted_owner}:
        yield Found("owner", f"the account belongs to {known.account.owner_id or 'nobody'}, the plan to {owner}")


def _earned(view: View) -> Iterator[Found]:
    for where, step, _spec in view.judged:
        if step.action_type not in CONCESSIONS and not discount_of(step):
            continue
        before = any(parent.action_type in REVIEWS for parent, _ in view.ancestors(step))
        if not before and not any(view.fresh(name) for name in REVIEWS):
            yield Found(where, f"{step.action_type} gives something away before {' or '.join(REVIEWS)}")


WORDS = (
    Rule(
        "PG071",
        Severity.SOFT,
        DRAFTING,
        "Every step cites evidence",
        "A step says what it rests on, so that a reviewer can look it up.",
        "Cite evidence that the account has, or leave the step out.",
        _cited,
    ),
    Rule(
        "PG081",
        Severity.SOFT,
        (Phase.APPROVE, Phase.STEP),
        "Strangers' words are read first",
        "A text that rests on tickets or notes from outside leaves only after a person read it as rendered.",
        "Give the step the approval APPROVE or DRAFT, and read what it would send.",
        _untrusted,
    ),
    Rule(
        "PG082",
        Severity.HARD,
        ALL,
        "Clean texts",
        "No control or invisible characters, no markup and no links in any text of a plan.",
        "Write it in plain words.",
        _clean,
    ),
    Rule(
        "PG090",
        Severity.SOFT,
        ALL,
        "Owned by who owns the account",
        "A plan belongs to the account's active owner, or to whoever accepted it.",
        "Hand the plan over, or import the account's owner.",
        _owned,
    ),
    Rule(
        "PG091",
        Severity.SOFT,
        (Phase.APPROVE,),
        "Concessions are earned",
        "A discount is offered only after a value review, in this plan or fresh in the account's history.",
        "Let the step wait for the value review.",
        _earned,
    ),
)
