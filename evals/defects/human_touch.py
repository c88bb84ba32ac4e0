"""Plans that leave to nobody what a person decides."""

from evals.cases import Case
from evals.defects.bending import changed, first, grown, new_step, without
from evals.defects.seeding import Defect, of_proposal
from plan import Proposal, ProposedDependency, ProposedStep

_GRANTED = 500


def discount_ungranted(proposal: Proposal, _case: Case) -> Proposal | None:
    """Offer a discount that nobody granted."""
    return _offered(without(proposal, "REQUEST_DISCOUNT_APPROVAL"), _GRANTED)


def discount_deeper_than_granted(proposal: Proposal, case: Case) -> Proposal | None:
    """Offer a deeper discount than somebody granted."""
    grant, offer = _grant(proposal, case), first(proposal, "SEND_RENEWAL_PROPOSAL")
    if grant is None or offer is None:
        return None
    needs = (*offer.depends_on, ProposedDependency(key=grant.key))
    waiting = changed(without(proposal, "REQUEST_DISCOUNT_APPROVAL"), offer.key, depends_on=needs)
    return _offered(grown(waiting, grant), _GRANTED + 1)


def discount_not_waited_for(proposal: Proposal, case: Case) -> Proposal | None:
    """Offer a discount without waiting for who grants it."""
    grant = _grant(proposal, case)
    asked = grown(without(proposal, "REQUEST_DISCOUNT_APPROVAL"), grant) if grant else None
    return _offered(asked, _GRANTED) if asked else None


def _grant(proposal: Proposal, case: Case) -> ProposedStep | None:
    step = new_step("grant", "REQUEST_DISCOUNT_APPROVAL", proposal, case)
    return step.model_copy(update={"params": step.params | {"discount_bp": _GRANTED}}) if step else None


def _offered(proposal: Proposal, discount_bp: int) -> Proposal | None:
    offer = first(proposal, "SEND_RENEWAL_PROPOSAL")
    return changed(proposal, offer.key, params=offer.params | {"discount_bp": discount_bp}) if offer else None


DEFECTS: tuple[Defect, ...] = (
    of_proposal("human_touch", discount_ungranted),
    of_proposal("human_touch", discount_deeper_than_granted),
    of_proposal("human_touch", discount_not_waited_for),
)
