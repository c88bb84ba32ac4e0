"""However many tick the same plans at once, nothing is committed twice."""

import pytest

from tests.chaos.exclusivity import doubles, exclusivity


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_two_ticks_of_a_plan_commit_from_the_same_version(kind):
    report = exclusivity(kind, seed=1, plans=4, commits=80)
    assert report.commits >= 80
    assert (report.doubles, report.findings) == ([], [])


@pytest.mark.parametrize("what", [{"from": 4}, {"seqs": [9]}, {"fence": 2}])
def test_a_double_commit_would_be_counted(what):
    one = {"plan": "p", "from": 4, "seqs": [8, 9], "fence": 2}
    other = {"plan": "p", "from": 5, "seqs": [10], "fence": 3}
    assert doubles([one, other]) == []
    assert len(doubles([one, other | what])) == 1
