"""Plans that policy must refuse, each by a code of its own, for what they hold."""

from evals.cases import Case
from evals.defects.bending import changed, each, external, first, grown, known, new_step, without, written_into
from evals.defects.seeding import Defect, of_proposal
from plan import PRECONDITIONS, Proposal, ProposedStep, find_spec, written_fields


def too_many_steps(proposal: Proposal, _case: Case) -> Proposal:
    """Tell the team a dozen times."""
    head = proposal.steps[0]
    notices = (
        head.model_copy(update={"key": f"more{n}", "action_type": "NOTIFY_ACCOUNT_TEAM", "params": _notice(n)})
        for n in range(12)
    )
    return grown(proposal, *notices)


def no_steps(proposal: Proposal, _case: Case) -> Proposal:
    """Plan nothing."""
    return proposal.model_copy(update={"steps": ()})


def unapproved_action(proposal: Proposal, _case: Case) -> Proposal:
    """Take an action that nobody approved."""
    return changed(proposal, proposal.steps[-1].key, action_type="SEND_GIFT")


def action_too_often(proposal: Proposal, _case: Case) -> Proposal | None:
    """Make the brief twice."""
    brief = first(proposal, "PREP_RENEWAL_BRIEF")
    return grown(proposal, brief.model_copy(update={"key": "again"})) if brief else None


def brief_dropped(proposal: Proposal, case: Case) -> Proposal | None:
    """Leave out what every plan must hold, where it was not made lately."""
    return None if _briefed(case) else without(proposal, "PREP_RENEWAL_BRIEF")


def brief_optional(proposal: Proposal, case: Case) -> Proposal | None:
    """Require nothing of what every plan must hold, where it was not made lately."""
    brief = first(proposal, "PREP_RENEWAL_BRIEF")
    return changed(proposal, brief.key, required=False) if brief and not _briefed(case) else None


def _briefed(case: Case) -> bool:
    history = case.request.situation.history
    return any((touch.action_type, touch.outcome) == ("PREP_RENEWAL_BRIEF", "BRIEF_READY") for touch in history)


def unknown_parameter(proposal: Proposal, _case: Case) -> Proposal:
    """Name a recipient of one's own."""
    step = proposal.steps[-1]
    return changed(proposal, step.key, params=step.params | {"recipient": "someone@elsewhere.example"})


def parameter_missing(proposal: Proposal, _case: Case) -> Proposal:
    """Leave out all parameters of a step."""
    return changed(proposal, proposal.steps[0].key, params={})


def parameter_out_of_range(proposal: Proposal, _case: Case) -> Proposal | None:
    """Offer more slots than there may be."""
    return _with_param(proposal, "proposed_slots", 6)


def bound_too_early(proposal: Proposal, _case: Case) -> Proposal | None:
    """Name the signed paper before there is one."""
    step = first(proposal, "RECORD_COMMITMENT")
    return changed(proposal, step.key, params=step.params | {"evidence_ref": "signed-1"}) if step else None


def precondition_missing(proposal: Proposal, case: Case) -> Proposal | None:
    """Take an action that the situation does not allow."""
    for action in ("ESCALATE_SUPPORT_RISK", "RESOLVE_BILLING_BLOCKER", "LAUNCH_ADOPTION_PLAY", "REBUILD_CHAMPION"):
        spec, step = find_spec(action), new_step("more", action, proposal, case)
        if spec and step and all(PRECONDITIONS[name](known(case), step.params) for name in spec.preconditions):
            return grown(proposal, step)
    return None


def offer_to_who_does_not_sign(proposal: Proposal, case: Case) -> Proposal | None:
    """Send the offer to somebody who neither signs nor buys."""
    step = first(proposal, "SEND_RENEWAL_PROPOSAL")
    other = next((contact for contact in known(case).contacts if not contact.signs), None)
    return (
        changed(proposal, step.key, params=step.params | {"contact_id": other.contact_id}) if step and other else None
    )


def discount_too_deep(proposal: Proposal, _case: Case) -> Proposal | None:
    """Give away more than policy allows."""
    return _with_param(proposal, "discount_bp", 2001)


def unreachable_contact(proposal: Proposal, case: Case) -> Proposal | None:
    """Write to somebody who opted out, left or may not be contacted."""
    gone = (c for c in known(case).contacts if c.opted_out or c.left_company or not c.contactable)
    contact = next(gone, None)
    return _to(proposal, contact.contact_id) if contact else None


def foreign_contact(proposal: Proposal, _case: Case) -> Proposal | None:
    """Write to somebody of another account."""
    return _to(proposal, "stranger-1")


def foreign_ticket(proposal: Proposal, _case: Case) -> Proposal | None:
    """Escalate a ticket of another account."""
    return _with_param(proposal, "ticket_ids", ["T-99999"])


def foreign_deal(proposal: Proposal, _case: Case) -> Proposal | None:
    """Record the commitment to a deal of another account."""
    return _with_param(proposal, "opportunity_id", "stranger-renewal")


def foreign_owner(proposal: Proposal, _case: Case) -> Proposal | None:
    """Confirm an owner whom nobody knows."""
    return _with_param(proposal, "candidate_owner", "p-nobody")


def foreign_goal(proposal: Proposal, _case: Case) -> Proposal:
    """Serve a goal that the tenant does not have."""
    return proposal.model_copy(update={"goal": "grow-fast"})


def phantom_evidence(proposal: Proposal, _case: Case) -> Proposal:
    """Cite what does not exist."""
    return changed(proposal, proposal.steps[-1].key, evidence=("ghost-s1",))


def nothing_cited(proposal: Proposal, _case: Case) -> Proposal:
    """Cite nothing for a step."""
    return changed(proposal, proposal.steps[-1].key, evidence=())


def contract_twice(proposal: Proposal, _case: Case) -> Proposal:
    """Defend a contract twice."""
    return proposal.model_copy(update={"subject": (*proposal.subject, proposal.subject[0])})


def link_in_a_text(proposal: Proposal, _case: Case) -> Proposal:
    """Put a link into a reason."""
    return written_into(proposal, "See https://portal.example/login first.")


def markup_in_a_text(proposal: Proposal, _case: Case) -> Proposal:
    """Put markup into a reason."""
    return written_into(proposal, "See ![this](x) first.")


def hidden_letter_in_a_text(proposal: Proposal, _case: Case) -> Proposal:
    """Hide a letter without width in a reason."""
    return written_into(proposal, "All is\u200b well.")


def text_turned_around(proposal: Proposal, _case: Case) -> Proposal:
    """Turn the direction of a text around."""
    return written_into(proposal, "All is \u202ewell.")


def text_too_long(proposal: Proposal, _case: Case) -> Proposal | None:
    """Write a message without end."""
    for step in proposal.steps:
        for name in written_fields(step.action_type):
            return changed(proposal, step.key, params=step.params | {name: "and so on " * 201})
    return None


def other_account(proposal: Proposal, _case: Case) -> Proposal:
    """Plan for another account."""
    return proposal.model_copy(update={"account_id": "stranger"})


def _notice(number: int) -> dict[str, str]:
    return {"channel": "SLACK", "message": f"Read this, and then the next ({number})."}


def _with_param(proposal: Proposal, name: str, value: object) -> Proposal | None:
    step = next((step for step in reversed(proposal.steps) if name in step.params), None)
    return changed(proposal, step.key, params=step.params | {name: value}) if step else None


def _to(proposal: Proposal, contact_id: str) -> Proposal | None:
    """Return the plan with every external step going to one contact; None where none names a contact."""

    def turned(step: ProposedStep) -> ProposedStep:
        name = next((name for name in ("contact_id", "contact_ids") if name in step.params), None)
        if name is None or not external(step):
            return step
        params = step.params | {name: contact_id if name == "contact_id" else [contact_id]}
        return step.model_copy(update={"params": params})

    found = each(proposal, turned)
    return found if found != proposal else None


DEFECTS: tuple[Defect, ...] = (
    of_proposal("policy", other_account, "PG002"),
    of_proposal("policy", text_too_long, "PG004"),
    of_proposal("policy", too_many_steps, "PG010"),
    of_proposal("policy", no_steps, "PG010"),
    of_proposal("policy", unapproved_action, "PG011"),
    of_proposal("policy", action_too_often, "PG011"),
    of_proposal("policy", brief_dropped, "PG012"),
    of_proposal("policy", brief_optional, "PG012"),
    of_proposal("policy", unknown_parameter, "PG013"),
    of_proposal("policy", parameter_missing, "PG013"),
    of_proposal("policy", parameter_out_of_range, "PG013"),
    of_proposal("policy", bound_too_early, "PG013"),
    of_proposal("policy", precondition_missing, "PG014"),
    of_proposal("policy", offer_to_who_does_not_sign, "PG014"),
    of_proposal("policy", unreachable_contact, "PG061"),
    of_proposal("policy", foreign_contact, "PG070"),
    of_proposal("policy", foreign_ticket, "PG070"),
    of_proposal("policy", foreign_deal, "PG070"),
    of_proposal("policy", foreign_owner, "PG070"),
    of_proposal("policy", foreign_goal, "PG070"),
    of_proposal("policy", phantom_evidence, "PG070"),
    of_proposal("policy", nothing_cited, "PG071"),
    of_proposal("policy", contract_twice, "PG073"),
    of_proposal("policy", discount_too_deep, "PG080"),
    of_proposal("policy", link_in_a_text, "PG082"),
    of_proposal("policy", markup_in_a_text, "PG082"),
    of_proposal("policy", hidden_letter_in_a_text, "PG082"),
    of_proposal("policy", text_turned_around, "PG082"),
)
