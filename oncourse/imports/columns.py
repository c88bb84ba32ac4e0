"""The documented columns of each file, as data: the reader and docs/import.md are made from this table."""

from typing import NamedTuple

from oncourse.imports.cells import Parser, action, day, days, flag, instant, listing, text, upper, whole
from plan import (
    Account,
    Contact,
    Contract,
    Fact,
    Frozen,
    Invoice,
    Opportunity,
    Owner,
    PostureReading,
    Signal,
    Tenant,
    TenantGoal,
    Ticket,
    Touch,
)


class Column(NamedTuple):
    """One column: its name in the file, the field it fills, how it is read, and what it means."""

    name: str
    field: str
    read: Parser
    required: bool
    meaning: str
    money: str = ""
    """The column that names the currency, where this one is an amount in major units."""


class Family(NamedTuple):
    """One file."""

    file: str
    value: type[Frozen]
    key: str
    """The field that names a row; it stands once."""
    columns: tuple[Column, ...]
    refers: tuple[tuple[str, str], ...] = ()
    """Fields that must name a row of another file: (field, file)."""


def _c(name: str, read: Parser, meaning: str, *, required: bool = False, field: str = "", money: str = "") -> Column:
    return Column(name, field or name, read, required, meaning, money)


_ACCOUNT = _c("account_id", text, "The account it belongs to.", required=True)
_OF_ACCOUNT = (("account_id", "accounts"),)
_AMOUNT = "In major units (120000.00), exact."

FAMILIES: tuple[Family, ...] = (
    Family(
        "tenant",
        Tenant,
        "tenant_id",
        (
            _c("tenant_id", text, "A short id; the tenant that imports keeps its own.", required=True),
            _c("name", text, "The company's name.", required=True),
            _c("time_zone", text, "IANA zone of the company's days, such as Europe/Berlin."),
            _c("holidays", days, "Days off, ISO, separated by `|`."),
            _c("language", text, "Language of outbound texts, such as en or de."),
        ),
    ),
    Family(
        "accounts",
        Account,
        "account_id",
        (
            _c("account_id", text, "A short id.", required=True),
            _c("name", text, "The customer's name.", required=True),
            _c("owner_id", text, "The principal who owns the account."),
            _c("segment", text, "Free text."),
            _c("legal_hold", flag, "Nothing may leave the company."),
            _c("do_not_contact", flag, "The customer asked not to be contacted."),
            _c("exec_sponsor_id", text, "The executive on our side."),
        ),
    ),
    Family(
        "contracts",
        Contract,
        "contract_id",
        (
            _c("contract_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("arr", text, f"Yearly recurring revenue. {_AMOUNT}", required=True, field="arr_minor", money="currency"),
            _c("currency", upper, "ISO 4217, such as EUR.", required=True),
            _c("starts_on", day, "First day.", required=True),
            _c("renews_on", day, "The day it renews; a defence must have won 30 days before.", required=True),
            _c("auto_renews", flag, "It renews unless someone ends it."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "contacts",
        Contact,
        "contact_id",
        (
            _c("contact_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("name", text, "The person's name.", required=True),
            _c("role", upper, "CHAMPION, ECONOMIC_BUYER, ADMIN, EXEC_SPONSOR, PROCUREMENT, FINANCE or USER."),
            _c("email", text, "Where drafts are addressed to."),
            _c("time_zone", text, "IANA zone of the person's days."),
            _c("language", text, "Such as en or de."),
            _c("contactable", flag, "There is a basis for contact."),
            _c("opted_out", flag, "The person asked to be left alone; an opt-out that came in as an event stays."),
            _c("left_company", flag, "The person is gone."),
            _c("signs", flag, "The person signs or buys."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "tickets",
        Ticket,
        "ticket_id",
        (
            _c("ticket_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("opened_at", instant, "With time zone.", required=True),
            _c("closed_at", instant, "Empty while open."),
            _c("priority", upper, "LOW, MEDIUM or HIGH."),
            _c("urgent", flag, "Needs an answer now."),
            _c("sla_breached", flag, "The promised time has passed."),
            _c("escalated", flag, "It was escalated."),
            _c("subject", text, "Free text; untrusted."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "invoices",
        Invoice,
        "invoice_id",
        (
            _c("invoice_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("amount", text, _AMOUNT, required=True, field="amount_minor", money="currency"),
            _c("currency", upper, "ISO 4217.", required=True),
            _c("due_on", day, "The day it is due.", required=True),
            _c("paid_on", day, "Empty while unpaid."),
            _c("disputed", flag, "The customer disputes it."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "opportunities",
        Opportunity,
        "opportunity_id",
        (
            _c("opportunity_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("kind", upper, "RENEWAL, EXPANSION or NEW.", required=True),
            _c("stage", text, "As your CRM names it.", required=True),
            _c("amount", text, _AMOUNT, required=True, field="amount_minor", money="currency"),
            _c("currency", upper, "ISO 4217.", required=True),
            _c("contract_id", text, "The contract that it renews."),
            _c("open", flag, "Neither won nor lost."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "owners",
        Owner,
        "owner_id",
        (
            _c("owner_id", text, "The principal's id.", required=True),
            _c("name", text, "The person's name.", required=True),
            _c("email", text, "Where they are reached."),
            _c("active", flag, "Still with the company."),
        ),
    ),
    Family(
        "signals",
        Signal,
        "signal_id",
        (
            _c("signal_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("type", upper, "A signal type, such as USAGE_DROP or SUPPORT_ESCALATION.", required=True),
            _c("observed_at", instant, "With time zone.", required=True),
            _c("source", text, "The system that says so.", required=True),
            _c("severity", upper, "LOW, MEDIUM or HIGH."),
            _c("subject_ids", listing, "What it is about, separated by `|`."),
            _c("value", whole, "A change in basis points: -4100 is minus 41 %."),
            _c("baseline", whole, "What it is compared with."),
            _c("window_days", whole, "Over how many days."),
            _c("note", text, "Free text; untrusted."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "history",
        Touch,
        "touch_id",
        (
            _c("touch_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("at", instant, "With time zone.", required=True),
            _c("contact_id", text, "Whom it reached."),
            _c("action_type", action, "The action, where it was one of ours."),
            _c("outcome", upper, "What came of it."),
            _c("external", flag, "It reached the customer."),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "goals",
        TenantGoal,
        "goal_id",
        (
            _c("goal_id", text, "A short id.", required=True),
            _c("plan_type", upper, "RENEWAL_DEFENSE.", required=True),
            _c("metric", text, "What is measured.", required=True),
            _c("target_bp", whole, "In basis points: 9500 is 95 %.", required=True),
            _c("horizon_on", day, "By when.", required=True),
            _c("priority", whole, "1 (highest) to 5."),
        ),
    ),
    Family(
        "facts",
        Fact,
        "fact_id",
        (
            _c("fact_id", text, "A short id.", required=True),
            _ACCOUNT,
            _c("kind", text, "Such as renewal.status.", required=True),
            _c("subject_id", text, "The contract, invoice or contact.", required=True),
            _c("value", text, "One word, such as CLOSED_WON.", required=True),
            _c("number", whole, "Minor units, where it is about money."),
            _c("effective_at", instant, "Since when it is true.", required=True),
            _c("recorded_at", instant, "Since when it is known.", required=True),
            _c("source", text, "The system that says so; policy names the trusted ones.", required=True),
        ),
        _OF_ACCOUNT,
    ),
    Family(
        "postures",
        PostureReading,
        "account_id",
        (
            _c("account_id", text, "The account.", required=True),
            _c(
                "posture",
                upper,
                "SECURE, WATCH, AT_RISK, CRITICAL, RECOVERING, EXPANSION_READY, LOST or PROSPECT.",
                required=True,
            ),
            _c("as_of", instant, "Since when.", required=True),
            _c("evidence_ids", listing, "What says so, separated by `|`."),
        ),
        _OF_ACCOUNT,
    ),
)
"""Every file that is read, in this order. Accounts without a line in postures.csv get theirs from their signals."""


def documentation() -> str:
    """Return docs/import.md's tables."""
    parts = []
    for family in FAMILIES:
        parts.append(f"## {family.file}.csv\n\n| column | needed | means |\n|---|---|---|")
        parts += [f"| `{c.name}` | {'yes' if c.required else ''} | {c.meaning} |" for c in family.columns]
        parts.append("")
    return "\n".join(parts)
