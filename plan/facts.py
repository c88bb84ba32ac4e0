"""Dated facts: what the world is known to be, since when, and since when we know."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from plan.scalars import INT_BOUND, Frozen, Id, Instant

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]{0,80}$")]
"""Letters, digits and `_.+-`: it stands in the ledger in clear, so no sentence and no address fits into it."""


class FactKind(StrEnum):
    """What a fact is about; its value is a word or a whole number as stated."""

    RENEWAL_STATUS = "renewal.status"
    """Of a contract: a RenewalStatus."""
    RETAINED_ARR = "renewal.retained_arr"
    """Of a contract: yearly revenue after the renewal, in minor units."""
    REPLY = "contact.reply"
    MEETING = "contact.meeting"
    OPT_OUT = "contact.opt_out"
    OPT_IN = "contact.opt_in"
    """The person takes an opt-out back."""
    BOUNCE = "contact.bounce"
    PAYMENT = "invoice.payment"


class RenewalStatus(StrEnum):
    """How a renewal stands; a verbal yes never meets an objective."""

    OPEN = "OPEN"
    VERBAL = "VERBAL"
    COMMITMENT_SIGNED = "COMMITMENT_SIGNED"
    CLOSED_WON = "CLOSED_WON"
    CLOSED_LOST = "CLOSED_LOST"


class Fact(Frozen):
    """One dated fact about a subject (a contract, an invoice, a contact) of an account."""

    fact_id: Id
    account_id: Id
    kind: FactKind
    subject_id: Id
    value: Word
    number: int | None = Field(default=None, gt=-INT_BOUND, lt=INT_BOUND)
    """Minor units where the kind is about money."""
    effective_at: Instant
    """When it became true in the world."""
    recorded_at: Instant
    """When we learnt of it."""
    source: Id
    """The system that says so; a policy bundle names the sources trusted for an objective."""

    @model_validator(mode="after")
    def _known_status(self) -> "Fact":
        if self.kind is FactKind.RENEWAL_STATUS and self.value not in set(RenewalStatus):
            raise ValueError(f"{self.value!r} is no status of a renewal; write one of {', '.join(RenewalStatus)}")
        return self


PERSONAL = frozenset({FactKind.REPLY, FactKind.MEETING, FactKind.OPT_OUT, FactKind.OPT_IN, FactKind.BOUNCE})
"""About a person: the subject is a contact, and stands in the ledger as a commitment."""
_HOLDING = PERSONAL | {FactKind.PAYMENT}


def holds(fact: Fact) -> bool:
    """Tell whether somebody should look before anybody at the account is written to again.

    A reply, a booked meeting, an opt-out, a bounce, a payment, or a renewal that is won.
    """
    won = fact.kind is FactKind.RENEWAL_STATUS and fact.value == RenewalStatus.CLOSED_WON
    return won or fact.kind in _HOLDING
