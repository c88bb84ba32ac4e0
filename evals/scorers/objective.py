"""Whether the plan aims at what was asked, and gets there in time."""

from agent import ProposalRequest, goal, subject
from evals.cases import Case
from evals.judging import Answer
from evals.reading import ancestors, deals_of, last_instant, placed, plan_of
from evals.scorers.score import Check, Score, checked
from evals.treatments import CLOSING, SUPPORTING
from plan import Proposal, ProposedStep, ids_of

NAME = "objective"


def objective(answer: Answer, case: Case) -> Score | None:
    """Score the share of: the right aim, a closing step that is required, one that ends in time, nothing unwanted.

    The aim is the account, the type, the contracts and the goal. A closing step is one about an open deal that renews
    these contracts, and that waits for what leads to it; where no such deal is known none is asked for. A plan that
    holds an action which the case calls wrong aims at something else, so it fails here.
    """
    proposal = plan_of(answer, case)
    if proposal is None:
        return None
    aim, asked = (
        (proposal.account_id, proposal.plan_type, sorted(proposal.subject), proposal.goal),
        _asked(case.request),
    )
    checks = [
        Check(aim == asked, f"it aims at {_told(aim)}; asked for was {_told(asked)}"),
        *_closing(proposal, case.request),
    ]
    if case.expect.unwanted:
        wrong = [f"{s.key} ({s.action_type})" for s in proposal.steps if s.action_type in case.expect.unwanted]
        checks.append(Check(not wrong, f"step {', '.join(wrong)} is wrong here; leave it out"))
    return checked(NAME, checks, hard=False)


def _asked(request: ProposalRequest) -> tuple[object, ...]:
    contracts = sorted(contract.contract_id for contract in subject(request))
    return request.situation.account.account_id, request.plan_type, contracts, goal(request)


def _told(aim: tuple[object, ...]) -> str:
    account, kind, contracts, serves = aim
    return f"{kind} of {account}, contracts {contracts}, goal {serves}"


def _closing(proposal: Proposal, request: ProposalRequest) -> list[Check]:
    deals, last = deals_of(request), last_instant(request)
    if not deals:
        return []
    closing = [
        found
        for found in placed(proposal, request)
        if found.step.action_type in CLOSING
        and not deals.isdisjoint(ids_of(found.step.params, "opportunity_id"))
        and _led_to(found.step, proposal)
    ]
    what, day = f"{' or '.join(CLOSING)} of {' or '.join(sorted(deals))}", f"{last:%Y-%m-%d}"
    required = any(found.step.required for found in closing)
    in_time = any(found.ends <= last for found in closing if found.step.required)
    return [
        Check(required, f"no required step that waits for what leads to it closes the objective; {what} would"),
        Check(in_time, f"no required step closes the objective by {day}, the last day that counts"),
    ]


def _led_to(step: ProposedStep, proposal: Proposal) -> bool:
    """Tell whether a step waits for any that does more than support others, where the plan has one."""
    leading = {s.key for s in proposal.steps if s.action_type not in SUPPORTING and s.action_type not in CLOSING}
    return not leading or not leading.isdisjoint(ancestors(proposal)[step.key])
