"""What a plan rests on: every id that its steps cite, looked up where it came from."""

from collections.abc import Iterator

from plan import Frozen, Id, Instant, RevenuePlanV1, Signal, SignalType, Situation, Text

_CHANGES = frozenset({SignalType.USAGE_DROP, SignalType.USAGE_DECLINE_STREAK, SignalType.USAGE_GROWTH})
"""Signals whose value is a change, in basis points."""


class Cited(Frozen):
    """One thing that steps cite."""

    ref: Id
    kind: str
    """signal, ticket, invoice, opportunity, contract or touch; nothing where it was not found."""
    title: Text
    told: Text = ""
    """Its figures, as the source has them."""
    source: str = ""
    at: Instant | None = None
    found: bool
    """Whether the source still holds it."""
    steps: tuple[int, ...]
    """Which steps cite it, counted from 1."""


def cited(plan: RevenuePlanV1, known: Situation) -> tuple[Cited, ...]:
    """Return what the steps cite in the order in which they first do, each as it stands at its source now."""
    steps: dict[str, list[int]] = {}
    for number, step in enumerate(plan.steps, start=1):
        for ref in step.evidence:
            steps.setdefault(ref, []).append(number)
    sources = {one.ref: one for one in _sources(known)}
    return tuple(
        sources[ref].model_copy(update={"steps": tuple(numbers)})
        if ref in sources
        else Cited(ref=ref, kind="", title="not found at its source any more", found=False, steps=tuple(numbers))
        for ref, numbers in steps.items()
    )


def _sources(known: Situation) -> Iterator[Cited]:
    for signal in known.signals:
        told = " · ".join(
            part for part in (_value(signal), f"severity {signal.severity.value.lower()}", signal.note) if part
        )
        yield _of(signal.signal_id, "signal", _words(signal.type.value), told, signal.source, signal.observed_at)
    for ticket in known.tickets:
        marks = ("urgent", ticket.urgent), ("escalated", ticket.escalated), ("SLA missed", ticket.sla_breached)
        state = "open" if ticket.closed_at is None else "closed"
        told = ", ".join([state, *(word for word, holds in marks if holds)])
        yield _of(ticket.ticket_id, "ticket", ticket.subject or "Support case", told, "support", ticket.opened_at)
    for invoice in known.invoices:
        state = "paid" if invoice.paid_on else "disputed" if invoice.disputed else "open"
        told = f"{invoice.amount_minor / 100:.0f} {invoice.currency}, due {invoice.due_on}, {state}"
        yield _of(invoice.invoice_id, "invoice", "Invoice", told, "billing", None)
    for deal in known.opportunities:
        told = f"{deal.stage}, {deal.amount_minor / 100:.0f} {deal.currency}"
        yield _of(deal.opportunity_id, "opportunity", f"{_words(deal.kind.value)} in the CRM", told, "crm", None)
    for contract in known.contracts:
        told = f"{contract.arr_minor / 100:.0f} {contract.currency} a year, renews {contract.renews_on}"
        yield _of(contract.contract_id, "contract", "Contract", told, "crm", None)
    for touch in known.history:
        yield _of(touch.touch_id, "touch", _words(touch.action_type or "contact"), touch.outcome or "", "", touch.at)


def _of(ref: str, kind: str, title: str, told: str, source: str, at: Instant | None) -> Cited:
    return Cited(ref=ref, kind=kind, title=title, told=told, source=source, at=at, found=True, steps=())


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _value(signal: Signal) -> str:
    if signal.value is None:
        return ""
    value = f"{signal.value / 100:+.0f} %" if signal.type in _CHANGES else str(signal.value)
    return value + (f" in {signal.window_days} days" if signal.window_days else "")
