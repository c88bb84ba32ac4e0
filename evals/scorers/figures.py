"""The figures of a text, and those that it may hold because something says so."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from agent import ProposalRequest
from evals.reading import last_instant, renews_on
from evals.scorers.evidence import rows_of
from plan import DEADLINE_DAYS, ProposedStep, Signal, days_between, find_spec

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FIGURE = re.compile(r"(?:(?<![\w.,])|(?<=\b[A-Z]{3}))\d+(?:[.,]\d{3}(?!\d))*(?:[.,]\d+)?")
_GROUPED = re.compile(r"[.,](?=\d{3}(?!\d))")
_DATED = ("observed_at", "opened_at", "at", "due_on", "renews_on")
Figure = Decimal | str
"""A number, or a date as `2026-06-30`."""


class KnownFigures:
    """What may stand in the texts of an answer to one request."""

    def __init__(self, request: ProposalRequest) -> None:
        known = request.situation
        calendar = self._calendar = known.tenant.calendar
        self._today = calendar.local_date(request.now)
        self._rows = rows_of(known)
        ids = "|".join(re.escape(ref) for ref in (*self._rows, *(c.contact_id for c in known.contacts)))
        self._ids = re.compile(rf"(?<![\w-])(?:{ids})(?![\w-])")
        days = [self._today, renews_on(request), last_instant(request)]
        families = (known.contracts, known.contacts, known.tickets, known.invoices, known.signals, known.history)
        self._common: set[Figure] = {Decimal(DEADLINE_DAYS), *(Decimal(len(rows)) for rows in families)}
        self._common |= {figure for day in days for figure in self._dated(day)}
        self._common |= {*(_percent(g.target_bp) for g in known.goals), *self._figures(" ".join(request.sent_back))}

    def loose(self, text: str, refs: Iterable[str], steps: Iterable[ProposedStep]) -> list[str]:
        """Return the figures of a text that neither these pieces of evidence, these steps nor what all know hold.

        All know today, the renewal and its last day, how far they are, the goals, and how many there are of each.
        """
        said = (self._said(self._rows[ref][1]) for ref in refs if ref in self._rows)
        allowed = self._common.union(*said, *(_of_step(step) for step in steps))
        return sorted(str(figure) for figure in self._figures(text) - allowed)

    def _figures(self, text: str) -> set[Figure]:
        """Return the figures of a text; what stands in an id or behind a letter is none, a currency's apart."""
        text = self._ids.sub(" ", text)
        plain = (_GROUPED.sub("", found).replace(",", ".") for found in _FIGURE.findall(_DATE.sub(" ", text)))
        return {*_DATE.findall(text), *map(Decimal, plain)}

    def _said(self, row: Any) -> set[Figure]:
        """Return what a piece of evidence says in figures; no money, and nothing out of a note or a subject."""
        found = {f for name in _DATED if (at := getattr(row, name, None)) is not None for f in self._dated(at)}
        if isinstance(row, Signal):
            found |= {*_measured(row.value), *_measured(row.baseline), *_measured(row.window_days)}
        return found

    def _dated(self, at: Any) -> set[Figure]:
        """Return a day, and how far it is."""
        day = at if type(at) is date else self._calendar.local_date(at)
        return {day.isoformat(), Decimal(abs(days_between(day, self._today)))}


def _of_step(step: ProposedStep) -> set[Figure]:
    spec = find_spec(step.action_type)
    days = {Decimal(step.start_day), *([Decimal(spec.typical_duration.days)] if spec else [])}
    return days.union(*(_measured(value) for value in step.params.values()))


def _measured(value: Any) -> set[Figure]:
    """Return a number, and what it is in percent where it counts basis points, also rounded."""
    if type(value) is not int:
        return set()
    return {Decimal(abs(value)), _percent(abs(value)), round(_percent(abs(value)), 0)}


def _percent(basis_points: int) -> Decimal:
    return Decimal(basis_points) / 100
