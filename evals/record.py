"""Record the answers of a model, of the authored scripts, or of the local model: `python -m evals record [CASE...]`."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path
from typing import Literal

import agent
from agent import ClaudeDrafter, ClaudeSettings, Recording, RecordingMeta, open_tape, requests_digest
from evals.asking import conversation
from evals.authored import AuthoredServer
from evals.cases import Case, case_of
from evals.cassettes import AUTHORED, dump, load, place_of
from evals.local import as_asked, local_settings, player_of
from evals.provenance import UnprovenSourceError, one_source, source_of
from evals.scripts import turns_of
from plan import NoPlan, NoPlanReason, OncourseError, Proposal

Who = Literal["authored", "claude", "local"]
_PROVIDER_FAILED = frozenset({NoPlanReason.PROVIDER_DOWN})


def record(case: Case, settings: ClaudeSettings) -> Recording | None:
    """Return a fresh recording of one case, or None where code alone answers it.

    Raises UnprovenSourceError where the provider failed, or where nothing proves who answered.
    """
    tape = open_tape(record=True)
    answers = list(conversation(as_asked(ClaudeDrafter(settings, tape), settings.model), case.request))
    exchanges = tape.exchanges()
    if not exchanges and isinstance(answers[-1][0].outcome, NoPlan) and not answers[-1][0].outcome.provenance.calls:
        if answers[-1][0].outcome.reason in _PROVIDER_FAILED:
            raise UnprovenSourceError(f"{case.name}: the provider cannot be reached; nothing is kept")
        return None
    if not exchanges or any(exchange.status != 200 for exchange in exchanges):  # noqa: PLR2004 - HTTP
        told = answers[-1][0].outcome
        raise UnprovenSourceError(
            f"{case.name}: the provider failed, so nothing is kept: {getattr(told, 'suggestion', '')}"
        )
    meta = RecordingMeta(
        case=case.name,
        source=one_source(source_of(uri, e) for uri, e in zip(tape.addresses(), exchanges, strict=True)),
        recorded_at=datetime.now(UTC).replace(microsecond=0),
        prompt=agent.prompt_of(case.request.plan_type).name,
        requests_digest=requests_digest(exchanges),
        model_asked=exchanges[0].request["model"],
        model_answered=exchanges[0].response["model"],
    )
    return Recording(meta=meta, exchanges=exchanges)


def replayed(recording: Recording, case: Case) -> Proposal | NoPlan:
    """Play a recording once from its first request to its last, and return the last outcome."""
    tape = open_tape((recording,), once=True)
    *_, (result, _decision) = conversation(player_of(recording, tape), case.request)
    if not tape.all_played:
        raise UnprovenSourceError(f"{case.name}: an answer was never asked for; record it again")
    return result.outcome


def keep(recording: Recording, case: Case, target: Path) -> None:
    """Write a recording beside its place, play it once, and only then move it there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.write_text(dump(recording, target), "utf-8")
    try:
        replayed(load(fresh.read_text("utf-8")), case)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def plan_lines(outcome: Proposal | NoPlan) -> list[str]:
    """Return an outcome as one line a step."""
    if isinstance(outcome, NoPlan):
        return [f"no plan: {outcome.reason.value}: {outcome.suggestion}"]
    steps = [(s, ", ".join(d.key for d in s.depends_on)) for s in outcome.steps]
    return [f"day {s.start_day:>3}  {s.action_type}" + (f"  after {after}" if after else "") for s, after in steps]


@contextmanager
def settings_of(case: Case, who: Who) -> Iterator[ClaudeSettings]:
    """Yield where to ask: the real provider, or a local server for one case; raise where it cannot be asked."""
    if who == "authored":
        with AuthoredServer(case.name, turns_of(case)) as server:
            yield ClaudeSettings(api_key="none", base_url=server.url, max_retries=0)
        return
    if who == "local":
        with local_settings() as settings:
            yield settings
        return
    key = os.environ.get("ANTHROPIC_API_KEY", "")
    if not key:
        raise UnprovenSourceError("recording a model needs ANTHROPIC_API_KEY; without one: --authored, or --local")
    yield ClaudeSettings(api_key=key)


def record_all(names: Iterable[str], who: Who, k: int, kept: Callable[[Path], None]) -> Iterator[str]:
    """Record each case as often as asked and yield what changed, a line at a time; raise at the first that fails."""
    for name in names:
        case = case_of(name)
        for number in range(1, k + 1):
            with settings_of(case, who) as settings:
                fresh = record(case, settings)
                model = AUTHORED if who == "authored" else settings.model
            if fresh is None:
                yield f"{name}: code answers it; no model is asked"
                break
            target = place_of(name, model, number)
            before = _told(target, case)
            if _same(target, fresh):
                yield f"{name}: the same {len(fresh.exchanges)} answers from {fresh.meta.source}"
                kept(target)
                continue
            keep(fresh, case, target)
            kept(target)
            yield f"{name}: {len(fresh.exchanges)} answers from {fresh.meta.source}"
            yield from unified_diff(before, plan_lines(replayed(fresh, case)), "before", "now", lineterm="")


def _same(path: Path, fresh: Recording) -> bool:
    """Tell whether what is kept already says just this, so that the file can stay as it is."""
    old = load(path.read_text("utf-8")) if path.exists() else None
    return old is not None and (old.exchanges, old.meta.source) == (fresh.exchanges, fresh.meta.source)


def _told(path: Path, case: Case) -> list[str]:
    if not path.exists():
        return []
    try:
        return plan_lines(replayed(load(path.read_text("utf-8")), case))
    except OncourseError:
        return ["(no longer fits)"]
