"""Whether the plan aims at what was asked, and gets there in time."""

from agent import ProposalRequest, goal, subject
from evals.cases import Case
from evals.judging import Answer
from evals.reading import deals_of, last_instant, placed, plan_of
from evals.scorers.score import Check, Score, checked
from evals.treatments import CLOSING
from plan import Proposal, ids_of

NAME = "objective"


def objective(answer: Answer, case: Case) -> Score | None:
    """Score the share of: account and type, contracts, goal, a closing step that is required and ends in time.

    A closing step is one about an open deal that renews these contracts; where no such deal is known none is asked
    for. A plan that holds an action which the case calls wrong aims at something else, so it fails here.
    """
    proposal, request, expect = plan_of(answer, case), case.request, case.expect
    if proposal is None:
        return None
    account, contracts = request.situation.account.account_id, sorted(c.contract_id for c in subject(request))
    wrong = [f"{s.key} ({s.action_type})" for s in proposal.steps if s.action_type in expect.unwanted]
    return checked(
        NAME,
        [
            Check(
                (proposal.account_id, proposal.plan_type) == (account, request.plan_type),
                f"it is a {proposal.plan_type} of {proposal.account_id}, not a {request.plan_type} of {account}",
            ),
            Check(sorted(proposal.subject) == contracts, f"it defends other contracts than {', '.join(contracts)}"),
            Check(proposal.goal == goal(request), f"it serves the goal {proposal.goal}, not {goal(request)}"),
            *_closing(proposal, request),
            Check(not wrong, f"step {', '.join(wrong)} is wrong here; leave it out"),
        ],
        hard=False,
    )


def _closing(proposal: Proposal, request: ProposalRequest) -> list[Check]:
    deals, last = deals_of(request), last_instant(request)
    closing = [
        found
        for found in placed(proposal, request)
        if found.step.action_type in CLOSING and not deals.isdisjoint(ids_of(found.step.params, "opportunity_id"))
    ]
    required = [found for found in closing if found.step.required]
    return [
        Check(not deals or bool(closing), f"nothing closes {', '.join(sorted(deals))}; add {' or '.join(CLOSING)}"),
        Check(not deals or bool(required), "no closing step is required; without one the plan reaches nothing"),
        Check(
            not deals or any(found.ends <= last for found in required),
            f"no required closing step ends by {last:%Y-%m-%d}, the last day that counts",
        ),
    ]
