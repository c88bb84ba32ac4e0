"""The two tables against the design, row by row, written down a second time."""

import itertools

import pytest

from plan import (
    CLOSED,
    IN_FLIGHT,
    OPEN,
    PLAN_MOVES,
    RESULT_EVENTS,
    SENT,
    SETTLED,
    STEP_MOVES,
    SUCCEEDED,
    Approval,
    IllegalMoveError,
    PlanEvent,
    PlanStatus,
    StepEvent,
    StepStatus,
    lifecycle,
    plan_move,
    plan_target,
    ready_status,
    step_move,
    step_target,
    success_status,
)

OPEN_PLANS = "DRAFT APPROVED ACTIVE PAUSED"
CLOSED_PLANS = "COMPLETED ABORTED EXPIRED"
SAME = "="

PLAN_ROWS = [
    (1, "-", "propose", "DRAFT"),
    (2, "DRAFT", "edit", "DRAFT"),
    (3, "DRAFT", "send_back", "DRAFT"),
    (4, "DRAFT", "reject", "ABORTED"),
    (5, "DRAFT", "endorse", "DRAFT"),
    (6, "DRAFT", "approve", "APPROVED"),
    (7, OPEN_PLANS, "expire", "EXPIRED"),
    (8, "APPROVED", "edit", "DRAFT"),
    (9, "APPROVED", "approval_lapse", "DRAFT"),
    (10, "APPROVED", "activate", "ACTIVE"),
    (11, "DRAFT APPROVED", "moot", "ABORTED COMPLETED"),
    (12, "APPROVED", "abort", "ABORTED"),
    (13, "ACTIVE", "pause", "PAUSED"),
    (14, "ACTIVE PAUSED", "complete", "COMPLETED"),
    (15, "ACTIVE PAUSED", "abort", "ABORTED"),
    (16, "APPROVED ACTIVE PAUSED", "reopen", "DRAFT"),
    (17, "PAUSED", "resume", "ACTIVE"),
    (18, OPEN_PLANS, "transfer", SAME),
    (18, OPEN_PLANS, "accept", SAME),
    (19, CLOSED_PLANS, "late_result", SAME),
]
NEW_REVISION = {
    ("DRAFT", "edit"),
    ("APPROVED", "edit"),
    ("APPROVED", "approval_lapse"),
    ("APPROVED", "reopen"),
    ("ACTIVE", "reopen"),
    ("PAUSED", "reopen"),
}

UNSENT = "PENDING PENDING_APPROVAL READY RETRY_WAIT"
WELL = "DONE AUTO_EXECUTED"
STEP_ROWS = [
    ("PENDING", "ready", "READY PENDING_APPROVAL"),
    ("PENDING_APPROVAL", "approve_step", "READY"),
    ("PENDING_APPROVAL", "endorse_step", "PENDING_APPROVAL"),
    ("PENDING_APPROVAL", "reject_step", "SKIPPED"),
    ("READY", "approval_lapse", "PENDING_APPROVAL"),
    ("READY", "start", "RUNNING"),
    ("READY", "defer", "READY"),
    ("READY", "escalate", "PENDING_APPROVAL"),
    (UNSENT, "overdue", "FAILED"),
    ("PENDING", "prereq_unmet", "SKIPPED FAILED"),
    ("RUNNING", "succeed", WELL),
    ("RUNNING", "dispatched", "AWAITING_OUTCOME"),
    ("RUNNING", "fail_retryable", "RETRY_WAIT"),
    ("RUNNING", "fail", "FAILED"),
    ("RUNNING", "crash", "IN_DOUBT"),
    ("AWAITING_OUTCOME", "outcome_ok", WELL),
    ("AWAITING_OUTCOME", "outcome_retry", "RETRY_WAIT"),
    ("AWAITING_OUTCOME", "outcome_bad", "FAILED"),
    ("AWAITING_OUTCOME", "outcome_timeout", "RETRY_WAIT FAILED"),
    ("IN_DOUBT", "reconcile_ok", WELL + " AWAITING_OUTCOME"),
    ("IN_DOUBT", "reconcile_bad", "FAILED"),
    ("IN_DOUBT", "reconcile_not_sent", "PENDING"),
    ("RETRY_WAIT", "retry_due", "PENDING"),
    (UNSENT + " FAILED", "outcome_ok", "DONE"),
    ("FAILED", "manual_retry", "PENDING"),
    (UNSENT + " FAILED", "skip", "SKIPPED"),
    (UNSENT, "plan_closed", "CANCELLED"),
    (UNSENT, "plan_reopened", "PENDING"),
]

PLAN_TERMS = """
propose | proposer human | gate_not_deny no_open_machine_plan | proposed
edit | owner editor proposer_after_send_back | gate_not_deny | edited answered_send_back
send_back | approver | reason_sentence | sent_back
reject | owner editor approver | reason_sentence | discarded rejected erased
endorse | required_authority | digests_as_seen gate_not_deny separation_of_duties | endorsed
approve | required_authority policy_low_only | digests_as_seen gate_not_deny separation_of_duties last_of_n \
    | approved approved_by_policy
expire | orchestrator | past_expires_at objective_not_met_in_time | window_passed
edit | owner editor | gate_not_deny | edited
approval_lapse | orchestrator | approval_void \
    | ttl_passed approver_gone policy_changed owner_changed context_changed
activate | orchestrator \
    | gate_not_deny authority_given approvals_valid slot_free no_failed_step_that_pauses | activated
moot | orchestrator | objective_met completed_only_if_ever_active | moot objective_met
abort | owner approver operator policy orchestrator | | cancelled policy lost erased
pause | owner approver operator policy orchestrator | | human policy failure owner_changed kill_switch
complete | orchestrator | nothing_in_flight_or_past_expires_at objective_met_or_required_steps_settled \
    | objective_met all_steps_done
abort | owner approver operator policy orchestrator | | cancelled policy failure lost nothing_done orphaned erased
reopen | approver policy | nothing_in_flight | steps_added replan extended withdrawn
resume | owner_if_owner_paused approver \
    | gate_not_deny authority_given approvals_stand slot_free no_failed_step_that_pauses | resumed
transfer | approver revops | | owner_changed transferred
accept | new_owner | | accepted
late_result | connector | | late_result
"""
"""Of each row of the plan table: the event, who takes it, under which guards, and with which reasons."""
STEP_TERMS = """
ready | plan_active not_expired dependencies_settled within_approval_lead
approve_step | authority digest_as_rendered
endorse_step | authority digest_as_rendered
reject_step | authority digest_as_rendered
approval_lapse | step_approval_ttl_passed
start | plan_active in_window dependencies_settled account_not_held gate_step idempotency_key
defer | plan_active gate_waits
escalate | plan_active gate_soft_at_step
overdue | past_due_by
prereq_unmet | dependency_impossible failed_if_required
succeed | auto_ends_auto_executed
dispatched |
fail_retryable | attempts_left
fail |
crash |
outcome_ok |
outcome_retry | outcome_retryable attempts_left
outcome_bad |
outcome_timeout | as_the_action_says
reconcile_ok | awaits_where_the_action_awaits
reconcile_bad |
reconcile_not_sent |
retry_due | back_off_passed plan_active
outcome_ok | attempted_before
manual_retry | human attempts_left
skip | reason required_needs_approver
plan_closed | plan_closed
plan_reopened | plan_in_draft
"""


def terms(text):
    return [[part.split() for part in line.split("|")] for line in text.strip().split("\n")]


PLAN_EDGES = {
    (None if source == "-" else PlanStatus(source), PlanEvent(event)): to.split()
    for _, sources, event, to in PLAN_ROWS
    for source in sources.split()
}
STEP_EDGES = {
    (StepStatus(source), StepEvent(event)): to.split() for sources, event, to in STEP_ROWS for source in sources.split()
}


def test_a_plan_has_exactly_seven_states():
    assert [status.value for status in PlanStatus] == (OPEN_PLANS + " " + CLOSED_PLANS).split()


@pytest.mark.parametrize(("number", "sources", "event", "to"), PLAN_ROWS)
def test_the_plan_table_holds_each_row_of_the_design(number, sources, event, to):
    for source in sources.split():
        status = None if source == "-" else PlanStatus(source)
        move = plan_move(PlanEvent(event), status)
        assert [target.value for target in move.targets] == ([] if to == SAME else to.split())
        assert move.new_revision == ((source, event) in NEW_REVISION)
        assert move.actors
        for target in to.split():
            end = status if target == SAME else PlanStatus(target)
            assert plan_target(PlanEvent(event), status, None if target == SAME else end) is end


@pytest.mark.parametrize(("sources", "event", "to"), STEP_ROWS)
def test_the_step_table_holds_each_row_of_the_design(sources, event, to):
    for source in sources.split():
        assert [target.value for target in step_move(StepEvent(event), StepStatus(source)).targets] == to.split()
        for target in to.split():
            end = step_target(StepEvent(event), StepStatus(source), StepStatus(target), plan=PlanStatus.ACTIVE)
            assert end is StepStatus(target)


def test_each_row_of_the_plan_table_says_who_under_which_guards_and_why():
    assert terms(PLAN_TERMS) == [
        [[move.event], list(move.actors), list(move.guards), list(move.reasons)] for move in PLAN_MOVES
    ]


def test_each_row_of_the_step_table_says_under_which_guards():
    assert terms(STEP_TERMS) == [[[move.event], list(move.guards)] for move in STEP_MOVES]


def test_the_families_of_states_are_those_of_the_design():
    def steps(words):
        return {StepStatus(word) for word in words.split()}

    assert {PlanStatus(word) for word in OPEN_PLANS.split()} == OPEN
    assert {PlanStatus(word) for word in CLOSED_PLANS.split()} == CLOSED
    assert steps(UNSENT) == lifecycle.UNSENT
    assert steps(WELL) == SUCCEEDED
    assert steps(WELL + " SKIPPED FAILED CANCELLED") == SETTLED
    assert steps("RUNNING IN_DOUBT") == IN_FLIGHT
    assert steps("RUNNING IN_DOUBT AWAITING_OUTCOME " + WELL) == SENT


def test_a_move_with_several_ends_takes_the_first_where_nobody_chooses():
    assert plan_target(PlanEvent.MOOT, PlanStatus.DRAFT) is PlanStatus.ABORTED
    assert step_target(StepEvent.READY, StepStatus.PENDING, plan=PlanStatus.ACTIVE) is StepStatus.READY


def test_no_pair_of_status_and_event_stands_in_two_rows():
    plan_pairs = [(s, m.event) for m in PLAN_MOVES for s in m.sources]
    step_pairs = [(s, m.event) for m in STEP_MOVES for s in m.sources]
    assert len(plan_pairs) == len(set(plan_pairs)) == len(PLAN_EDGES)
    assert len(step_pairs) == len(set(step_pairs)) == len(STEP_EDGES)


def test_every_other_move_of_a_plan_is_illegal():
    for status, event in itertools.product((None, *PlanStatus), PlanEvent):
        if (status, event) not in PLAN_EDGES:
            with pytest.raises(IllegalMoveError, match=f"^{event} is not possible: "):
                plan_target(event, status)


def test_every_other_move_of_a_step_is_illegal():
    for status, event in itertools.product(StepStatus, StepEvent):
        if (status, event) not in STEP_EDGES:
            with pytest.raises(IllegalMoveError, match=f"^{event} is not possible: the step is {status}"):
                step_target(event, status, plan=PlanStatus.ACTIVE)


def test_no_move_ends_where_its_row_does_not():
    for (status, event), to in PLAN_EDGES.items():
        for wrong in set(PlanStatus) - set(to):
            if to != [SAME]:
                with pytest.raises(IllegalMoveError, match="cannot end in"):
                    plan_target(event, status, wrong)
    for (status, event), to in STEP_EDGES.items():
        for wrong in set(StepStatus) - set(to):
            with pytest.raises(IllegalMoveError, match="cannot end in"):
                step_target(event, status, wrong, plan=PlanStatus.ACTIVE)


def test_a_refusal_says_what_is_possible():
    with pytest.raises(IllegalMoveError) as refused:
        plan_target(PlanEvent.RESUME, PlanStatus.DRAFT)
    assert str(refused.value) == (
        "resume is not possible: the plan is DRAFT; possible now: accept, approve, edit, endorse, expire, moot, "
        "reject, send_back, transfer"
    )
    with pytest.raises(IllegalMoveError, match="the step is CANCELLED; possible now: nothing"):
        step_target(StepEvent.START, StepStatus.CANCELLED, plan=PlanStatus.ACTIVE)


@pytest.mark.parametrize(
    ("plan", "lands"),
    [
        (PlanStatus.DRAFT, StepStatus.PENDING),
        (PlanStatus.APPROVED, StepStatus.PENDING),
        (PlanStatus.ACTIVE, None),
        (PlanStatus.PAUSED, None),
        (PlanStatus.COMPLETED, StepStatus.CANCELLED),
        (PlanStatus.ABORTED, StepStatus.CANCELLED),
        (PlanStatus.EXPIRED, StepStatus.CANCELLED),
    ],
)
def test_a_result_lands_whatever_the_plan_does(plan, lands):
    for (status, event), to in STEP_EDGES.items():
        for target in map(StepStatus, to):
            unsettled_result = event in RESULT_EVENTS and target not in SETTLED
            expected = lands if lands is not None and unsettled_result else target
            assert step_target(event, status, target, plan=plan) is expected


def test_results_are_what_the_world_answers_and_nothing_that_a_person_or_time_does():
    world = {event for (status, event) in STEP_EDGES if status.value in {"RUNNING", "AWAITING_OUTCOME", "IN_DOUBT"}}
    assert world == RESULT_EVENTS


def test_no_machine_approves_resumes_reopens_or_transfers():
    machines = {"orchestrator", "connector", "proposer"}
    for event in (PlanEvent.APPROVE, PlanEvent.ENDORSE, PlanEvent.RESUME, PlanEvent.REOPEN, PlanEvent.TRANSFER):
        for row in PLAN_MOVES:
            if row.event is event:
                assert not machines & set(row.actors)


def test_a_closed_plan_keeps_its_status():
    for status in CLOSED:
        assert [event for event in PlanEvent if (status, event) in PLAN_EDGES] == [PlanEvent.LATE_RESULT]


def test_only_an_auto_step_ends_auto_executed():
    assert {a: success_status(a).value for a in Approval} == {
        Approval.AUTO: "AUTO_EXECUTED",
        Approval.APPROVE: "DONE",
        Approval.DRAFT: "DONE",
        Approval.TASK: "DONE",
    }


def test_a_step_that_a_person_approves_gets_ready_by_asking():
    assert {a: ready_status(a).value for a in Approval} == {
        Approval.AUTO: "READY",
        Approval.APPROVE: "PENDING_APPROVAL",
        Approval.DRAFT: "PENDING_APPROVAL",
        Approval.TASK: "READY",
    }
