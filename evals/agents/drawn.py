"""Agents that draw lots: any plan that the schema takes, and the first such plan that the gate lets by."""

from hashlib import sha256
from random import Random

from agent.scope import subject
from evals.agents.constant import Outcome, proposal
from evals.agents.filling import fill
from evals.cases import Case
from evals.judging import answered
from gate import Severity
from plan import NoPlan, NoPlanReason, ProposedDependency, ProposedStep, spec_of

TRIES = 60
"""How often lots are drawn for a plan that the gate lets by."""
_WORDS = ("The account matters.", "It is time to act.", "This helps the renewal.", "Usage and trust decide.")


def random_plan(case: Case, number: int = 0) -> Outcome:
    """Draw a plan: three to eight actions on any days, citing anything, waiting for any earlier step."""
    return _drawn(case, _random(case, "any", number), ordered=False)


def gate_valid(case: Case, number: int = 0) -> Outcome:
    """Draw until every rule is kept; a refusal where no draw keeps them."""
    drawn = _random(case, "valid", number)
    for _ in range(TRIES):
        found = _drawn(case, drawn, ordered=True)
        decision = answered(found, case.request).decision
        if decision is not None and all(v.severity is Severity.ADVISORY for v in decision.violations):
            return found
    return NoPlan(reason=NoPlanReason.UNREADABLE, suggestion="No draw kept every rule.")


def _random(case: Case, what: str, number: int) -> Random:
    return Random(sha256(f"{case.name} {what} {number}".encode()).digest())  # noqa: S311 - lots, not secrets


def _drawn(case: Case, drawn: Random, *, ordered: bool) -> Outcome:
    approved = list(case.request.approved_actions)
    wanted = drawn.sample(approved, min(len(approved), drawn.randint(3, 8)))
    if ordered:
        wanted = _prepared(wanted, approved)
    most = max(1, min((_days(case) - 35, 120)))
    days = [drawn.randint(0, most) for _ in wanted]
    steps = list[ProposedStep]()
    for action, day in zip(wanted, sorted(days) if ordered else days, strict=True):
        params = fill(action, case, drawn)
        if params is not None:
            steps.append(_step(case, drawn, action, day, params, steps, ordered=ordered))
    return proposal(case, steps, drawn.randint(0, 100))


def _step(
    case: Case,
    drawn: Random,
    action: str,
    day: int,
    params: dict[str, object],
    before: list[ProposedStep],
    *,
    ordered: bool,
) -> ProposedStep:
    evidence = sorted(case.request.situation.evidence_ids())
    parents = [step.key for step in before if ordered or drawn.random() < 0.3]  # noqa: PLR2004 - a lot
    return ProposedStep(
        key=f"s{len(before)}",
        action_type=action,
        params=params,
        depends_on=tuple(ProposedDependency(key=key) for key in parents[-6:]),
        start_day=day,
        required=drawn.random() < 0.7 or action == "PREP_RENEWAL_BRIEF",  # noqa: PLR2004 - a lot
        evidence=tuple(drawn.sample(evidence, min(len(evidence), drawn.randint(1, 3)))),
        rationale=drawn.choice(_WORDS),
    )


def _prepared(wanted: list[str], approved: list[str]) -> list[str]:
    """Return the actions with what they need in front of them, the brief first."""
    found = ["PREP_RENEWAL_BRIEF"] if "PREP_RENEWAL_BRIEF" in approved else []

    def add(action: str) -> None:
        if action not in found:
            for need in spec_of(action).requires:
                add(need.actions[0])
            found.append(action)

    for action in wanted:
        add(action)
    return [action for action in found if action in approved]


def _days(case: Case) -> int:
    known = case.request.situation
    today = known.tenant.calendar.local_date(case.request.now)
    return min(((contract.renews_on - today).days for contract in subject(case.request)), default=0)
