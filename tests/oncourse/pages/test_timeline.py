from datetime import timedelta

import pytest

from oncourse.web.pages.timeline import timeline
from tests.builders import plan


@pytest.mark.parametrize("days", [0, 3, 7, 8, 10, 20])
def test_no_day_on_the_axis_is_covered_by_the_mark_of_today(days):
    known = plan()
    chart = timeline(known, known.created_at + timedelta(days=days), "Europe/Berlin")
    gone = set(chart.ticks) - set(chart.labels)
    assert all(chart.today - 121 < one.left < chart.today + 61 for one in gone)
    assert not [one for one in chart.labels if -100 < one.left - chart.today < 40]
    assert len(chart.labels) >= len(chart.ticks) - 3


def test_a_plan_that_today_lies_outside_of_shows_every_day():
    known = plan()
    chart = timeline(known, known.expires_at + timedelta(days=400), "Europe/Berlin")
    assert chart.today is None
    assert chart.labels == chart.ticks
