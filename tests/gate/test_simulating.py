"""What another bundle would have said."""

import pytest

from gate import Asked, BadRecordingError, Phase, default_bundle, simulate
from gate.judging import weigh
from gate.view import View
from tests import builders
from tests.bench.simulation import recorded
from tests.house import MONDAY

CURRENT = default_bundle()


def changed(**fields):
    return type(CURRENT).model_validate(CURRENT.model_dump(mode="json") | fields)


def test_the_same_bundle_moves_nothing():
    found = simulate(recorded(6), CURRENT, CURRENT)
    assert (found.judged, found.hit, found.hits) == (6, 0, ())


def test_a_tighter_bundle_denies_what_the_other_asks():
    found = simulate(recorded(25), CURRENT, changed(max_steps=3))
    assert found.judged == found.hit == 25
    assert found.moved == {"ASK -> DENY": 25}
    assert found.appeared == {"PG010 HARD": 25}
    assert found.vanished == {}
    assert len(found.hits) == 20
    assert found.hits[0].account_id == "acme"


def test_back_again_the_codes_vanish():
    found = simulate(recorded(4), changed(max_steps=3), CURRENT)
    assert found.moved == {"DENY -> ASK": 4}
    assert found.vanished == {"PG010 HARD": 4}


def test_a_raised_authority_is_a_change_although_no_verdict_moves():
    asked = CURRENT.model_dump(mode="json")["authority"]
    asked["MEDIUM"] |= {"persons": 2}
    asked["HIGH"] |= {"persons": 3, "two_persons_above_minor": None}
    asked["LOW"] |= {"persons": 2}
    found = simulate(recorded(3), CURRENT, changed(authority=asked))
    assert found.moved == {}
    assert sum(found.authority.values()) == 3
    assert all(" -> " in name for name in found.authority)


def test_progress_is_told_question_by_question():
    heard = []
    simulate(recorded(3), CURRENT, CURRENT, heard.append)
    assert heard == [1, 2, 3]


def test_a_text_that_is_no_question_is_refused():
    with pytest.raises(BadRecordingError):
        simulate([Asked(address="plan/x#1", phase=Phase.PROPOSE, text="sha256:0")], CURRENT, CURRENT)


@pytest.mark.parametrize("phase", [Phase.PROPOSE, Phase.APPROVE])
def test_a_question_put_again_under_another_bundle_is_answered_as_if_it_were_new(phase):
    """What a view has worked out is taken along only where no policy has a say in it."""
    risky = CURRENT.model_dump(mode="json")["actions"]
    risky["RENEWAL_DEFENSE"]["NOTIFY_ACCOUNT_TEAM"]["risk"] = "HIGH"
    for new in (changed(max_steps=2), changed(actions=risky), changed(max_plan_bytes=1024, max_text_chars=100)):
        first = View(builders.plan(), builders.context(), CURRENT, phase=phase, now=MONDAY)
        weigh(first)
        assert weigh(first.under(new)) == weigh(View(first.plan, first.context, new, phase=phase, now=MONDAY))
        assert weigh(first.under(new)) != weigh(first)
