"""What a plan's texts hold: nothing that hides, nothing that links, nothing unread from a stranger."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import PARAMS, Approval, PlanStep, private_fields

_LINE = frozenset("\n\t")
_HIDDEN = frozenset(
    chr(code)
    for codes in (
        (0x00AD, 0x061C, 0x180E, 0xFEFF),
        range(0x200B, 0x2010),
        range(0x202A, 0x202F),
        range(0x2060, 0x206A),
        range(0xE0000, 0xE0080),
    )
    for code in codes
)
"""Bidi controls, zero width characters and invisible tags."""
_MARKS = ("<", "](", "![", "://", "www.", "mailto:", "javascript:", "data:")
"""What every suspicious text holds in lower case: where none stands, nothing needs a closer look."""
_SUSPICIOUS = (
    ("markup", re.compile(r"<[a-z/!?]|\]\(|!\[", re.IGNORECASE)),
    ("a link", re.compile(r"[a-z]://|\bwww\.|\bmailto:|\bjavascript:|\bdata:\S", re.IGNORECASE)),
)


def strings(value: Any) -> Iterator[str]:
    """Yield every string of plain JSON, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


@cache
def free_texts(action_type: str) -> frozenset[str]:
    """Return the private parameters of an action that hold a sentence, not an id; none of an unknown action."""
    private = private_fields(action_type) or frozenset()
    return frozenset(name for name in private if _is_free(PARAMS[action_type].model_fields[name]))


@cache
def _person_ids(action_type: str) -> frozenset[str]:
    return (private_fields(action_type) or frozenset()) - free_texts(action_type)


def _is_free(field: Any) -> bool:
    return field.annotation is str and not any(getattr(mark, "pattern", None) for mark in field.metadata)


def _texts(step: PlanStep) -> Iterator[tuple[str, str]]:
    yield "rationale", step.rationale
    for ref in step.evidence:
        yield "evidence", ref
    ids = _person_ids(step.action_type)
    for name, value in (step.params or {}).items():
        if name not in ids:
            for text in strings(value):
                yield "params", text


def _hygiene(view: View) -> Iterator[Found]:
    for what in _unclean(view.plan.goal or ""):
        yield Found("goal", f"it holds {what}")
    if not _doubtful(" ".join(text for _where, step, _spec in view.judged for _name, text in _texts(step))):
        return
    for where, step, _spec in view.judged:
        for name, text in _texts(step):
            for what in _unclean(text):
                yield Found(f"{where}.{name}", f"it holds {what}")


def _doubtful(text: str) -> bool:
    """Tell whether a text, or many in a row, needs a closer look."""
    lowered = text.lower()
    return not text.isprintable() or any(mark in lowered for mark in _MARKS)


def _unclean(text: str) -> Iterator[str]:
    if not text.isprintable():
        for letter in sorted({c for c in text if _is_hidden(c)}):
            yield f"the hidden character U+{ord(letter):04X}"
    lowered = text.lower()
    if any(mark in lowered for mark in _MARKS):
        for what, pattern in _SUSPICIOUS:
            if pattern.search(text):
                yield what


def _is_hidden(letter: str) -> bool:
    return letter in _HIDDEN or (letter not in _LINE and unicodedata.category(letter) == "Cc")


def _untrusted(view: View) -> Iterator[Found]:
    doubtful = {t.ticket_id for t in view.situation.tickets} | {s.signal_id for s in view.situation.signals if s.note}
    for where, step, spec in view.known:
        if not spec.external or doubtful.isdisjoint(step.evidence):
            continue
        if not any(name in free_texts(step.action_type) for name, value in (step.params or {}).items() if value):
            continue
        if view.phase is Phase.STEP:
            unread = step.approval is not Approval.TASK and not view.standing(step)
        else:
            unread = step.approval is Approval.AUTO
        if unread:
            cited = ", ".join(sorted(doubtful.intersection(step.evidence)))
            yield Found(where, f"its text may repeat what a stranger wrote ({cited}), and no person reads it first")


TEXT = (
    Rule(
        "PG081",
        Severity.SOFT,
        (Phase.APPROVE, Phase.STEP),
        "Untrusted words are read first",
        "A free text of an external step that rests on tickets or notes is rendered and read by a person.",
        "Give the step the approval DRAFT, APPROVE or TASK, and have someone read the rendered text.",
        _untrusted,
    ),
    Rule(
        "PG082",
        Severity.HARD,
        ALL,
        "Clean texts",
        "Texts hold no control, bidi or zero width characters, no markup and no links; line breaks are fine.",
        "Write the text anew, in plain words.",
        _hygiene,
    ),
)
