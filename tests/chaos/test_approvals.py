"""An approval reaches what its giver saw and nothing else, however often and wherever it is sent."""

import pytest

from tests.chaos.approvals import approvals


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_approvals_sent_again_late_and_astray_reach_only_what_was_seen(kind):
    report = approvals(kind, seed=2, plans=4, count=80, restarts=1)
    assert report.again.total() >= 80
    assert report.landed
    assert report.findings == []
