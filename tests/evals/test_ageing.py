"""Only a real model's recordings age."""

from datetime import timedelta

from evals.ageing import aged
from evals.manifest import read_manifest

AUTHORED = read_manifest().entries[0]
REAL = AUTHORED.model_copy(update={"source": "claude", "model": "claude-sonnet-5-5"})


def test_a_real_recording_is_warned_about_after_ninety_days_and_not_before():
    made = REAL.recorded_at
    assert aged([REAL], made + timedelta(days=90)) == []
    (line,) = aged([REAL], made + timedelta(days=91))
    assert "is 91 days old; record it again: python -m evals record" in line


def test_an_authored_answer_does_not_age():
    assert aged([AUTHORED], AUTHORED.recorded_at + timedelta(days=3650)) == []
