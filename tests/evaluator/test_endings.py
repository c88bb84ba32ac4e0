"""Whether a plan is over: the verdict from facts, steps and time."""

from datetime import timedelta

import pytest

from evaluator import Ending, EvaluatorError, evaluate
from plan import CLOSED, OnFailure, PlanStatus, PlanType, StepStatus, spec_of
from tests.evaluator.samples import TICK, active, retained, status
from tests.plan.samples import DEADLINE, plan, step, steps

S = StepStatus
MET = (status(), retained())
LOST = (status("CLOSED_LOST"),)
RUNS = [PlanStatus.ACTIVE, PlanStatus.PAUSED]
WAITS = [PlanStatus.DRAFT, PlanStatus.APPROVED]


def verdict(told, facts=(), now=DEADLINE):
    found = evaluate(told, facts, now)
    return found.ending, found.reason


GOES_ON = (Ending.GOES_ON, "goes_on")
IN_FLIGHT = (Ending.GOES_ON, "waits_for_step_in_flight")
OBJECTIVE_MET = (Ending.COMPLETE, "objective_met")
ALL_STEPS_DONE = (Ending.COMPLETE, "all_steps_done")
EXPIRED = (Ending.EXPIRE, "window_passed")


@pytest.mark.parametrize("where", [*WAITS, *RUNS])
def test_a_plan_goes_on_to_the_last_microsecond_of_its_window_and_expires_after_it(where):
    assert verdict(active(status=where)) == GOES_ON
    assert verdict(active(status=where), now=DEADLINE + TICK) == EXPIRED


@pytest.mark.parametrize("where", RUNS)
def test_a_running_plan_whose_objective_is_met_completes(where):
    assert verdict(active(status=where), MET) == OBJECTIVE_MET


@pytest.mark.parametrize("where", WAITS)
def test_a_plan_whose_objective_is_met_before_it_starts_is_moot(where):
    assert verdict(active(status=where), MET) == (Ending.MOOT, "moot")
    assert verdict(active(S.RUNNING, status=where), MET) == (Ending.MOOT, "moot")


@pytest.mark.parametrize("where", RUNS)
def test_met_and_expired_in_one_tick_the_facts_decide(where):
    late = DEADLINE + timedelta(days=2)
    assert verdict(active(status=where), MET, late) == OBJECTIVE_MET
    just = (status(effective=DEADLINE), retained(effective=DEADLINE))
    assert verdict(active(status=where), just, late) == OBJECTIVE_MET
    too_late = (status(effective=DEADLINE, recorded=DEADLINE + TICK), retained())
    assert verdict(active(status=where), too_late, late) == EXPIRED


def test_met_and_expired_before_the_start_is_moot():
    assert verdict(plan(), MET, DEADLINE + TICK) == (Ending.MOOT, "moot")


@pytest.mark.parametrize("flight", [S.RUNNING, S.IN_DOUBT])
@pytest.mark.parametrize("where", RUNS)
def test_a_step_in_flight_holds_a_met_plan_until_its_window_ends(where, flight):
    told = active(S.DONE, S.PENDING, flight, status=where)
    assert verdict(told, MET) == IN_FLIGHT
    assert verdict(told, MET, DEADLINE + TICK) == OBJECTIVE_MET


def test_a_step_that_only_awaits_its_outcome_holds_no_met_plan():
    assert verdict(active(S.DONE, S.AWAITING_OUTCOME), MET) == OBJECTIVE_MET


def test_a_step_in_flight_does_not_keep_an_expired_plan():
    assert verdict(active(S.RUNNING, S.IN_DOUBT), now=DEADLINE + TICK) == EXPIRED


@pytest.mark.parametrize("where", [PlanStatus.APPROVED, *RUNS])
@pytest.mark.parametrize("first", [S.PENDING, S.RUNNING, S.DONE])
def test_a_lost_contract_aborts_whatever_runs(where, first):
    assert verdict(active(first, status=where), LOST) == (Ending.ABORT, "lost")
    assert verdict(active(first, status=where), LOST, DEADLINE + TICK) == (Ending.ABORT, "lost")


def test_a_draft_whose_contract_is_lost_goes_on_to_its_end_or_its_reviewer():
    assert verdict(plan(), LOST) == GOES_ON
    assert verdict(plan(), LOST, DEADLINE + TICK) == EXPIRED


def test_one_lost_contract_of_several_loses_the_defence():
    told = active(subject=("k-1", "k-2"))
    assert verdict(told, (*MET, status("CLOSED_LOST", "f-2", subject_id="k-2"))) == (Ending.ABORT, "lost")


def test_a_loss_that_nobody_trusted_reports_or_that_was_taken_back_does_not_count():
    assert verdict(active(), (status("CLOSED_LOST", source="rumour"),)) == GOES_ON
    back = status("OPEN", "f-9", recorded=DEADLINE)
    assert verdict(active(), (*LOST, back)) == GOES_ON


@pytest.mark.parametrize("where", sorted(CLOSED))
def test_a_closed_plan_gets_no_second_ending(where):
    for facts in ((), MET, LOST):
        assert verdict(active(S.DONE, S.DONE, status=where), facts, DEADLINE + TICK) == GOES_ON


OPEN_STEPS = [S.PENDING, S.PENDING_APPROVAL, S.READY, S.AWAITING_OUTCOME, S.RETRY_WAIT]


@pytest.mark.parametrize("where", RUNS)
@pytest.mark.parametrize("last", [S.DONE, S.AUTO_EXECUTED, S.SKIPPED, S.CANCELLED])
def test_a_plan_whose_required_steps_have_ended_completes(where, last):
    assert verdict(active(S.DONE, last, status=where)) == ALL_STEPS_DONE
    assert verdict(active(S.AUTO_EXECUTED, last, status=where)) == ALL_STEPS_DONE


@pytest.mark.parametrize("last", OPEN_STEPS)
def test_a_required_step_that_has_not_ended_keeps_the_plan_going(last):
    assert verdict(active(S.DONE, last)) == GOES_ON


@pytest.mark.parametrize("last", [S.RUNNING, S.IN_DOUBT])
def test_a_required_step_in_flight_has_not_ended(last):
    assert verdict(active(S.DONE, last)) == GOES_ON


@pytest.mark.parametrize("where", WAITS)
def test_a_plan_that_does_not_run_never_ends_by_its_steps(where):
    assert verdict(active(S.DONE, S.DONE, status=where)) == GOES_ON


@pytest.mark.parametrize("optional", [*OPEN_STEPS, S.DONE, S.FAILED, S.SKIPPED])
def test_an_optional_step_never_keeps_a_plan_open(optional):
    assert verdict(active(S.DONE, S.DONE, optional)) == ALL_STEPS_DONE


@pytest.mark.parametrize("optional", [S.RUNNING, S.IN_DOUBT])
def test_an_optional_step_in_flight_is_waited_for(optional):
    assert verdict(active(S.DONE, S.DONE, optional)) == IN_FLIGHT
    assert verdict(active(S.DONE, S.DONE, optional), now=DEADLINE + TICK) == EXPIRED


def test_a_plan_of_which_nothing_required_was_done_is_aborted():
    assert verdict(active(S.SKIPPED, S.SKIPPED)) == (Ending.ABORT, "nothing_done")
    assert verdict(active(S.SKIPPED, S.SKIPPED, S.DONE)) == (Ending.ABORT, "nothing_done")
    assert verdict(active(S.SKIPPED, S.DONE)) == ALL_STEPS_DONE


@pytest.mark.parametrize(
    ("action_type", "required", "ends"),
    [
        ("MAP_STAKEHOLDERS", True, True),
        ("CONFIRM_RENEWAL_OWNER", True, False),
        ("PREP_RENEWAL_BRIEF", True, False),
        ("DANCE", True, False),
    ],
)
def test_a_failed_required_step_ends_a_plan_only_where_its_action_shrugs_it_off(action_type, required, ends):
    failed = step(7, "MAP_STAKEHOLDERS", status=S.FAILED, required=required).model_copy(
        update={"action_type": action_type}
    )
    told = active(steps=(step(1, "PREP_RENEWAL_BRIEF", status=S.DONE), failed))
    assert verdict(told) == (ALL_STEPS_DONE if ends else GOES_ON)


def test_the_actions_of_that_test_fail_as_it_says():
    assert spec_of("MAP_STAKEHOLDERS").on_failure is OnFailure.CONTINUE
    assert spec_of("CONFIRM_RENEWAL_OWNER").on_failure is OnFailure.PAUSE
    assert spec_of("PREP_RENEWAL_BRIEF").on_failure is OnFailure.SKIP


def test_where_no_step_is_required_every_step_must_end():
    def optional(*statuses):
        return active(
            steps=tuple(
                s.model_copy(update={"required": False, "status": at}) for s, at in zip(steps(), statuses, strict=True)
            )
        )

    assert verdict(optional(S.DONE, S.PENDING, S.PENDING)) == GOES_ON
    assert verdict(optional(S.DONE, S.SKIPPED, S.FAILED)) == ALL_STEPS_DONE
    assert verdict(optional(S.FAILED, S.SKIPPED, S.SKIPPED)) == (Ending.ABORT, "nothing_done")
    assert verdict(optional(S.DONE, S.FAILED, S.SKIPPED)) == ALL_STEPS_DONE, "an optional step never holds a plan"


def test_a_plan_without_steps_has_done_nothing():
    assert verdict(active(steps=())) == (Ending.ABORT, "nothing_done")


def test_all_steps_done_is_not_success():
    found = evaluate(active(S.DONE, S.DONE), [], DEADLINE)
    assert found.ending is Ending.COMPLETE
    assert not found.objective_met


def test_the_objective_is_read_whatever_the_verdict():
    held = evaluate(active(S.RUNNING), MET, DEADLINE)
    assert held.objective_met
    assert held.ending is Ending.GOES_ON
    assert evaluate(active(status=PlanStatus.COMPLETED), MET, DEADLINE).objective_met


@pytest.mark.parametrize("kind", [PlanType.EXPANSION, PlanType.PIPELINE_CREATION])
def test_a_plan_type_without_an_objective_cannot_be_evaluated(kind):
    with pytest.raises(EvaluatorError) as refused:
        evaluate(plan(plan_type=kind), [], DEADLINE)
    assert str(refused.value) == f"{kind} has no objective to evaluate; evaluate one of: RENEWAL_DEFENSE"
