"""The commands of the exam.

Exit codes: 0 green, 1 red or refused, 2 misuse, 3 inconclusive.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from evals.adopting import adopted, read_export, write
from evals.ageing import aged
from evals.baseline import BASELINE, Baseline, baseline_of, read_baseline, write_baseline
from evals.case_files import HERE, write_schema
from evals.cases import case_names, case_of
from evals.cassettes import read_cassettes
from evals.comparing import bars, compare, side_of
from evals.exam import hold
from evals.gating import stale_findings
from evals.manifest import read_manifest, renewed, stale, write_manifest
from evals.record import record_all
from evals.report import write_report
from evals.statistics import cases_for_mean, cases_for_rate, none_of, smallest_difference
from evals.trying import told
from plan import OncourseError

OUT = Path("build/evals")
Command = Callable[[Namespace], int]


def main(args: Sequence[str]) -> int:
    """Run one command; a mistake gets one line and exit code 1."""
    parser = _parser()
    given = parser.parse_args(args)
    command: Command = given.command
    try:
        return command(given)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except (OncourseError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m evals", description="Are the proposals good, and do they obey?")
    parser.set_defaults(command=_run, out=OUT)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, command: Command, words: str) -> ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(command=command)
        return made

    run = add("run", _run, "play and score every recording; red where anything is stale, lost or wrong (the default)")
    run.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="where the report goes")
    add("stale", _stale, "name each recording that no longer fits, and why; nothing is played")
    record = add("record", _record, "record a model's answers, those of the scripts, or the local model's")
    record.add_argument("cases", nargs="*", metavar="CASE", help="names; all where none is given")
    who = record.add_mutually_exclusive_group()
    who.add_argument(
        "--authored", dest="who", action="store_const", const="authored", help="answers from evals/answers"
    )
    who.add_argument("--local", dest="who", action="store_const", const="local", help="answers of the local model")
    record.add_argument("--k", type=int, default=1, metavar="N", help="answers to each case (a real model: 3)")
    record.set_defaults(who="claude")
    tried = add("try", _try, "score the authored answer of a case without recording it")
    tried.add_argument("cases", nargs="*", metavar="CASE", help="names; all where none is given")
    adopt = add("adopt", _adopt, "make a case of a plan that people reviewed (oncourse plan export), with other names")
    adopt.add_argument("file", type=Path, metavar="FILE", help="what `oncourse plan export PLAN --out FILE` wrote")
    adopt.add_argument("--name", default="", help="of the case; nothing that names the customer")
    adopt.add_argument("--into", type=Path, default=HERE, metavar="FOLDER", help="with the folders cases and answers")
    adopt.add_argument("--force", action="store_true", help="replace a case of this name")
    add("accept", _accept, "take the answers of today as the baseline")
    against = add("compare", _compare, "compare two sides: PASS, FAIL or INCONCLUSIVE")
    for side in ("before", "after"):
        against.add_argument(side, metavar="FILE:MODEL", help="as evals/baseline.json:authored")
    add("power", _power, "say how many cases show a difference")
    add("schema", _schema, "write the schema that editors check case files against")
    return parser


def _run(given: Namespace) -> int:
    exam = hold(_progress)
    _progress("")
    write_report(exam, given.out)
    _warn()
    return 0 if exam.green else 1


def _warn() -> None:
    """Say on the error stream what grows old; it turns nothing red."""
    for line in aged(read_manifest().entries, datetime.now(UTC)):
        print(f"warning: {line}", file=sys.stderr)


def _stale(_given: Namespace) -> int:
    found = stale_findings(stale(read_manifest()))
    for finding in found:
        print(f"{finding.cause}: {finding.where}\n    {finding.told}")
    _warn()
    if not found:
        print(f"{len(read_manifest().entries)} recordings, none is stale")
    return int(bool(found))


def _record(given: Namespace) -> int:
    names, kept = _named(given.cases), list[Path]()
    try:
        for line in record_all(names, given.who, given.k, kept.append):
            print(line)
    finally:
        if kept:
            write_manifest(renewed(read_manifest(), [c for c in read_cassettes() if c.path in kept]))
    return 0


def _try(given: Namespace) -> int:
    for name in _named(given.cases):
        print(*told(name), sep="\n")
    return 0


def _adopt(given: Namespace) -> int:
    new = adopted(read_export(given.file), given.name)
    print("wrote " + " and ".join(str(path) for path in write(new, given.into, force=given.force)))
    print(*new.told, sep="\n")
    name = new.case.name
    print(f"then: python -m evals try {name}, and where all holds: python -m evals record {name} --authored")
    return 0


def _accept(_given: Namespace) -> int:
    exam = hold(_progress)
    _progress("")
    wrong = [f for f in exam.findings if f.cause.startswith("stale") or f.cause in {"recording", "orphan"}]
    if wrong:
        print(*(f"{f.cause}: {f.where}: {f.told}" for f in wrong), sep="\n", file=sys.stderr)
        print("nothing was accepted: mend the recordings first", file=sys.stderr)
        return 1
    write_baseline(baseline_of(exam.rows))
    print(f"{len(exam.rows)} answers accepted, {sum(row.passed for row in exam.rows)} of them pass")
    return 0


def _compare(given: Namespace) -> int:
    before, after = (side_of(*_side(told)) for told in (given.before, given.after))
    found = compare(before, after)
    print(f"{found.verdict}  {before.name} -> {after.name}, {found.cases} cases")
    print(f"{'':<16}{'difference':>11}{'95 % interval':>20}{'p':>8}{'p (Holm)':>10}")
    for name, told_ in found.differences.items():
        bounds = f"{told_.low:+.3f} to {told_.high:+.3f}"
        print(f"{name:<16}{told_.mean:>+11.3f}{bounds:>20}{told_.p:>8.3f}{found.corrected[name]:>10.3f}")
    print(f"cases that pass: {found.gained} gained, {found.lost} lost, McNemar p {found.mcnemar:.3f}")
    for reason in found.reasons:
        print(f"  {reason}")
    return {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}[found.verdict]


def _power(_given: Namespace) -> int:
    detect = float(bars()["detect"])
    here = sum(case_of(name).change is None for name in case_names())
    print(f"To see a difference of {detect:g} four times in five (two-sided, 0.05); there are {here} base cases.")
    print("mean quality, by how far the differences spread (sd):")
    for sd in (0.08, 0.12, 0.15, 0.2, 0.25):
        print(f"  {sd:<5g}{cases_for_mean(sd, detect):>6} cases; with {here}: {smallest_difference(here, sd):.3f}")
    print("pass rate, by the share of cases that change sides:")
    for share in (0.05, 0.07, 0.1, 0.15, 0.2):
        print(f"  {share:<5g}{cases_for_rate(share, detect):>6} cases")
    print(f"no failure in {here} cases bounds the rate of failures at {none_of(here):.1%}")
    return 0


def _schema(_given: Namespace) -> int:
    write_schema()
    return 0


def _named(cases: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(cases) - set(case_names()))
    if unknown:
        raise ValueError(f"there is no case {', '.join(unknown)}; `ls evals/cases` shows them")
    return tuple(cases) or case_names()


def _side(told_: str) -> tuple[str, Baseline, str]:
    path, _, model = told_.rpartition(":")
    found = read_baseline(Path(path)) if path else None
    if found is None:
        raise ValueError(f"{told_!r} names no answers; as {BASELINE.name}: evals/baseline.json:authored")
    return path, found, model


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
        sys.stderr.flush()
