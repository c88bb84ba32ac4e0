"""What a plan's texts hold: nothing that hides, nothing that links, nothing unread from a stranger."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from gate.decisions import Phase, Severity
from gate.rules.rule import ALL, Found, Rule
from gate.view import View
from plan import PARAMS, ActionSpec, Approval, PlanStep, private_fields

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
_MARKS = ("<", "](", "![", "://", "www.", "mailto:", "javascript:", "data:", "\u3002")
"""What every suspicious text holds in lower case, if no dotted word and no letter in disguise."""
_DOT = re.compile(r"\.[^\W\d_]{2}")
_MARKUP = re.compile(r"<[a-z/!?]|\]\(|!\[", re.IGNORECASE)
_LINK = re.compile(r"[a-z]://|\bwww\.|\bmailto:|\bjavascript:|\bdata:\S", re.IGNORECASE)
_MAIL = re.compile(r"@[\w.-]*\w\.[^\W\d_]{2,}")
_DOTTED = re.compile(r"(?<![\w-])(?<![\w-]\.)[\w-]+(?:\.[\w-]+)+")
_PATH = re.compile(r"(?::\d+)?/\w")
_ENDINGS = (
    " com net org edu gov mil int info biz pro io ai app dev co me tv cc ws xyz top site online store shop club"
    " live link click page cloud tech space website fun icu vip work world today life zone email support example"
    " onion ac ae ar at au be bg bh bo br by bz ca ch ci cl cm cn cr cy cz de dk do dz ec ee eg es et eu fi fr ga"
    " ge gg gh gl gr gt hk hn hr hu ie il im in ir is it je jo jp ke kh kr kw kz lb li lk lt lu lv ly ma mk mo mt"
    " mu mx my mz ng ni nl no np nu nz om pa pe ph pk pn pr pt pw qa re ro ru sa sc se sg si sk sn su sv sx sy tc"
    " tg th tk tm tn to tr tt tw tz ua ug uk us uy uz va ve vg vn vu yt za zm zw "
)
"""What the address of a page ends with; none that ends a file, a firm or an hour more often."""
_FILES = " js ts css html htm xml json yaml yml csv tsv txt pdf doc docx xls xlsx ppt pptx png jpg svg sql "
_PRODUCTS = " asp.net ado.net vb.net socket.io "


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
    goal, called = view.plan.goal or "", view.situation.account.name
    if not _doubtful(" ".join([goal, *(text for _where, step, _spec in view.judged for _name, text in _texts(step))])):
        return
    for what in unclean(goal, called):
        yield Found("goal", f"it holds {what}")
    for where, step, _spec in view.judged:
        for name, text in _texts(step):
            for what in unclean(text, called):
                yield Found(f"{where}.{name}", f"it holds {what}")


def _doubtful(text: str) -> bool:
    """Tell whether a text, or many in a row, needs a closer look."""
    lowered, disguised = text.lower(), not unicodedata.is_normalized("NFKC", text)
    return (
        disguised or not text.isprintable() or any(mark in lowered for mark in _MARKS) or _DOT.search(text) is not None
    )


def unclean(text: str, called: str) -> Iterator[str]:
    """Yield in words what a text holds that none may; the account may be `called` as its page is."""
    if not text.isprintable():
        for letter in sorted({c for c in text if _is_hidden(c)}):
            yield f"the hidden character U+{ord(letter):04X}"
    if _MARKUP.search(text):
        yield "markup"
    plain = _plain(text)
    if _MAIL.search(plain):
        yield "an e-mail address"
    if _LINK.search(plain):
        yield "a link"
        return
    own = {word.lower() for word in _DOTTED.findall(_plain(called))}
    rest = _MAIL.sub(" ", plain)
    for found in _DOTTED.finditer(rest):
        if _is_page(found.group(), own, path=_PATH.match(rest, found.end()) is not None):
            yield f"the address {found.group()}"


def _plain(text: str) -> str:
    """Return a text as what reads addresses reads it: wide and ringed letters, dots and signs are the usual ones."""
    return unicodedata.normalize("NFKC", text).replace("\u3002", ".")


def _is_page(word: str, own: set[str], *, path: bool) -> bool:
    """Tell whether a dotted word is the address of a page: by the path behind it, or by what it ends with."""
    *_, name, ending = word.lower().split(".")
    usual = ending.isalpha() and len(ending) > 1 and f" {word.lower()} " not in _PRODUCTS
    if path:
        return usual and f" {ending} " not in _FILES
    begins = word.endswith(ending.capitalize()) and ending != "com"  # the next sentence, without a blank before it
    return usual and len(name) > 1 and f" {ending} " in _ENDINGS and not begins and word.lower() not in own


def _is_hidden(letter: str) -> bool:
    return letter in _HIDDEN or (letter not in _LINE and unicodedata.category(letter) == "Cc")


def _untrusted(view: View) -> Iterator[Found]:
    for where, step, cited in _repeating(view, [known for known in view.known if known[2].external]):
        if view.phase is Phase.STEP:
            unread = step.approval is not Approval.TASK and not view.standing(step)
        else:
            unread = step.approval is Approval.AUTO
        if unread:
            yield Found(where, f"its text may repeat what a stranger wrote ({cited}), and no person reads it first")


def _unasked(view: View) -> Iterator[Found]:
    alone = [known for known in view.known if known[1].approval is Approval.AUTO and not known[2].external]
    for where, _step, cited in _repeating(view, alone):
        yield Found(where, f"its text may repeat what a stranger wrote ({cited}), and is read only here")


def _repeating(view: View, steps: Iterable[tuple[str, PlanStep, ActionSpec]]) -> Iterator[tuple[str, PlanStep, str]]:
    """Yield those steps with a free text that rest on what a stranger may have written, and which that is."""
    doubtful = {t.ticket_id for t in view.situation.tickets} | {s.signal_id for s in view.situation.signals if s.note}
    for where, step, _spec in steps:
        if doubtful.isdisjoint(step.evidence):
            continue
        if any(name in free_texts(step.action_type) for name, value in (step.params or {}).items() if value):
            yield where, step, ", ".join(sorted(doubtful.intersection(step.evidence)))


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
        "Texts hold no control, bidi or zero width characters, no markup, no links and no addresses of people or "
        "pages; line breaks are fine, and so is the account's own name where it is called as its page.",
        "Write the text anew, in plain words.",
        _hygiene,
    ),
    Rule(
        "PG083",
        Severity.ADVISORY,
        (Phase.APPROVE,),
        "Untrusted words read here only",
        "A free text of an automatic step that rests on tickets or notes is read by nobody once the plan is approved.",
        "Read that text in the plan before you approve it.",
        _unasked,
    ),
)
