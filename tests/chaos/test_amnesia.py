"""Whoever throws the queue away in the middle loses nothing: it is made again from the domain's own rows."""

import pytest

from tests.chaos.campaign import campaign
from tests.chaos.world import Faults


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_twelve_plans_end_and_every_effect_is_applied_once_though_the_queue_is_lost_three_times(kind):
    report = campaign(kind, 1, 12, harm=None, faults=Faults(), forget=3)
    assert report.forgotten == 3
    assert report.findings == []
    assert report.endings.total() == 12
    assert report.repeats <= report.kills
