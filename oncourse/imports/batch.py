"""What an import brings: families of values, checked, in one piece."""

from pydantic import Field

from plan import (
    Account,
    Contact,
    Contract,
    Fact,
    Frozen,
    Id,
    Invoice,
    OncourseError,
    Opportunity,
    Owner,
    PostureReading,
    Signal,
    Tenant,
    TenantGoal,
    Ticket,
    Touch,
)


class BadImportError(OncourseError):
    """What was given cannot be imported; nothing was."""

    code = "bad_import"

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - 1
        super().__init__(problems[0] + (f" (and {more} more)" if more else ""))
        self.problems = tuple(problems)


class ImportBatch(Frozen):
    """All that one folder holds."""

    tenant: Tenant | None = None
    accounts: tuple[Account, ...] = ()
    contracts: tuple[Contract, ...] = ()
    contacts: tuple[Contact, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    opportunities: tuple[Opportunity, ...] = ()
    owners: tuple[Owner, ...] = ()
    signals: tuple[Signal, ...] = ()
    history: tuple[Touch, ...] = ()
    goals: tuple[TenantGoal, ...] = ()
    facts: tuple[Fact, ...] = ()
    postures: dict[Id, PostureReading] = Field(default_factory=dict)
    """Given postures by account; the others are derived from signals."""
    unmapped: tuple[str, ...] = ()
    """What was there and has no place here, one sentence each."""
    rows: int = 0
