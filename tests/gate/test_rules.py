"""Every rule, on both sides."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gate
import gate.judging
from gate import GateContext, Phase, Severity, Verdict, check, explain_code, rules
from gate.rules import RULES, Found
from gate.rules.rule import Rule
from plan import Approval, DependencyKind, PlanStatus, RiskClass, StepStatus, canonical
from tests.builders import POLICY
from tests.gate import cases, conduct, corners
from tests.gate.cases import CONTEXT, MEETING, PLAN, with_step
from tests.house import MONDAY

ALONE = (*conduct.CASES, *corners.CASES)
CASES, FITS = (*cases.CASES, *ALONE), (*cases.FITS, *conduct.FITS, *corners.FITS)
ROOT = Path(gate.__file__).parent.parent


def judge(plan=PLAN, context=CONTEXT, policy=POLICY, phase=Phase.PROPOSE, now=MONDAY):
    return check(plan, context, policy, phase=phase, now=now)


def severities(decision):
    """Return what counts: once a plan was approved, what time alone mends denies nothing."""
    drafting = decision.phase in {Phase.PROPOSE, Phase.APPROVE}
    return {v.severity for v in decision.violations if drafting or v.clears_at is None}


@pytest.mark.parametrize("phase", list(Phase))
def test_the_clean_plan_breaks_no_rule(phase):
    decision = judge(phase=phase)
    assert decision.codes == ()
    assert decision.verdict is Verdict.ASK


@pytest.mark.parametrize("case", list(CASES), ids=[case.name for case in CASES])
def test_each_way_to_break_a_rule_is_found_with_its_code(case):
    now = MONDAY + case.after
    decision = judge(case.plan, case.context, case.policy, case.phase, now)
    assert (case.code, case.where) in {(v.code, v.where) for v in decision.violations}
    assert "PG999" not in decision.codes
    assert decision.verdict is (Verdict.DENY if Severity.HARD in severities(decision) else Verdict.ASK)
    assert all(v.message and v.where and v.mend.endswith(".") for v in decision.violations)


@pytest.mark.parametrize("case", list(ALONE), ids=[case.name for case in ALONE])
def test_a_way_to_break_one_rule_breaks_no_other_by_accident(case):
    codes = judge(case.plan, case.context, case.policy, case.phase, MONDAY + case.after).codes
    assert set(codes) == {case.code, *case.also}


@pytest.mark.parametrize("case", list(FITS), ids=[case.name for case in FITS])
def test_what_only_just_fits_does_not_break_the_rule(case):
    assert case.code not in judge(case.plan, case.context, case.policy, case.phase, MONDAY + case.after).codes


@pytest.mark.parametrize("tried", [CASES, FITS], ids=["broken", "kept"])
def test_every_code_has_a_case_on_each_side(tried):
    assert {case.code for case in tried} | {"PG999"} == {doc.code for doc in rules()}


@pytest.mark.parametrize("case", [*CASES, *FITS], ids=[case.name for case in (*CASES, *FITS)])
def test_each_case_is_judged_in_a_phase_that_asks_for_its_code(case):
    assert case.phase in {doc.code: doc.phases for doc in rules()}[case.code]


def test_a_rule_that_raises_denies_and_says_which(monkeypatch):
    def explode(_view):
        raise ZeroDivisionError
        yield Found("", "")

    broken = Rule("PG777", Severity.ADVISORY, tuple(Phase), "t", "t", "t", explode)
    monkeypatch.setattr(gate.judging, "RULES", (broken,))
    decision = judge()
    assert decision.codes == ("PG999",)
    assert decision.verdict is Verdict.DENY
    assert decision.violations[0].where == "gate"
    assert "PG777 raised ZeroDivisionError" in decision.violations[0].message


def test_a_bundle_can_raise_a_severity_and_a_soft_one_takes_more_people(monkeypatch):
    def advise(_view):
        yield Found("steps", "hm")

    soft = Rule("PG888", Severity.ADVISORY, tuple(Phase), "t", "t", "t", advise)
    monkeypatch.setattr(gate.judging, "RULES", (soft,))
    plain = judge()
    assert (plain.verdict, plain.required_authority.persons) == (Verdict.ASK, 1)
    raised = judge(policy=POLICY.model_copy(update={"severities": {"PG888": Severity.SOFT}}))
    assert raised.required_authority.overrides == ("PG888",)
    assert raised.required_authority.persons == 2
    assert judge(policy=POLICY.model_copy(update={"severities": {"PG888": Severity.HARD}})).verdict is Verdict.DENY


def test_a_severity_below_the_floor_changes_nothing():
    low = POLICY.model_copy(update={"severities": {"PG010": Severity.ADVISORY}})
    assert judge(PLAN.model_copy(update={"steps": ()}), policy=low).verdict is Verdict.DENY


@pytest.mark.parametrize(
    ("risk", "amount", "persons"),
    [
        (RiskClass.LOW, 9**9, 1),
        (RiskClass.MEDIUM, 9**9, 1),
        (RiskClass.HIGH, 5_000_000, 1),
        (RiskClass.HIGH, 5_000_001, 2),
    ],
)
def test_the_authority_grows_with_the_risk_and_the_amount(risk, amount, persons):
    assert gate.required_authority(risk, (), POLICY, amount).persons == persons


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.STEP])
def test_what_was_sent_or_has_ended_is_not_judged_again(phase):
    sent = with_step(MEETING, status=StepStatus.DONE, outcome="MEETING_BOOKED", attempts=1, params=None)
    assert "PG013" not in judge(sent, phase=phase).codes
    assert "PG013" in judge(with_step(MEETING, params=None), phase=phase).codes


def test_a_week_is_a_week_also_when_the_clocks_change():
    changes = datetime(2026, 3, 23, 8, tzinfo=UTC)  # 09:00 in Berlin; on 29 March the clocks go forward
    review = next(s for s in PLAN.steps if s.action_type == "RUN_VALUE_REVIEW")
    moved = with_step(MEETING, not_before=changes).with_step(
        review.model_copy(update={"not_before": datetime(2026, 3, 30, 7, tzinfo=UTC)})
    )
    assert not [v for v in judge(moved).violations if "before REQUEST_RENEWAL_MEETING" in v.message]
    early = moved.with_step(review.model_copy(update={"not_before": datetime(2026, 3, 30, 6, 59, tzinfo=UTC)}))
    assert [v for v in judge(early).violations if "before REQUEST_RENEWAL_MEETING" in v.message]


def test_the_same_inputs_give_the_same_bytes():
    assert canonical(judge()) == canonical(judge())


def test_another_instant_is_another_decision():
    assert judge().inputs_digest != judge(now=MONDAY + timedelta(seconds=1)).inputs_digest


def test_decisions_are_the_same_under_every_hash_seed():
    program = (
        "from gate import Phase, bundle_digest, check; from tests.builders import MONDAY, POLICY, context, plan; "
        "context = context(editors=frozenset('abcdefgh')); "
        "print(check(plan(), context, POLICY, phase=Phase.STEP, now=MONDAY).digest, bundle_digest(POLICY))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(printed) == 1


STEPS = st.builds(
    lambda step, status, approval, attempts, start, params, kind, action: step.model_copy(
        update={
            "status": status,
            "approval": approval,
            "attempts": attempts,
            "not_before": step.not_before + timedelta(days=start),
            "params": params,
            "action_type": action,
            "depends_on": tuple(
                d.model_copy(update={"kind": kind, "outcomes": ("X",) if kind is DependencyKind.OUTCOME_IN else ()})
                for d in step.depends_on
            ),
        }
    ),
    st.sampled_from(PLAN.steps),
    st.sampled_from(StepStatus),
    st.sampled_from(Approval),
    st.integers(0, 5),
    st.integers(-400, 400),
    st.none()
    | st.dictionaries(
        st.sampled_from(["contact_id", "ticket_ids", "x"]), st.integers(-99, 99) | st.text("abc-1", max_size=9)
    ),
    st.sampled_from(DependencyKind),
    st.sampled_from([*(step.action_type for step in PLAN.steps), "UNKNOWN_ACTION"]),
)


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=6), st.sampled_from(Phase), st.sampled_from(RiskClass), st.sampled_from(PlanStatus))
def test_no_rule_ever_raises_on_a_plan_that_fits_the_schema(steps, phase, risk, status):
    plan = PLAN.model_copy(update={"steps": tuple(steps), "risk": risk, "status": status})
    assert "PG999" not in judge(plan, phase=phase).codes


@pytest.mark.parametrize("phase", list(Phase))
def test_no_rule_raises_where_nothing_is_known(phase):
    known = CONTEXT.situation
    bare = known.model_copy(
        update=dict.fromkeys(("contracts", "contacts", "tickets", "opportunities", "owners", "signals", "history"), ())
    )
    assert "PG999" not in judge(context=GateContext(tenant_id="t1", situation=bare), phase=phase).codes


def test_each_code_has_words_for_people():
    for doc in rules():
        assert explain_code(doc.code.lower()) == doc
        assert doc.title
        assert doc.text.endswith(".")
        assert doc.mend.endswith(".")


def test_an_unknown_code_names_codes_that_are_near():
    with pytest.raises(gate.UnknownCodeError, match="PG010, PG011, PG012, PG013, PG014"):
        explain_code("PG015")


def test_codes_stand_once_and_in_order():
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


def section(doc):
    """What the page says of a code; its example is the first way to break it."""
    told = [f"## {doc.code} {doc.title}", doc.text]
    facts = [f"- Floor: {doc.floor}", f"- Judged at: {', '.join(doc.phases)}", f"- What to do: {doc.mend}"]
    for case in (case for case in CASES if case.code == doc.code):
        decision = judge(case.plan, case.context, case.policy, case.phase, MONDAY + case.after)
        found = next(v for v in decision.violations if (v.code, v.where) == (case.code, case.where))
        facts.append(f"- Example: {found.where}: {found.message}.")
        break
    return "\n\n".join([*told, "\n".join(facts)])


def test_the_docs_have_the_section_of_each_code():
    text = (ROOT / "docs" / "gate-codes.md").read_text(encoding="utf-8")
    _opening, *told = text.split("\n## ")
    assert ["## " + part.strip() for part in told] == [section(doc) for doc in rules()]
