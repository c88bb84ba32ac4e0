"""The made-up tenant: its people, and what is known of an account whose posture just changed."""

import random
from datetime import date, datetime, timedelta

from plan import (
    Account,
    Contact,
    ContactRole,
    Contract,
    Invoice,
    Opportunity,
    OpportunityKind,
    Owner,
    Posture,
    PostureReading,
    Role,
    Severity,
    Signal,
    SignalType,
    Ticket,
)

ADMINS = ("root", "rita")
OWNERS = ("mara", "nils")
APPROVERS = ("otto", "olga")
SENIORS = ("sara", "vera")
PEOPLE: dict[str, frozenset[Role]] = {
    **dict.fromkeys(ADMINS, frozenset({Role.TENANT_ADMIN, Role.REVOPS, Role.OPERATOR})),
    **dict.fromkeys(OWNERS, frozenset({Role.EDITOR})),
    **dict.fromkeys(APPROVERS, frozenset({Role.PLAN_APPROVER})),
    **dict.fromkeys(SENIORS, frozenset({Role.SENIOR_APPROVER})),
}


RENEWED = timedelta(days=3 * 365)
"""For how long a contract is renewed."""


class Known:
    """What comes in about one account before a plan of it is drafted."""

    def __init__(
        self, account_id: str, cycle: int, now: datetime, drawn: random.Random, renewed: tuple[Contract, ...] = ()
    ) -> None:
        """Take the contracts that were to renew before and were renewed for years."""
        self._id, self._now, self._drawn, self._renewed = account_id, now, drawn, renewed
        self._mark = f"{account_id}-{cycle}"
        self._renews = now.date() + timedelta(days=max(drawn.randint(62, 178), drawn.randint(62, 178)))
        self._threat = drawn.random() < 0.35
        self.contract = self._contract()
        """The one that is to renew."""

    def families(self) -> dict[str, tuple[object, ...]]:
        """Return the records by family."""
        left = self._drawn.random() < 0.3
        return {
            "accounts": (
                Account(
                    account_id=self._id,
                    name=f"{self._id.title()} GmbH",
                    owner_id=self._drawn.choice(OWNERS),
                    exec_sponsor_id="vera",
                ),
            ),
            "contracts": (
                self.contract,
                *(c.model_copy(update={"renews_on": c.renews_on + RENEWED}) for c in self._renewed),
            ),
            "contacts": self._contacts(),
            "opportunities": (self._deal(),),
            "owners": tuple(Owner(owner_id=name, name=name.title()) for name in OWNERS),
            "tickets": self._tickets(),
            "invoices": self._invoices(),
            "signals": self._signals(left=left),
        }

    def reading(self) -> PostureReading:
        """Return how the account stands now."""
        calm = self._drawn.choice((Posture.WATCH, Posture.AT_RISK, Posture.RECOVERING))
        return PostureReading(posture=Posture.CRITICAL if self._threat else calm, as_of=self._now)

    def _contract(self) -> Contract:
        return Contract(
            contract_id=f"{self._mark}-k",
            account_id=self._id,
            arr_minor=self._drawn.choice((30_000_00, 120_000_00)),
            currency="EUR",
            starts_on=date(2025, 1, 1),
            renews_on=self._renews,
        )

    def _deal(self) -> Opportunity:
        return Opportunity(
            opportunity_id=f"{self._mark}-o",
            account_id=self._id,
            kind=OpportunityKind.RENEWAL,
            stage="open",
            amount_minor=120_000_00,
            currency="EUR",
            contract_id=self.contract.contract_id,
        )

    def _contacts(self) -> tuple[Contact, ...]:
        a, kept = self._id, {"account_id": self._id}
        return (
            Contact(contact_id=f"{a}-c1", name="Ida Stern", role=ContactRole.CHAMPION, email="ida@x.example", **kept),
            Contact(contact_id=f"{a}-c2", name="Ben Roth", role=ContactRole.ECONOMIC_BUYER, signs=True, **kept),
            Contact(contact_id=f"{a}-c3", name="Fay Gold", role=ContactRole.FINANCE, language="de", **kept),
        )

    def _tickets(self) -> tuple[Ticket, ...]:
        if self._drawn.random() < 0.6:
            return ()
        opened = self._now - timedelta(days=9)
        return (Ticket(ticket_id=f"{self._id}-t", account_id=self._id, urgent=True, opened_at=opened, escalated=True),)

    def _invoices(self) -> tuple[Invoice, ...]:
        if self._drawn.random() < 0.7:
            return ()
        due = self._now.date() - timedelta(days=20)
        bill = {"amount_minor": 900_00, "currency": "EUR", "due_on": due}
        return (Invoice(invoice_id=f"{self._id}-i", account_id=self._id, **bill),)

    def _signals(self, *, left: bool) -> tuple[Signal, ...]:
        types = [SignalType.USAGE_DROP, SignalType.SUPPORT_ESCALATION]
        types += [SignalType.CHAMPION_LEFT] if left else []
        types += [SignalType.CHURN_THREAT] if self._threat else []
        return tuple(
            Signal(
                signal_id=f"{self._id}-s{number}",
                account_id=self._id,
                type=kind,
                observed_at=self._now - timedelta(days=3 + number),
                source="product",
                severity=Severity.HIGH,
                window_days=60,
            )
            for number, kind in enumerate(types)
        )
