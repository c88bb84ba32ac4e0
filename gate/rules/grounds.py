"""What a plan rests on: evidence and ids that exist and belong to this account."""

from collections.abc import Iterator

from gate.decisions import Severity
from gate.rules.rule import DRAFTING, Found, Rule
from gate.view import View
from plan import contacts_of, ids_of


def _grounded(view: View) -> Iterator[Found]:
    known = view.situation
    evidence = known.evidence_ids()
    families = (
        (("ticket_ids",), {t.ticket_id for t in known.tickets}, "ticket"),
        (("invoice_ids",), {i.invoice_id for i in known.invoices}, "invoice"),
        (("opportunity_id",), {o.opportunity_id for o in known.opportunities}, "opportunity"),
        (("candidate_owner",), {o.owner_id for o in known.owners} | {known.account.owner_id}, "owner"),
        (("exec_sponsor_id",), {known.account.exec_sponsor_id}, "executive sponsor"),
    )
    contacts = {c.contact_id for c in known.contacts}
    for where, step, _spec in view.judged:
        missing = [ref for ref in step.evidence if ref not in evidence]
        if missing:
            yield Found(f"{where}.evidence", f"there is no {', '.join(missing)} for this account")
        for contact_id in contacts_of(step.params):
            if contact_id not in contacts:
                yield Found(f"{where}.params", f"the account has no contact {contact_id}")
        for names, have, what in families:
            for ref in ids_of(step.params, *names):
                if ref not in have:
                    yield Found(f"{where}.params", f"the account has no {what} {ref}")


GROUNDS = (
    Rule(
        "PG070",
        Severity.HARD,
        DRAFTING,
        "Grounded in what is known",
        "Cited evidence and every contact, ticket, invoice and opportunity exist and belong to this account.",
        "Cite evidence and name ids that the account has.",
        _grounded,
    ),
)
