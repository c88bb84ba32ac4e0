"""Whether a person may be written to, as dated facts say: an opt-out stays until that person takes it back."""

from collections.abc import Iterable

from plan import ERASED, Contact, Fact, FactKind
from store import Unit

_WISHES = frozenset({FactKind.OPT_OUT, FactKind.OPT_IN})
_HEEDED = _WISHES | {FactKind.BOUNCE}


def wants_no_contact(facts: Iterable[Fact], contact_id: str) -> bool:
    """Tell whether a contact's last word is an opt-out; of two of one moment, the one that came in later."""
    wishes = (fact for fact in facts if fact.kind in _WISHES and fact.subject_id == contact_id)
    last = max(wishes, key=lambda fact: (fact.effective_at, fact.recorded_at, fact.fact_id), default=None)
    return last is not None and last.kind is FactKind.OPT_OUT


def heed(unit: Unit, fact: Fact) -> None:
    """Change what is known of a contact as a new fact says; whoever is unknown here, or erased, stays as they are."""
    if fact.kind not in _HEEDED:
        return
    unit.hold_account(fact.account_id)
    known = unit.accounts.contact(fact.account_id, fact.subject_id)
    if known is None or known.name == ERASED:
        return
    if fact.kind is FactKind.BOUNCE:
        marked = known.model_copy(update={"contactable": False})
    else:
        facts = unit.accounts.facts(fact.account_id)
        marked = known.model_copy(update={"opted_out": wants_no_contact(facts, fact.subject_id)})
    if marked != known:
        unit.accounts.put("contacts", [marked])


def heeded(unit: Unit, told: Iterable[Contact]) -> list[Contact]:
    """Return imported contacts as they are kept.

    An import takes back no opt-out that a person told, and a bounce only with another address. Whoever was erased is
    left out.
    """
    told = list(told)
    facts: dict[str, list[Fact]] = {}
    for fact in unit.accounts.facts_of(_HEEDED):
        facts.setdefault(fact.subject_id, []).append(fact)
    known = {one.contact_id: one for one in unit.accounts.contacts()}
    return [
        _as_facts_say(one, known.get(one.contact_id), facts.get(one.contact_id, ()))
        for one in told
        if not (one.contact_id in known and known[one.contact_id].name == ERASED)
    ]


def _as_facts_say(told: Contact, known: Contact | None, facts: Iterable[Fact]) -> Contact:
    bounced = any(fact.kind is FactKind.BOUNCE for fact in facts) and known is not None and not known.contactable
    same = known is not None and known.email == told.email
    return told.model_copy(
        update={
            "opted_out": told.opted_out or wants_no_contact(facts, told.contact_id),
            "contactable": told.contactable and not (bounced and same),
        }
    )
