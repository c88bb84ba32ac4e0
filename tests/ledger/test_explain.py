import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ledger import DATA, Reason, explain, stopped
from ledger.bodies import GateEvaluated, PlanEdge, StepAdded, StepEdge, StepRemoved
from ledger.explain import actor_of, cause_of, deed
from ledger.wording import FOUND, INSTEAD, PHASES, REASONS, SAID_ALREADY, SAYS, VERDICTS
from plan import PLAN_MOVES, STEP_MOVES, Cause, NoPlanReason, PlanStatus, StepStatus
from tests.builders import plan
from tests.ledger.test_entries import NOW, STEP, entry
from tests.ledger.test_golden import FILES, told

PLAN = "8f0e3a6c-0000-4000-8000-000000000001"
OTHER = "1b2c3d4e-0000-4000-8000-000000000002"
NAMES = {str(STEP): "Ask (00000000)"}
TEXT = "ref:sha256:" + "a" * 64


def texts(_ref):
    return "Ida left the company"


def edge(**changes):
    given = {"step_id": STEP, "source": StepStatus.READY, "target": StepStatus.RUNNING}
    return StepEdge(**(given | changes)).model_dump(mode="json")


def judged(**changes):
    given = {"phase": "STEP", "verdict": "ASK", "risk": "MEDIUM", "codes": (), "role": "plan_approver", "persons": 1}
    digests = {"decision": "sha256:" + "1" * 64, "ruleset": "sha256:" + "2" * 64, "inputs": TEXT, "step_id": STEP}
    return entry(
        type="plan.gate_evaluated.v1", data=GateEvaluated(**(digests | given | changes)).model_dump(mode="json")
    )


def test_every_entry_type_can_be_told_in_a_sentence():
    assert set(SAYS) == set(DATA)


def test_every_reason_that_a_move_or_a_drafter_may_give_has_words():
    given = {code for move in (*PLAN_MOVES, *STEP_MOVES) for code in getattr(move, "reasons", ())}
    assert given | {str(reason) for reason in NoPlanReason} <= set(REASONS) | SAID_ALREADY
    assert not set(REASONS) & SAID_ALREADY - {"rejected"}


def test_every_phase_and_verdict_of_the_gate_and_every_finding_of_the_evaluator_has_words():
    import typing

    from evaluator.closing import Why
    from gate import Phase, Verdict

    assert set(PHASES) == set(Phase)
    assert set(VERDICTS) == set(Verdict)
    assert set(typing.get_args(Why)) <= set(FOUND) | set(REASONS)


def test_a_sentence_says_who_what_why_and_from_what():
    [line] = explain([entry()], texts, NAMES)
    assert line == "#1 2026-03-02 00:00 mara (human, owner) removed step Ask (00000000). [cause: mara]"


def test_a_reason_is_told_in_words_with_the_text_that_was_given():
    one = entry(type="plan.paused.v1", reason=Reason(code="owner_changed", text=TEXT), data=moved(PlanStatus.PAUSED))
    assert deed(one, texts, {}) == "paused the plan because its owner changed: Ida left the company."


def moved(target):
    return PlanEdge(source=PlanStatus.ACTIVE, target=target, revision=2).model_dump(mode="json")


def test_a_code_without_words_is_shown_as_it_is():
    one = entry(reason=Reason(code="risk_cap", text=TEXT))
    assert deed(one, texts, NAMES) == "removed step Ask (00000000) because risk_cap: Ida left the company."


def test_an_erased_text_says_so():
    one = entry(reason=Reason(code="removed", text=TEXT))
    assert deed(one, lambda _: "[erased]", NAMES) == "removed step Ask (00000000): [erased]."


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("plan.reopened.v1", moved(PlanStatus.DRAFT), "took the approval of the plan back: a draft again"),
        ("step.approval_lapsed.v1", edge(target=StepStatus.PENDING_APPROVAL), "took the approval of step Ask"),
    ],
)
def test_an_approval_that_was_taken_back_is_not_told_as_a_plan_that_was_reopened(kind, data, says):
    assert (kind, "withdrawn") in INSTEAD
    assert deed(entry(type=kind, reason=Reason(code="withdrawn"), data=data), texts, NAMES).startswith(says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "judged step Ask (00000000) before it runs: it takes the approval of a plan_approver."),
        ({"persons": 2}, "judged step Ask (00000000) before it runs: it takes the approval of 2 plan_approvers."),
        ({"verdict": "DENY", "codes": ("PG021",)}, "judged step Ask (00000000) before it runs: refused (PG021)."),
        ({"phase": "ACTIVATE", "verdict": "PERMIT"}, "judged the plan before its start: nothing stands against it."),
    ],
)
def test_what_the_gate_said_is_told_in_words(changes, says):
    assert deed(judged(**changes), texts, NAMES) == says


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        (Cause(kind="entry", ref="plan/p1#6"), "#6"),
        (Cause(kind="entry", ref="principal/mara#2"), "principal/mara#2"),
        (Cause(kind="entry", ref=f"plan/{OTHER}#2"), "plan/1b2c3d4e#2"),
        (Cause(kind="timer", ref=NOW.isoformat()), "its time had come"),
        (Cause(kind="posture", ref="posture/acme-1"), "posture acme-1"),
        (Cause(kind="event", ref=f"mcp/{PLAN}:{STEP}:1"), "event mcp/8f0e3a6c:Ask (00000000):1"),
    ],
)
def test_a_cause_is_told_as_a_reader_finds_it(cause, says):
    assert cause_of(entry(cause=cause), NAMES) == says


def test_whoever_acts_in_anothers_stead_is_told_with_whose():
    one = entry()
    lent = one.model_copy(update={"authority": one.authority.model_copy(update={"on_behalf_of": "otto"})})
    assert actor_of(lent, {}) == "mara (human, owner for otto)"


def test_a_try_that_is_the_last_one_names_no_next_one():
    last = entry(type="step.outcome_retry.v1", reason=None, data=edge(outcome="TIMEOUT"))
    more = entry(type="step.outcome_retry.v1", reason=None, data=edge(outcome="TIMEOUT", wait_until=NOW))
    assert deed(last, texts, NAMES) == "recorded the outcome of step Ask (00000000): TIMEOUT."
    assert deed(more, texts, NAMES).endswith("TIMEOUT; next try 2026-03-02 00:00.")


def test_a_step_that_was_removed_since_keeps_its_name():
    from ledger import step_names

    added = entry(
        type="step.added.v1",
        data=StepAdded(step=plan().steps[0].model_copy(update={"step_id": STEP}), position=0).model_dump(mode="json"),
    )
    gone = entry(seq=2, data=StepRemoved(step_id=STEP).model_dump(mode="json"))
    names = step_names([added, gone])
    assert deed(gone, texts, names) == f"removed step {names[str(STEP)]}."
    assert not names[str(STEP)].startswith("00000000")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_sentence_of_any_type_shows_a_long_id_a_digest_or_a_name_from_the_program(file):
    long = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|ref:|sha256:|None|\{|<|StepStatus|datetime")
    lines = [line for line in told(file) if line.startswith("  ")]
    assert not [line for line in lines if long.search(line)]
    assert all(re.search(r"[.…!?] \[cause: [^]]+\]( \[[^]]+\])?$", line) for line in lines)


def test_a_plan_says_when_and_why_it_stopped():
    closed = entry(
        type="plan.completed.v1", at=NOW + timedelta(days=30), reason=Reason(code="objective_met", text=TEXT),
        data=moved(PlanStatus.COMPLETED),
    )  # fmt: skip
    assert stopped([entry(), closed], texts) == (
        "Completed on 2026-04-01: the objective was met in time. Ida left the company."
    )
    assert stopped([entry()]) is None
    assert datetime(2026, 4, 1, tzinfo=UTC) == closed.at
    assert UUID(int=7) == STEP
