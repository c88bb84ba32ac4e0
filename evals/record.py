"""Record the answers of a model, or of the authored scripts: `python -m evals.record [case...] [--authored]`."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path

import agent
from agent import (
    ClaudeDrafter,
    ClaudeSettings,
    Recording,
    RecordingMeta,
    open_tape,
    parse_recording,
    player,
    requests_digest,
)
from evals.authored import AuthoredServer, script_of
from evals.cases import case_names, conversation, request_of
from evals.provenance import UnprovenSourceError, one_source, source_of
from plan import NoPlan, OncourseError, Proposal

CASSETTES = Path(agent.__file__).parent / "cassettes"


def record(case: str, settings: ClaudeSettings) -> Recording:
    """Return a fresh recording of one case; raise where an answer failed or its source cannot be proved."""
    tape = open_tape(record=True)
    request = request_of(case)
    answers = list(conversation(ClaudeDrafter(settings, tape), request))
    exchanges = tape.exchanges()
    if not exchanges or any(exchange.status != 200 for exchange in exchanges):  # noqa: PLR2004 - HTTP
        told = answers[-1][0].outcome
        raise UnprovenSourceError(f"{case}: the provider failed, so nothing is kept: {getattr(told, 'suggestion', '')}")
    meta = RecordingMeta(
        case=case,
        source=one_source(source_of(uri, e) for uri, e in zip(tape.addresses(), exchanges, strict=True)),
        recorded_at=datetime.now(UTC).replace(microsecond=0),
        prompt=agent.prompt_of(request.plan_type).name,
        requests_digest=requests_digest(exchanges),
        model_asked=exchanges[0].request["model"],
        model_answered=exchanges[0].response["model"],
    )
    return Recording(meta=meta, exchanges=exchanges)


def replayed(recording: Recording) -> Proposal | NoPlan:
    """Play a recording once from its first request to its last, and return the last outcome."""
    tape = open_tape((recording,), once=True)
    *_, (result, _decision) = conversation(player(tape), request_of(recording.meta.case))
    if not tape.all_played:
        raise UnprovenSourceError(f"{recording.meta.case}: an answer was never asked for; record it again")
    return result.outcome


def keep(recording: Recording, folder: Path = CASSETTES) -> Path:
    """Write a recording beside its place, play it once, and only then move it there."""
    target = folder / f"{recording.meta.case}.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(recording.dump(), "utf-8")
    try:
        replayed(parse_recording(fresh.read_text("utf-8")))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return target


def plan_lines(outcome: Proposal | NoPlan) -> list[str]:
    """Return an outcome as one line a step."""
    if isinstance(outcome, NoPlan):
        return [f"no plan: {outcome.reason.value}: {outcome.suggestion}"]
    steps = [(s, ", ".join(d.key for d in s.depends_on)) for s in outcome.steps]
    return [f"day {s.start_day:>3}  {s.action_type}" + (f"  after {after}" if after else "") for s, after in steps]


@contextmanager
def _settings(case: str, *, authored: bool) -> Iterator[ClaudeSettings]:
    if authored:
        with AuthoredServer(case, script_of(case)) as server:
            yield ClaudeSettings(api_key="none", base_url=server.url, max_retries=0)
        return
    key = os.environ.get("ANTHROPIC_API_KEY", "")
    if not key:
        raise UnprovenSourceError("recording a model needs ANTHROPIC_API_KEY; without one: --authored")
    yield ClaudeSettings(api_key=key)


def main(args: list[str]) -> int:
    """Record the named cases, or all of them."""
    parser = ArgumentParser(prog="python -m evals.record", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help="names; all where none is given")
    parser.add_argument("--authored", action="store_true", help="answers from evals/answers instead of a model")
    given = parser.parse_args(args)
    old = {r.meta.case: r for r in agent.read_recordings()}
    for case in given.cases or case_names():
        try:
            with _settings(case, authored=given.authored) as settings:
                fresh = record(case, settings)
            keep(fresh)
        except (OncourseError, FileNotFoundError) as error:
            print(f"{case}: {error}", file=sys.stderr)
            return 1
        print(f"{case}: {len(fresh.exchanges)} answers from {fresh.meta.source}")
        before = _told(old.get(case))
        print(*unified_diff(before, _told(fresh), "before", "now", lineterm=""), sep="\n")
    return 0


def _told(recording: Recording | None) -> list[str]:
    try:
        return plan_lines(replayed(recording)) if recording else []
    except OncourseError:
        return ["(no longer fits)"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
