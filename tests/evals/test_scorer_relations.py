"""What must stay between the scores of two answers that differ in a known way, whatever the answers are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.cases import case_of
from evals.scorers import SCORERS, gated_quality, quality, scores_of, similarity
from evals.treatments import TREATS, treatable
from evals.trying import scripted
from plan import NoPlan, NoPlanReason, Proposal
from tests.evals.samples import CASE, PLAN, answer, decline, on, step

DEMO = map(case_of, ("aurora", "brixton", "jarrow", "lomond"))
BASES = [(CASE, PLAN)] + [(case, scripted(case).outcome) for case in DEMO]
days = st.integers(0, 120)
bases = st.sampled_from(BASES)
some = settings(max_examples=40)


@st.composite
def plans(draw, base=bases):
    """Draw a case and a plan for it: a good one, with some steps left out, moved, cut loose or resting on other things."""
    case, good = draw(base)
    known = sorted(case.request.situation.evidence_ids())
    gone, steps = draw(st.sets(st.sampled_from([s.key for s in good.steps]), max_size=3)), []
    for old in good.steps:
        if old.key not in gone:
            update = {"depends_on": tuple(need for need in old.depends_on if need.key not in gone)}
            if draw(st.booleans()):
                update["start_day"] = draw(days)
            if draw(st.booleans()):
                update["evidence"] = tuple(draw(st.lists(st.sampled_from(known), max_size=3, unique=True)))
            if draw(st.integers(0, 3)) == 0:
                update["depends_on"] = ()
            steps.append(old.model_copy(update=update))
    return case, good.model_copy(update={"steps": tuple(steps)})


def marks(case, outcome):
    """Return what every scorer says, but the words."""
    return {s.name: (s.value, s.passed, s.hard, len(s.messages)) for s in scores_of(answer(outcome, case), case)}


def value(name, case, outcome):
    return SCORERS[name](answer(outcome, case), case).value


@some
@given(plans(), st.randoms())
def test_the_order_of_the_steps_changes_no_score(drawn, lots):
    case, outcome = drawn
    steps = list(outcome.steps)
    lots.shuffle(steps)
    assert marks(case, outcome.model_copy(update={"steps": tuple(steps)})) == marks(case, outcome)


@some
@given(plans(), st.integers(1, 99))
def test_the_names_of_the_steps_change_no_score(drawn, number):
    case, outcome = drawn
    names = {s.key: f"k{number}_{place}" for place, s in enumerate(reversed(outcome.steps))}
    steps = [
        s.model_copy(
            update={
                "key": names[s.key],
                "depends_on": tuple(need.model_copy(update={"key": names[need.key]}) for need in s.depends_on),
            }
        )
        for s in outcome.steps
    ]
    assert marks(case, outcome.model_copy(update={"steps": tuple(steps)})) == marks(case, outcome)


def but(outcome: Proposal, place: int, **update) -> Proposal:
    """Return a plan with one of its steps changed."""
    at = place % len(outcome.steps)
    steps = [s.model_copy(update=update) if n == at else s for n, s in enumerate(outcome.steps)]
    return outcome.model_copy(update={"steps": tuple(steps)})


@some
@given(plans(), st.integers(0, 20))
def test_to_cite_what_is_not_there_never_helps_and_never_passes(drawn, place):
    case, outcome = drawn
    old = outcome.steps[place % len(outcome.steps)]
    ghost = but(outcome, place, evidence=(*old.evidence, "ghost"))
    before, after = marks(case, outcome), marks(case, ghost)
    assert all(after[name][0] <= before[name][0] for name in before)
    assert not after["grounding"][1]


@some
@given(plans(st.just(BASES[0])), st.integers(0, 20), days)
def test_a_later_start_never_helps_timing(drawn, place, more):
    case, outcome = drawn
    old = outcome.steps[place % len(outcome.steps)]
    later = but(outcome, place, start_day=old.start_day + more)
    assert value("timing", case, later) <= value("timing", case, outcome)


@some
@given(plans(), st.data())
def test_a_step_that_treats_another_signal_never_lowers_coverage(drawn, data):
    case, outcome = drawn
    able = [s for s in case.request.situation.signals if treatable(s, case.request)]
    treated = data.draw(st.sampled_from(able))
    action = data.draw(st.sampled_from([name for name, types in TREATS.items() if treated.type in types]))
    more = outcome.model_copy(update={"steps": (*outcome.steps, step("more", action, 1, treated.signal_id))})
    assert value("coverage", case, more) >= value("coverage", case, outcome)


@some
@given(plans(), st.integers(0, 20))
def test_to_leave_a_step_out_never_raises_coverage(drawn, place):
    case, outcome = drawn
    gone = outcome.steps[place % len(outcome.steps)].key
    fewer = outcome.model_copy(update={"steps": tuple(s for s in outcome.steps if s.key != gone)})
    assert value("coverage", case, fewer) <= value("coverage", case, outcome)


@some
@given(plans(), st.integers(0, 20))
def test_to_do_a_thing_twice_never_helps(drawn, place):
    case, outcome = drawn
    again = outcome.steps[place % len(outcome.steps)].model_copy(update={"key": "again"})
    twice = outcome.model_copy(update={"steps": (*outcome.steps, again)})
    assert not SCORERS["parsimony"](answer(twice, case), case).passed
    assert value("coverage", case, twice) == value("coverage", case, outcome)


@some
@given(plans(), st.integers(0, 20), st.integers(0, 20))
def test_to_wait_for_what_waits_for_it_is_no_order(drawn, one, other):
    case, outcome = drawn
    first, second = (outcome.steps[place % len(outcome.steps)].key for place in (one, other))
    circle = but(but(outcome, one, depends_on=on(second)), other, depends_on=on(first))
    assert value("dependency", case, circle) == 0


outcomes = plans().map(lambda drawn: drawn[1]) | st.sampled_from(list(NoPlanReason)).map(decline)


@some
@given(outcomes, outcomes)
def test_likeness_is_the_same_from_both_sides_and_nothing_is_more_alike_than_the_same(one, other):
    like = similarity(one, other)
    assert like == similarity(other, one)
    assert 0 <= like <= similarity(one, one) + 1e-9
    assert abs(similarity(one, one) - 1) < 1e-9


@some
@given(bases, outcomes)
def test_every_score_lies_between_nothing_and_one_and_says_why_it_is_less(base, outcome):
    case = base[0]
    told = scores_of(answer(outcome, case), case)
    assert [s.name for s in told] == [name for name in SCORERS if name in {s.name for s in told}]
    assert all(0 <= s.value <= 1 and (s.value == 1 or s.messages or not getattr(outcome, "steps", 1)) for s in told)
    assert 0 <= gated_quality(told) <= quality(told) <= 1
    assert quality(told) == 0 or not isinstance(outcome, NoPlan)
