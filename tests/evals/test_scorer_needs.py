"""What steps need of each other, in the smallest plans that show it."""

import pytest

from evals.scorers.needs import unjustified, unmet

GOOD, BAD = ("meet", "BOOKED"), ("meet", "DECLINED")


@pytest.mark.parametrize(
    ("given", "met"),
    [
        ([], False),
        ([{GOOD}], True),
        ([{BAD}], False),
        ([{GOOD, BAD}], False),
        ([{GOOD, BAD}, {GOOD}], True),
        ([set()], False),
    ],
)
def test_a_need_is_met_where_each_way_in_which_something_may_end_will_do(given, met):
    need = frozenset({GOOD, ("call", "ANSWERED")})
    assert unmet([need], map(frozenset, given)) == ([] if met else [need])


def test_needs_are_told_in_their_order_and_each_is_looked_at_with_all_that_is_given():
    needs = [frozenset({name}) for name in "abc"]
    assert unmet(needs, iter([frozenset("b")])) == [frozenset("a"), frozenset("c")]


@pytest.mark.parametrize(
    ("needs", "wanted", "left"),
    [
        ({}, "", ""),
        ({"a": "", "b": "a", "c": "b"}, "c", ""),
        ({"a": "", "b": "a", "c": "b"}, "b", "c"),
        ({"a": "", "b": "a", "c": "b"}, "", "abc"),
        ({"a": "b", "b": "a", "c": ""}, "c", "ab"),
        ({"a": "b", "b": "a", "c": ""}, "a", "c"),
    ],
)
def test_a_step_is_justified_where_it_is_wanted_or_one_that_is_needs_it(needs, wanted, left):
    assert unjustified(needs, wanted) == set(left)
