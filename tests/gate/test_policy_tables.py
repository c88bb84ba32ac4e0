"""Tables of policy tests: they hold, they fail, and what does not fit says where."""

from pathlib import Path

import pytest

import gate
from gate import BadPolicyTestError, Verdict, built_in_bases, check, default_bundle, read_table, run_table

ROOT = Path(gate.__file__).parent.parent
CASE = "cases:\n  - {{name: one, base: {base}, set: {{{set}}}, expect: {{{expect}}}}}\n"


def run(set_="", expect="", base="draft", text=None):
    table = read_table(text or CASE.format(base=base, set=set_, expect=expect))
    return run_table(table, default_bundle(), built_in_bases())


def test_the_tables_that_ship_hold():
    for path in (ROOT / "docs" / "policy-tests").glob("*.yaml"):
        results = run(text=path.read_text(encoding="utf-8"))
        assert [(r.name, r.wrong) for r in results if r.wrong] == []


@pytest.mark.parametrize("name", ["draft", "start", "step"])
def test_each_built_in_question_passes_as_it_is(name):
    asked = built_in_bases()[name]
    found = check(asked.plan, asked.context, default_bundle(), phase=asked.phase, now=asked.now)
    assert found.verdict is Verdict.ASK, found.violations


def test_a_case_that_does_not_hold_says_what_is_wrong():
    [told] = run("plan.steps: []", "verdict: ASK, codes: [PG040], not_codes: [PG010]")
    assert told.wrong == "DENY instead of ASK; PG040 is missing; PG010 is there"


@pytest.mark.parametrize(
    ("set_", "says"),
    [
        ("steps: []", "does not start with plan."),
        ("plan: {}", "does not start with plan."),
        ("plan.step.0.status: READY", "plan has no 'step'; it has"),
        ("plan.steps.99.status: READY", "plan.steps has no '99'; it has 0 to"),
        ("plan.steps.x: 1", "plan.steps has no 'x'"),
        ("plan.risk.x: 1", "plan.risk holds one value"),
        ("plan.risk.x.y: 1", "plan.risk has no 'x'; it has nothing inside"),
        ("plan.risk: SILLY", "no longer fits: plan.risk"),
        ("plan.colour: red", "no longer fits: plan.colour"),
        ("policy.max_steps: many", "max_steps"),
        ("policy.severities.PG010: SOFT", "never lowered"),
    ],
)
def test_what_cannot_be_set_says_where(set_, says):
    with pytest.raises(BadPolicyTestError, match=r"^one: ") as told:
        run(set_)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no mapping"),
        ("cases: []", "cases"),
        ("cases: [", "no YAML"),
        (CASE.format(base="draft", set="", expect="codes: [PG555]"), "PG555 is no code"),
        (CASE.format(base="draft", set="", expect="verdict: MAYBE"), "verdict"),
        (CASE.format(base="lunch", set="", expect=""), "there is no base 'lunch'; known: draft, start, step"),
        ("cases: [{name: x, base: draft}]", "expect"),
        ("cases: [{name: x, base: draft, expect: {}, why: y}]", "why"),
    ],
)
def test_a_table_that_does_not_fit_gives_one_clear_line(text, says):
    with pytest.raises(BadPolicyTestError) as told:
        run_table(read_table(text), default_bundle(), built_in_bases())
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_one_case_leaves_the_next_as_it_was():
    first, second = run(
        text="cases:\n"
        "  - {name: a, base: draft, set: {policy.max_steps: 1}, expect: {verdict: DENY}}\n"
        "  - {name: b, base: draft, expect: {verdict: ASK}}\n"
    )
    assert (first.wrong, second.wrong) == ("", "")
