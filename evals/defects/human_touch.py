"""Plans that leave to nobody what a person decides."""

from evals.cases import Case
from evals.defects.bending import changed, each, external, first, grown, knowing, known, new_step, without
from evals.defects.seeding import Defect, of_both, of_proposal
from plan import DependencyKind, Proposal, ProposedDependency, ProposedStep

_GRANTED = 500


def discount_ungranted(proposal: Proposal, _case: Case) -> Proposal | None:
    """Offer a discount that nobody granted."""
    return _offered(without(proposal, "REQUEST_DISCOUNT_APPROVAL"), _GRANTED)


def discount_deeper_than_granted(proposal: Proposal, case: Case) -> Proposal | None:
    """Offer a deeper discount than somebody granted."""
    asked = _after_the_grant(proposal, case, DependencyKind.SUCCESS)
    return _offered(asked, _GRANTED + 1) if asked else None


def discount_not_waited_for(proposal: Proposal, case: Case) -> Proposal | None:
    """Offer a discount without waiting for who grants it."""
    grant = _grant(proposal, case)
    asked = grown(without(proposal, "REQUEST_DISCOUNT_APPROVAL"), grant) if grant else None
    return _offered(asked, _GRANTED) if asked else None


def discount_whatever_was_granted(proposal: Proposal, case: Case) -> Proposal | None:
    """Offer a discount when the request for it has ended, though it may have been refused."""
    return _after_the_grant(proposal, case, DependencyKind.FINISHED)


def discount_though_refused(proposal: Proposal, case: Case) -> Proposal | None:
    """Offer a discount also when the request for it was refused."""
    return _after_the_grant(proposal, case, DependencyKind.OUTCOME_IN, "APPROVED", "REJECTED")


def owner_not_awaited(proposal: Proposal, case: Case) -> tuple[Proposal, Case] | None:
    """Write to the customer when the question who owns the account has ended, though nobody may."""
    asked = first(proposal, "CONFIRM_RENEWAL_OWNER")
    if asked is None or not any(external(step) for step in proposal.steps):
        return None
    left = tuple(
        owner.model_copy(update={"active": owner.owner_id != known(case).account.owner_id})
        for owner in known(case).owners
    )
    other = next((owner.owner_id for owner in left if owner.active), None)
    if other is None:
        return None

    def loosened(step: ProposedStep) -> ProposedStep:
        if step.key == asked.key:
            return step.model_copy(update={"params": step.params | {"candidate_owner": other}})
        ended = ProposedDependency(key=asked.key, kind=DependencyKind.FINISHED)
        return step.model_copy(update={"depends_on": (*(d for d in step.depends_on if d.key != asked.key), ended)})

    return each(proposal, loosened), knowing(case, owners=left)


def _after_the_grant(proposal: Proposal, case: Case, kind: DependencyKind, *outcomes: str) -> Proposal | None:
    grant, plain = _grant(proposal, case), without(proposal, "REQUEST_DISCOUNT_APPROVAL")
    offer = first(plain, "SEND_RENEWAL_PROPOSAL")
    if grant is None or offer is None:
        return None
    edge = ProposedDependency(key=grant.key, kind=kind, outcomes=outcomes)
    return _offered(grown(changed(plain, offer.key, depends_on=(*offer.depends_on, edge)), grant), _GRANTED)


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
    of_proposal("human_touch", discount_whatever_was_granted),
    of_proposal("human_touch", discount_though_refused),
    of_both("human_touch", owner_not_awaited),
)
