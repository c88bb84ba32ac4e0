"""Tables of policy tests: a known question, what is changed in it, and what the gate must answer.

Reads texts that it is given; whoever calls it opens the files.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import Field, ValidationError

from gate.decisions import GateError, Phase, Verdict
from gate.judging import check, floors
from gate.policy import PolicyBundle
from gate.policy_text import BadPolicyError, bundle_of, parse_yaml
from gate.recordings import BadRecordingError, Recording, read_recording
from plan import Frozen, Instant, explain_validation

ROOTS = ("plan", "context", "policy")


class BadPolicyTestError(GateError):
    """A table of policy tests cannot be run as it is written."""

    code = "bad_policy_test"


class Expectation(Frozen):
    """What the gate must answer; what is left out is not looked at."""

    verdict: Verdict | None = None
    codes: tuple[str, ...] = ()
    """Each must be among the codes found."""
    not_codes: tuple[str, ...] = ()
    """None may be among them."""


class PolicyCase(Frozen):
    """One question and its answer."""

    name: str = Field(min_length=1, max_length=200)
    base: str
    """A built-in question, or a file with a recorded one."""
    changes: dict[str, Any] = Field(default_factory=dict, alias="set")
    """Dotted path into plan, context or policy -> the value there."""
    phase: Phase | None = None
    now: Instant | None = None
    expect: Expectation


class PolicyTable(Frozen):
    """One file of cases."""

    policy: str = "default"
    """A file beside the table, or `default`."""
    cases: tuple[PolicyCase, ...] = Field(min_length=1)


class CaseResult(Frozen):
    """What came of one case; an empty `wrong` is success."""

    name: str
    verdict: str
    codes: tuple[str, ...]
    wrong: str = ""


@cache
def built_in_bases() -> dict[str, Recording]:
    """Return the questions that ship with this version, by name."""
    found = (path for path in files("gate").joinpath("bases").iterdir() if path.name.endswith(".json"))
    return {
        path.name.removesuffix(".json"): read_recording(path.read_text(encoding="utf-8"))
        for path in sorted(found, key=lambda path: path.name)
    }


def read_table(text: str) -> PolicyTable:
    """Read a table; raise BadPolicyTestError with one line that names the place."""
    try:
        table = PolicyTable.model_validate(parse_yaml(text, "table of policy tests"))
    except BadPolicyError as error:
        raise BadPolicyTestError(str(error)) from error
    except ValidationError as error:
        raise BadPolicyTestError(f"the table does not fit: {explain_validation(error)}") from error
    for case in table.cases:
        unknown = sorted({*case.expect.codes, *case.expect.not_codes} - set(floors()))
        if unknown:
            raise BadPolicyTestError(
                f"{case.name}: {', '.join(unknown)} is no code; list them with: oncourse gate explain all"
            )
    return table


def run_table(table: PolicyTable, policy: PolicyBundle, bases: Mapping[str, Recording]) -> tuple[CaseResult, ...]:
    """Run every case; raise BadPolicyTestError for a case that cannot be asked."""
    return tuple(_run(case, policy, bases) for case in table.cases)


def _run(case: PolicyCase, policy: PolicyBundle, bases: Mapping[str, Recording]) -> CaseResult:
    if case.base not in bases:
        raise BadPolicyTestError(f"{case.name}: there is no base {case.base!r}; known: {', '.join(sorted(bases))}")
    try:
        asked, judged_by = _changed(bases[case.base], policy, case)
    except (BadRecordingError, BadPolicyError, BadPolicyTestError) as error:
        raise BadPolicyTestError(f"{case.name}: {error}") from error
    answer = check(asked.plan, asked.context, judged_by, phase=asked.phase, now=asked.now)
    return CaseResult(
        name=case.name,
        verdict=answer.verdict,
        codes=answer.codes,
        wrong=_wrong(case.expect, answer.verdict, frozenset(answer.codes)),
    )


def _wrong(expect: Expectation, verdict: Verdict, codes: frozenset[str]) -> str:
    told = []
    if expect.verdict is not None and verdict is not expect.verdict:
        told.append(f"{verdict} instead of {expect.verdict}")
    told += [f"{code} is missing" for code in expect.codes if code not in codes]
    told += [f"{code} is there" for code in expect.not_codes if code in codes]
    return "; ".join(told)


def _changed(base: Recording, policy: PolicyBundle, case: PolicyCase) -> tuple[Recording, PolicyBundle]:
    plain = {"plan": base.plan.model_dump(mode="json"), "context": base.context.model_dump(mode="json")}
    rules = {"policy": policy.model_dump(mode="json")}
    for path, value in case.changes.items():
        root = path.partition(".")[0]
        if root not in ROOTS or root == path:
            raise BadPolicyTestError(f"set: {path!r} does not start with plan., context. or policy.")
        _put(rules if root == "policy" else plain, path, value)
    try:
        asked = Recording.model_validate(plain | {"phase": case.phase or base.phase, "now": case.now or base.now})
    except ValidationError as error:
        raise BadPolicyTestError(f"set: the question no longer fits: {explain_validation(error)}") from error
    return asked, bundle_of(rules["policy"])


def _put(tree: Any, path: str, value: Any) -> None:
    """Set a value in plain data; the last word may be new, every other must be there."""
    *way, last = path.split(".")
    for depth, word in enumerate(way):
        tree = _step(tree, word, ".".join(way[:depth]) or "the question")
    if isinstance(tree, list):
        _step(tree, last, ".".join(way))
        tree[int(last)] = value
    elif isinstance(tree, dict):
        tree[last] = value
    else:
        raise BadPolicyTestError(f"set: {'.'.join(way)} holds one value, so {path!r} names nothing in it")


def _step(tree: Any, word: str, where: str) -> Any:
    if isinstance(tree, dict) and word in tree:
        return tree[word]
    if isinstance(tree, list) and word.isdecimal() and int(word) < len(tree):
        return tree[int(word)]
    raise BadPolicyTestError(f"set: {where} has no {word!r}; it has {_inside(tree)}")


def _inside(tree: Any) -> str:
    if isinstance(tree, list):
        return f"0 to {len(tree) - 1}" if tree else "no entry"
    return ", ".join(tree) if isinstance(tree, dict) and tree else "nothing inside"
