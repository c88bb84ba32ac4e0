"""What the gate was told comes back as it was: the same question gives the same answer."""

import pytest

from gate import BadRecordingError, Phase, Recording, check, inputs_text, read_inputs, read_recording, recording_text
from plan import digest_bytes
from tests import builders
from tests.gate.bases import made
from tests.gate.cases import CASES
from tests.house import MONDAY


@pytest.mark.parametrize("case", list(CASES), ids=lambda case: case.name)
def test_recorded_inputs_are_judged_as_they_were(case):
    now = MONDAY + case.after
    before = check(case.plan, case.context, case.policy, phase=case.phase, now=now)
    text = inputs_text(case.plan, case.context, now)
    assert digest_bytes(text.encode()) == before.inputs_digest
    asked = read_inputs(text, case.phase)
    after = check(asked.plan, asked.context, case.policy, phase=asked.phase, now=asked.now)
    assert after.digest == before.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"plan": 1}', "sha256:" + "0" * 64])
def test_what_is_no_recording_gives_one_clear_line(text):
    for read in (lambda: read_inputs(text, Phase.STEP), lambda: read_recording(text)):
        with pytest.raises(BadRecordingError) as told:
            read()
        assert "\n" not in str(told.value)


def test_a_saved_recording_is_read_as_it_was():
    asked = Recording(plan=builders.plan(), context=builders.context(), phase=Phase.STEP, now=MONDAY)
    assert read_recording(recording_text(asked)) == asked


def test_the_questions_that_ship_come_from_a_plan_of_the_playbook():
    from gate import built_in_bases

    fresh = {name: read_recording(text) for name, text in made().items()}
    shipped = built_in_bases()
    assert set(shipped) == set(fresh)
    for name, asked in shipped.items():
        assert asked.phase is fresh[name].phase
        assert [s.action_type for s in asked.plan.steps] == [s.action_type for s in fresh[name].plan.steps]
