"""Faults that no test can notice, each with the reason; the run compares this list with what survived."""

EQUIVALENT: dict[str, str] = {}
