import pytest

from orchestrator.landing import _answers
from plan import StepStatus, spec_of
from tests.builders import plan

SPEC = spec_of("REQUEST_RENEWAL_MEETING")
GOOD, BAD = SPEC.outcomes_ok[0], next(one for one in SPEC.outcomes if one not in SPEC.outcomes_ok)
DOUBT, AWAITED, FAILED = StepStatus.IN_DOUBT, StepStatus.AWAITING_OUTCOME, StepStatus.FAILED


@pytest.mark.parametrize(
    ("status", "attempts", "attempt", "outcome", "counts"),
    [
        (DOUBT, 1, None, GOOD, True),
        (DOUBT, 1, 1, BAD, True),
        (DOUBT, 2, 2, GOOD, True),
        (DOUBT, 2, 1, GOOD, False),
        (DOUBT, 2, None, GOOD, False),
        (DOUBT, 2, None, BAD, False),
        (DOUBT, 1, 2, GOOD, False),
        (AWAITED, 2, None, BAD, True),
        (AWAITED, 2, 2, BAD, True),
        (AWAITED, 2, 1, BAD, False),
        (AWAITED, 2, 1, GOOD, True),
        (FAILED, 2, 1, GOOD, True),
        (FAILED, 2, 1, BAD, False),
    ],
)
def test_an_outcome_counts_for_the_attempt_that_it_answers(status, attempts, attempt, outcome, counts):
    step = plan().steps[0].model_copy(update={"status": status, "attempts": attempts})
    assert _answers(step, SPEC, outcome, attempt) is counts
