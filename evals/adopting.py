"""A reviewed plan becomes a case: what people made of a draft is the answer, and the draft is what was wrong.

Nothing is taken over as it is: every name, id, day and amount gets another one, every text is masked.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import TypeAdapter, ValidationError

from agent import Aliases
from evals.case_files import HERE, CaseFile, Name
from evals.cases import Case, made
from evals.lessons import Lesson, check_decided, lesson
from evals.pseudonyms import Pseudonyms
from evals.retelling import step_keys, turn_of
from evals.scripts import Turn, wire_turn
from evals.trying import answer_of, scored
from gate import default_bundle
from plan import Contact, Owner, PlanExport, explain_validation

SCHEMA_LINE = "# yaml-language-server: $schema=../case.schema.json\n"
FACTS = "adopted from a review"
_NAMES = TypeAdapter[str](Name)
_FORMAT, _VERSION = (PlanExport.model_fields[name].default for name in ("format", "version"))
_FAMILIES = ("contracts", "contacts", "tickets", "invoices", "opportunities", "signals", "history", "open_plans")


class Adopted(NamedTuple):
    """The two files of a new case, and what there is to tell of them."""

    case: Case
    case_text: str
    answers_text: str
    told: tuple[str, ...]


def read_export(path: Path) -> PlanExport:
    """Read an export; raise ValueError with what is wrong with it."""
    try:
        raw = json.loads(path.read_bytes())
    except ValueError:
        raw = None
    told = raw if isinstance(raw, dict) else {}
    if told.get("format") != _FORMAT:
        raise ValueError(f"{path} is no export of a plan; make one with: oncourse plan export PLAN --out FILE")
    if told.get("version") != _VERSION:
        raise ValueError(f"{path} is of version {told.get('version')}; only version {_VERSION} is read here")
    try:
        return PlanExport.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path} does not fit: {explain_validation(error)}") from error


def adopted(told: PlanExport, name: str = "") -> Adopted:
    """Return the case that a reviewed plan makes; raise ValueError where it makes none."""
    check_decided(told)
    first, accepted = told.revisions[0], told.accepted
    name = _name(told, name)
    names = Pseudonyms(told, name)
    if names.names_somebody(name):
        raise ValueError(f"the name {name} would tell whose case it is; give another one, or none")
    learned = lesson(told, names)
    case_text = SCHEMA_LINE + _dump(_case(told, learned, names))
    case = _read(name, case_text)
    calendar, keys = told.situation.tenant.calendar, step_keys(told.revisions)
    turn, notes = turn_of(accepted, calendar, names, keys, drafted=accepted is first)
    script: dict[str, Any] = {"turns": [_laid_out(turn)]}
    try:
        tried = _tried(name, turn, case)
    except ValueError as error:
        raise ValueError(f"what people accepted cannot be said in a drafter's words: {error}") from error
    if accepted is not first:
        try:
            draft, _ = turn_of(first, calendar, names, keys, drafted=True)
            tried += _tried(f"{name}, as first drafted", draft, case)
            script["refused"] = _laid_out(draft)
        except ValueError as error:
            notes.append(f"the first draft is left out, for it cannot be said in a drafter's words: {error}")
    new = Adopted(case, case_text, _dump(script), (*_counted(told, names), *_read_on(learned), *notes, *tried))
    _check_nobody_is_named(told, new)
    return new


def write(new: Adopted, into: Path = HERE, *, force: bool = False) -> tuple[Path, ...]:
    """Write both files; raise ValueError where one exists."""
    paths = tuple(into / folder / f"{new.case.name}.yaml" for folder in ("cases", "answers"))
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise ValueError(f"there is a case {new.case.name} already ({there[0]}); give --name, or --force to replace it")
    for path, text in zip(paths, (new.case_text, new.answers_text), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        aside.write_text(text, "utf-8")
        aside.replace(path)
    return paths


def _name(told: PlanExport, name: str) -> str:
    """Return the name as given, or one that the plan gives and that does not lead back to it."""
    try:
        return _NAMES.validate_python(
            name or f"adopted-{hashlib.sha256(told.revisions[0].plan.plan_id.bytes).hexdigest()[:8]}"
        )
    except ValidationError as error:
        raise ValueError(f"{name!r} is no name of a case: small letters, digits and hyphens, 60 at most") from error


def _case(told: PlanExport, learned: Lesson, names: Pseudonyms) -> dict[str, Any]:
    known, kind = told.situation, told.revisions[0].plan.plan_type
    case: dict[str, Any] = {
        "about": learned.about,
        "kind": "feasible",
        "tags": _Flow(["adopted", learned.tag]),
        "facts": FACTS,
        "now": names.days(told.now),
        "tenant": _Row(names.row(known.tenant)),
        "account": _Row(names.row(known.account)),
        "posture": _Row(
            posture=known.posture.posture.value, evidence_ids=names.changes["evidence_ids"](known.posture.evidence_ids)
        ),
    }
    for family in (*_FAMILIES, "owners", "goals"):
        rows = [_Row(names.row(row)) for row in getattr(known, family)]
        if rows or family in {"owners", "goals"}:
            case[family] = rows
    if set(told.approved_actions) != set(default_bundle().approved_actions(kind)):
        case["actions"] = _Flow(told.approved_actions)
    if learned.unwanted:
        case["expect"] = _Row(unwanted=list(learned.unwanted))
    return case


def _read(name: str, text: str) -> Case:
    try:
        return made(name, CaseFile.model_validate(yaml.safe_load(text)))
    except ValidationError as error:
        raise ValueError(f"the export makes no case: {explain_validation(error)}") from error


def _tried(label: str, turn: Turn, case: Case) -> list[str]:
    return scored(label, answer_of(wire_turn(turn, Aliases(case.request.situation)), case), case)


def _counted(told: PlanExport, names: Pseudonyms) -> Iterator[str]:
    known = told.situation
    records = sum(len(getattr(known, family)) for family in _FAMILIES)
    yield (
        f"{len(names.people)} people, {records} records, the customer and the company have other names; "
        f"{len(names.amounts)} amounts are rounded, every day is moved by whole weeks, every text is masked"
    )


def _read_on(learned: Lesson) -> Iterator[str]:
    yield (
        "read both files before you commit them: only a reader finds whom nobody listed (people mentioned in passing, "
        "places, products, sums in words) and what a mask made unreadable"
    )
    if learned.unwanted:
        yield f"keep `unwanted` only where the action itself was wrong here: {', '.join(learned.unwanted)}"


def _check_nobody_is_named(told: PlanExport, new: Adopted) -> None:
    """Raise ValueError where a full name, an address or a long id is still there, whatever should have changed it."""
    known, text = told.situation, (new.case_text + new.answers_text).casefold()
    people: tuple[Contact | Owner, ...] = (*known.contacts, *known.owners)
    called = {known.account.name, known.tenant.name, *(name for one in people for name in (one.name, one.email))}
    ids = {*known.evidence_ids(), *(contact.contact_id for contact in known.contacts)}
    called = {name for name in called if " " in name.strip() or "@" in name}
    called |= {ref for ref in ids if len(ref) > 4 and not ref.isalpha()}  # noqa: PLR2004 - a long id
    left = sum(word.casefold() in text for word in called)
    if left:
        raise ValueError(f"{left} names, addresses or ids of the export would still stand in the case; it is not made")


class _Row(dict[str, Any]):
    """A row, written in one line."""


class _Flow(list[Any]):
    """A list, written in one line."""


class _Dumper(yaml.SafeDumper):
    """Writes rows as people do in the other cases."""


_Dumper.add_representer(_Row, lambda dumper, row: dumper.represent_mapping("tag:yaml.org,2002:map", row, True))
_Dumper.add_representer(_Flow, lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, True))


def _dump(told: dict[str, Any]) -> str:
    return yaml.dump(told, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)


def _laid_out(turn: Turn) -> Turn:
    """Return a turn with one line for each step."""
    return {"plan": turn["plan"] | {"steps": [_Row(step) for step in turn["plan"]["steps"]]}}
