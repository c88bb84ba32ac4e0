"""Texts that leave a step: rendered from a template per action and language with facts, never by a model.

A rendered text is an artefact of the step, outside the plan's content. Its digest is its own salted commitment, so
it can be bound by an approval and named in the ledger without holding a personal word.

A fact comes from other people's systems: one that holds what no text may is never put into a text.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gate import unclean
from orchestrator.desk import situation
from orchestrator.moves import Hand
from plan import SENT, SETTLED, Approval, PlanEvent, PlanStep, RevenuePlanV1, Situation, contacts_of, ids_of
from store import Artefact, PlanRecord, Unit

_MEETING_EN = """\
To: {contacts}
Subject: A talk about the year ahead

Hello {first_name},

your agreement with us renews on {renews_on}. Before anything else we would like to hear how things are going and
what should be different next year. Would one of {slots} times in the coming days suit you?

{owner}
"""
_MEETING_DE = """\
An: {contacts}
Betreff: Ein Gespräch über das kommende Jahr

Guten Tag {first_name},

Ihr Vertrag mit uns verlängert sich am {renews_on}. Vorher möchten wir hören, wie es läuft und was im nächsten Jahr
anders werden soll. Passt Ihnen einer von {slots} Terminen in den nächsten Tagen?

{owner}
"""
TEMPLATES: dict[tuple[str, str], str] = {
    ("REQUEST_RENEWAL_MEETING", "en"): _MEETING_EN,
    ("REQUEST_RENEWAL_MEETING", "de"): _MEETING_DE,
    (
        "PREP_RENEWAL_BRIEF",
        "en",
    ): "Renewal brief for {account}: {sections}.\nContracts: {subject}, renewing {renews_on}.\n"
    "Posture: {posture}.\nSignals: {signals}.\n",
    ("CONFIRM_RENEWAL_OWNER", "en"): "Please confirm that {candidate} is accountable for the renewal of {account}.\n",
    ("MAP_STAKEHOLDERS", "en"): "Please map these roles at {account}: {roles}. Say who decides and who is missing.\n",
    ("ESCALATE_SUPPORT_RISK", "en"): "Escalation ({severity}) for {account}: tickets {tickets}.\nAt stake: {subject}, "
    "renewing {renews_on}.\n{business_impact}\n",
    ("ENGAGE_EXEC_SPONSOR", "en"): "To: {contacts}\nFrom: {exec_sponsor}\nSubject: {account} and us\n\n"
    "Hello {first_name},\n\n{ask}\n",
    ("RUN_VALUE_REVIEW", "en"): "Please hold a value review with {account}. Agenda: {agenda}\n",
    (
        "LAUNCH_ADOPTION_PLAY",
        "en",
    ): "To: {contacts}\nSubject: Getting more out of what you have\n\nHello {first_name},\n\n"
    "we would like to offer you {play} for your team, at no charge. May we propose a date?\n\n{owner}\n",
    ("REBUILD_CHAMPION", "en"): "To: {contacts}\nSubject: Getting to know each other\n\nHello {first_name},\n\n"
    "we have worked with your colleagues at {account} for some time and would like to meet you too.\n\n{owner}\n",
    ("RESOLVE_BILLING_BLOCKER", "en"): "To: {contacts}\nSubject: Open invoices {invoices}\n\nHello {first_name},\n\n"
    "the invoices named above are open on our side. Is anything missing on yours?\n\n{owner}\n",
    ("REQUEST_DISCOUNT_APPROVAL", "en"): "Deal desk: {discount} for {account}, lever {lever}.\n{reason}\n",
    ("SEND_RENEWAL_PROPOSAL", "en"): "To: {contacts}\nSubject: Your renewal on {renews_on}\n\nHello {first_name},\n\n"
    "attached is our proposal for the coming year{discount_clause}.\n\n{owner}\n",
    ("RECORD_COMMITMENT", "en"): "Please attach the signed order form for {opportunity} ({account}).\n",
    ("NOTIFY_ACCOUNT_TEAM", "en"): "[{account}] {message}\n",
}


class Rendered(NamedTuple):
    """What became of a template."""

    text: str
    flaws: tuple[str, ...]
    """What its facts put into it that no text may hold: then it is neither kept nor shown nor sent."""


def render(plan: RevenuePlanV1, step: PlanStep, known: Situation) -> Rendered:
    """Return the text of a step from its template and the facts; the same facts give the same text."""
    language = _language(step, known)
    template = TEMPLATES.get((step.action_type, language)) or TEMPLATES[(step.action_type, "en")]
    facts = _Facts(plan, step, known)
    text = template.format_map(facts)
    return Rendered(text, tuple(dict.fromkeys(facts.flaws())))


class Preview(NamedTuple):
    """The text that a step would leave with today."""

    number: int
    """The step's place in the plan, counted from 1."""
    step: PlanStep
    text: str
    """Nothing where a fact in it is not clean."""


def previews(plan: RevenuePlanV1, known: Situation) -> Iterator[Preview]:
    """Yield the text of each open step that a person approves before it leaves, as the facts stand today."""
    for number, step in enumerate(plan.steps, start=1):
        asks = step.approval in {Approval.APPROVE, Approval.DRAFT} and step.status not in SENT | SETTLED
        if asks and (step.action_type, "en") in TEMPLATES:
            told = render(plan, step, known)
            yield Preview(number, step, "" if told.flaws else told.text)


def keep_rendered(hand: Hand, record: PlanRecord, step: PlanStep) -> Artefact | None:
    """Render a step's text and keep it for its next attempt; None where a fact in it is not clean: the plan pauses."""
    told = render(record.plan, step, situation(hand.unit, record.plan.account_id))
    if told.flaws:
        why = f"PG082: the text of {step.action_type} would hold {', '.join(told.flaws)}"[:1600]
        mend = "Correct it where it comes from, have it imported, and resume the plan."
        hand.move_plan(record.state, PlanEvent.PAUSE, ("policy", f"{why}. {mend}"))
        return None
    return keep_text(hand.unit, record, step, told.text)


def keep_text(unit: Unit, record: PlanRecord, step: PlanStep, text: str) -> Artefact:
    """Keep a text as the step's artefact for its next attempt; an approval binds its digest."""
    ref = unit.sealer(f"plan/{record.plan.plan_id}").seal(text)
    return unit.effects.keep(
        Artefact(
            plan_id=str(record.plan.plan_id),
            step_id=str(step.step_id),
            attempt=step.attempts + 1,
            digest="sha256:" + ref.rpartition(":")[2],
            ref=ref,
            at=unit.now,
        )
    )


def _language(step: PlanStep, known: Situation) -> str:
    asked = (step.params or {}).get("language")
    if isinstance(asked, str) and asked != "en":
        return asked
    contact = next((known.contact(c) for c in contacts_of(step.params)), None)
    return contact.language if contact else "en"


_PLAYS = {
    "ENABLEMENT_SESSION": "an enablement session",
    "TECHNICAL_HEALTH_CHECK": "a technical health check",
    "REONBOARD_TEAM": "a fresh start with training",
}


_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+")
"""One mail address and nothing else."""
_PEOPLE = frozenset({"contacts", "first_name", "owner", "candidate", "exec_sponsor"})


class _Facts(Mapping[str, str]):
    """What a template may name; values are put in as they are, never read as a template."""

    def __init__(self, plan: RevenuePlanV1, step: PlanStep, known: Situation) -> None:
        params: dict[str, Any] = step.params or {}
        contacts = [c for c in (known.contact(i) for i in contacts_of(params)) if c is not None]
        self._contacts, self._account, self._used = contacts, known.account.name, list[str]()
        owner = next((o.name for o in known.owners if o.owner_id == plan.owner), plan.owner)
        renews = [c.renews_on for c in known.contracts if c.contract_id in plan.subject]
        discount = int(params.get("discount_bp") or 0)
        self._values = {
            "account": known.account.name,
            "contacts": ", ".join(f"{c.name} <{c.email}>" if c.email else c.name for c in contacts),
            "first_name": contacts[0].name.split(" ")[0] if contacts else "",
            "owner": owner,
            "subject": ", ".join(plan.subject),
            "renews_on": min(renews).isoformat() if renews else "soon",
            "posture": known.posture.posture.value,
            "signals": ", ".join(sorted({s.type.value for s in known.signals})) or "none",
            "slots": str(params.get("proposed_slots", 3)),
            "sections": ", ".join(params.get("sections", ())),
            "roles": ", ".join(params.get("roles_required", ())),
            "tickets": ", ".join(ids_of(params, "ticket_ids")),
            "invoices": ", ".join(ids_of(params, "invoice_ids")),
            "candidate": next((o.name for o in known.owners if o.owner_id == params.get("candidate_owner")), owner),
            "exec_sponsor": str(params.get("exec_sponsor_id", "")),
            "opportunity": str(params.get("opportunity_id", "")),
            "play": _PLAYS.get(str(params.get("play")), ""),
            "discount": f"{discount // 100}.{discount % 100:02d} %",
            "discount_clause": f", with {discount // 100}.{discount % 100:02d} % off" if discount else "",
        } | {
            name: str(params.get(name, ""))
            for name in ("severity", "business_impact", "ask", "agenda", "lever", "reason", "message")
        }

    def __getitem__(self, name: str) -> str:
        self._used.append(name)
        return self._values[name]

    def flaws(self) -> Iterator[str]:
        """Yield what the facts that were used hold and no text may; a person may be called as their mail address."""
        for name in self._used:
            for value in [c.name for c in self._contacts] if name == "contacts" else [self._values[name]]:
                if name not in _PEOPLE or not _ADDRESS.fullmatch(value):
                    yield from (f"{what} ({name})" for what in unclean(value, self._account))
            if name == "contacts" and not all(_ADDRESS.fullmatch(c.email) for c in self._contacts if c.email):
                yield "what is no plain mail address (contacts)"

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
