"""What each recording was made from, by digests, so that a stale one is named with its cause, without playing it.

A kind is looked at twice: the bytes of the files that it comes from, and only where they differ what really stands on
the wire. A comment that changes makes nothing stale.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import Field

import agent
import plan
from agent import LOCAL_MODEL, Aliases, ClaudeSettings, canonical_body, prompt_of
from agent.aliases import Sizes
from agent.conversation import opening, system_blocks
from agent.draft import answer_model
from agent.structured import output_format
from agent.tools import tools_for, wire_tools
from evals.case_files import CASES, DEMO, HERE
from evals.cases import Case, case_names, case_of
from evals.cassettes import AUTHORED, Cassette, place_of
from evals.scripts import ANSWERS, turns_of
from plan import Digest, Frozen, Instant, PlanType, digest_bytes

MANIFEST = HERE / "MANIFEST.json"
Kind = Literal["prompt", "model", "actions", "tools", "schema", "case", "briefing", "script", "answer"]
"""What may have changed since; `briefing` is how code tells a case, `answer` the recording itself."""
_AGENT, _PLAN = Path(agent.__file__).parent, Path(plan.__file__).parent
SOURCES: dict[Kind, tuple[Path, ...]] = {
    "actions": (_PLAN / "catalogue.json", _AGENT / "conversation.py", _AGENT / "fence.py"),
    "tools": (_AGENT / "tools.py", _AGENT / "draft.py"),
    "schema": (
        _AGENT / "draft.py",
        _AGENT / "structured.py",
        _AGENT / "aliases.py",
        _PLAN / "params.py",
        _PLAN / "scalars.py",
    ),
    "briefing": tuple(_AGENT / f"{name}.py" for name in ("briefing", "aliases", "conversation", "fence", "scope")),
}
"""The files that decide what stands on the wire."""


class Entry(Frozen):
    """One recording, by digests."""

    case: str
    base: str
    """The case that it is a twin of, or itself."""
    model: str
    k: int
    source: str
    recorded_at: Instant
    prompt: Digest
    asked: str
    """The exact model that was asked."""
    actions: Digest
    tools: Digest
    schema_: Digest = Field(alias="schema")
    briefing: Digest
    facts: Digest
    """The request, as data."""
    case_files: Digest
    script: Digest | None
    script_files: Digest | None
    file: Digest
    approved: tuple[str, ...]
    sizes: tuple[int, int, int]
    """What schema and actions depend on."""


class Manifest(Frozen):
    """All recordings, and the files that their wire came from."""

    files: dict[str, Digest]
    """By kind."""
    entries: tuple[Entry, ...]


class Stale(NamedTuple):
    """One recording that no longer stands for what would be asked today."""

    cassette: str
    kind: Kind
    told: str


def read_manifest() -> Manifest:
    """Return the manifest that is kept; an empty one where there is none."""
    if not MANIFEST.exists():
        return Manifest(files={}, entries=())
    return Manifest.model_validate_json(MANIFEST.read_bytes())


def renewed(kept: Manifest, recorded: Iterable[Cassette]) -> Manifest:
    """Return a manifest with the recordings that were just made, and without those that are gone.

    The files count as seen only when nothing is stale: until then they are looked at again.
    """
    entries = {(e.case, e.model, e.k): e for e in kept.entries if place_of(e.case, e.model, e.k).exists()}
    entries |= {(c.case, c.model, c.k): _entry(c) for c in recorded}
    fresh = kept.model_copy(update={"entries": tuple(entries[key] for key in sorted(entries))})
    files = {kind: _bytes_of(paths) for kind, paths in SOURCES.items()}
    return fresh if stale(fresh) else fresh.model_copy(update={"files": files})


def write_manifest(manifest: Manifest) -> None:
    """Keep a manifest."""
    told = manifest.model_dump(mode="json", by_alias=True)
    MANIFEST.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")


def _entry(cassette: Cassette) -> Entry:
    case, recording = case_of(cassette.case), cassette.recording
    request = case.request
    sizes = Aliases(request.situation).sizes
    authored = cassette.model == AUTHORED
    return Entry.model_validate(
        {
            "case": cassette.case,
            "base": case.twin_of or case.name,
            "model": cassette.model,
            "k": cassette.k,
            "source": recording.meta.source,
            "recorded_at": recording.meta.recorded_at,
            "prompt": prompt_of(request.plan_type).digest,
            "asked": recording.meta.model_asked,
            "actions": _actions(request.approved_actions),
            "tools": _tools(),
            "schema": _schema(request.approved_actions, sizes),
            "briefing": _briefing(case.name),
            "facts": _facts(case),
            "case_files": _bytes_of(_case_files(case.name, case.twin_of or case.name)),
            "script": _script(case.name) if authored else None,
            "script_files": _bytes_of(_script_files(case.name, case.twin_of or case.name)) if authored else None,
            "file": digest_bytes(cassette.path.read_bytes()),
            "approved": request.approved_actions,
            "sizes": sizes,
        }
    )


def stale(manifest: Manifest) -> list[Stale]:
    """Return each recording that no longer fits, with the first cause that explains it; nothing is played."""
    return list(each_stale(manifest))


def each_stale(manifest: Manifest) -> Iterator[Stale]:
    """Yield each recording that no longer fits, as soon as it is known."""
    changed = {kind for kind, paths in SOURCES.items() if manifest.files.get(kind) != _bytes_of(paths)}
    for entry in manifest.entries:
        cause = _cause(entry, changed)
        if cause is not None:
            yield Stale(f"{entry.case}/{entry.model}.{entry.k}", *cause)


def _cause(entry: Entry, changed: set[Kind]) -> tuple[Kind, str] | None:
    if entry.case not in case_names():
        return "case", "no case has this name any more"
    for kind, (same, told) in _QUESTIONS.items():
        if (kind not in SOURCES or kind in changed) and not same(entry):
            return kind, told
    return None


@cache
def _asked(model: str) -> str:
    return model if model == LOCAL_MODEL else ClaudeSettings(api_key="none").model


@cache
def _actions(approved: tuple[str, ...]) -> Digest:
    return _digest(system_blocks(prompt_of(PlanType.RENEWAL_DEFENSE), approved)[1])


@cache
def _tools() -> Digest:
    request = case_of(case_names()[0]).request
    return _digest(wire_tools(tools_for(request, Aliases(request.situation))))


@cache
def _schema(approved: tuple[str, ...], sizes: tuple[int, int, int]) -> Digest:
    return _digest(output_format(answer_model(approved, Sizes(*sizes))))


@cache
def _briefing(case: str) -> Digest:
    request = case_of(case).request
    return _digest(opening(request, Aliases(request.situation)))


def _facts(case: Case) -> Digest:
    return digest_bytes(case.request.model_dump_json().encode())


@cache
def _script(case: str) -> Digest:
    return _digest(turns_of(case_of(case)))


def _case_files(name: str, base: str) -> tuple[Path, ...]:
    demo = DEMO / f"{base}.json"
    return (CASES / f"{name}.yaml", CASES / f"{base}.yaml", HERE / "tenant.yaml", *([demo] if demo.exists() else []))


def _script_files(name: str, base: str) -> tuple[Path, ...]:
    return tuple(path for path in (ANSWERS / f"{name}.yaml", ANSWERS / f"{base}.yaml") if path.exists())


def _bytes_of(paths: Iterable[Path]) -> Digest:
    return digest_bytes(b"\0".join(path.read_bytes() if path.exists() else b"" for path in paths))


def _digest(value: Any) -> Digest:
    return digest_bytes(canonical_body(value))


_QUESTIONS: dict[Kind, tuple[Callable[[Entry], bool], str]] = {
    "answer": (
        lambda e: e.file == _bytes_of((place_of(e.case, e.model, e.k),)),
        "the recording itself was edited or taken away",
    ),
    "prompt": (lambda e: e.prompt == prompt_of(PlanType.RENEWAL_DEFENSE).digest, "the prompt's words changed"),
    "model": (lambda e: e.asked == _asked(e.model), "another model is asked today"),
    "actions": (lambda e: e.actions == _actions(e.approved), "the approved actions are described otherwise"),
    "tools": (lambda e: e.tools == _tools(), "the tools are described otherwise"),
    "schema": (lambda e: e.schema_ == _schema(e.approved, e.sizes), "the schema of an answer changed"),
    "case": (
        lambda e: e.case_files == _bytes_of(_case_files(e.case, e.base)) or e.facts == _facts(case_of(e.case)),
        "the case's facts changed",
    ),
    "briefing": (lambda e: e.briefing == _briefing(e.case), "code tells the same facts in other words"),
    "script": (
        lambda e: e.script_files in {None, _bytes_of(_script_files(e.case, e.base))} or e.script == _script(e.case),
        "the authored answer changed",
    ),
}
"""By kind: does it still hold, and what to say where it does not. Asked in this order."""
