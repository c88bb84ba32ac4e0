"""The judgement: every rule that the phase asks for, one decision."""

import inspect
import sys
from datetime import datetime
from functools import cache
from typing import NamedTuple

from gate.context import GateContext
from gate.decisions import Decision, GateError, Phase, RequiredAuthority, Severity, Verdict, Violation
from gate.policy import PolicyBundle, bundle_digest
from gate.rules import RULES, Rule
from gate.rules.rule import DRAFTING
from gate.view import View
from plan import Frozen, RevenuePlanV1, RiskClass, digest_bytes

RAISED = "PG999"
_LONGEST = 600
_RAISED_MEND = "Report it with the plan's id; until it is mended the plan does not run."


class RuleDoc(Frozen):
    """A rule in words."""

    code: str
    floor: Severity
    phases: tuple[str, ...]
    title: str
    text: str
    mend: str


class UnknownCodeError(GateError):
    """No rule has this code."""

    code = "unknown_code"


class Judgement(NamedTuple):
    """What the rules come to, before anything is digested."""

    verdict: Verdict
    risk: RiskClass
    required_authority: RequiredAuthority
    violations: tuple[Violation, ...]


def check(plan: RevenuePlanV1, context: GateContext, policy: PolicyBundle, *, phase: Phase, now: datetime) -> Decision:
    """Judge a plan: HARD denies, everything else asks a person, and an exception inside a rule counts as HARD PG999.

    Once a plan was approved, what time alone mends (`clears_at`) denies and asks nothing: the step waits for it.
    `now` and every fact are inputs: the same inputs give the same decision, byte for byte, on any machine.
    """
    return answer(View(plan, context, policy, phase=phase, now=now))


def answer(view: View) -> Decision:
    """Answer one question under its policy."""
    found, policy = weigh(view), view.policy
    return Decision(
        verdict=found.verdict,
        phase=view.phase,
        risk=found.risk,
        required_authority=found.required_authority,
        violations=found.violations,
        policy_digest=bundle_digest(policy),
        ruleset_digest=ruleset_digest(),
        inputs_digest=digest_bytes(view.inputs_bytes),
    )


def weigh(view: View) -> Judgement:
    """Ask every rule of the phase and weigh what they say."""
    plan, policy, phase = view.plan, view.policy, view.phase
    violations = tuple(v for rule in RULES if phase in rule.phases for v in _judge(rule, view))
    risk = view.risk if plan.steps else RiskClass.HIGH
    lasting = violations if phase in DRAFTING else tuple(v for v in violations if v.clears_at is None)
    worst = max((v.severity.rank for v in lasting), default=-1)
    return Judgement(
        verdict=Verdict.DENY if worst == Severity.HARD.rank else Verdict.ASK,
        risk=risk,
        required_authority=required_authority(risk, lasting, policy, plan.amount_minor),
        violations=violations,
    )


def required_authority(
    risk: RiskClass, violations: tuple[Violation, ...], policy: PolicyBundle, amount_minor: int = 0
) -> RequiredAuthority:
    """Return whose approval it takes: as the risk class demands, and more where a SOFT rule is broken.

    `amount_minor` is the yearly revenue that the plan is about. A SOFT violation takes two persons, one of whom is a
    senior approver who overrides it with a reason.
    """
    asked = policy.authority[risk]
    soft = tuple(sorted({v.code for v in violations if v.severity is Severity.SOFT}))
    persons = max(asked.persons_for(amount_minor), 2 if soft else 1)
    return RequiredAuthority(role=asked.role, persons=persons, overrides=soft)


def _judge(rule: Rule, view: View) -> list[Violation]:
    try:
        found = _found(rule, view)
    except Exception as error:  # noqa: BLE001 - a rule that raises must not let a plan pass
        told = f"rule {rule.code} raised {type(error).__name__}"
        return [Violation(code=RAISED, severity=Severity.HARD, where="gate", message=told, mend=_RAISED_MEND)]
    if not found:
        return []
    severity = max((rule.floor, view.policy.severities.get(rule.code, rule.floor)), key=lambda s: s.rank)
    return [
        Violation(
            code=rule.code,
            severity=severity,
            where=place,
            message=_plain(message),
            mend=rule.mend,
            clears_at=clears_at,
        )
        for place, message, clears_at in found
    ]


def _found(rule: Rule, view: View) -> tuple[tuple[str, str, datetime | None], ...]:
    """Return what a rule finds; one that never looks at the policy is not asked again under another."""
    known = view.found.get(rule.code)
    if known is None:
        view.asked_policy = False
        known = tuple(rule.judge(view))
        if not view.asked_policy:
            view.found[rule.code] = known
    return known


def _plain(message: str) -> str:
    """Return a message as one short printable line: it may quote what a stranger wrote."""
    told = message if message.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)
    return told if len(told) <= _LONGEST else told[: _LONGEST - 3] + "..."


@cache
def ruleset_digest() -> str:
    """Return the digest of all rules: their codes, floors and phases, and the source they are judged by."""
    told = [f"{rule.code} {rule.floor} {','.join(rule.phases)}" for rule in RULES]
    names = dict.fromkeys((check.__module__, View.__module__, *(rule.judge.__module__ for rule in RULES)))
    sources = [inspect.getsource(sys.modules[name]) for name in names]
    return digest_bytes("\n".join([*told, *sources]).encode())


@cache
def rules() -> tuple[RuleDoc, ...]:
    """Return every rule in words, by code."""
    told = [
        RuleDoc(code=r.code, floor=r.floor, phases=tuple(r.phases), title=r.title, text=r.text, mend=r.mend)
        for r in RULES
    ]
    raised = RuleDoc(
        code=RAISED,
        floor=Severity.HARD,
        phases=tuple(Phase),
        title="A rule raised",
        text="A rule could not be judged. The gate fails closed: what cannot be judged is denied.",
        mend=_RAISED_MEND,
    )
    return (*told, raised)


def explain_code(code: str) -> RuleDoc:
    """Return a rule in words; raise UnknownCodeError with codes that are near."""
    wanted = code.strip().upper()
    for doc in rules():
        if doc.code == wanted:
            return doc
    near = [doc.code for doc in rules() if doc.code[:4] == wanted[:4]] or [doc.code for doc in rules()]
    raise UnknownCodeError(f"there is no rule {code!r}; near: {', '.join(near)} (all: oncourse gate explain all)")


def floors() -> dict[str, Severity]:
    """Return the lowest severity of each code."""
    return {doc.code: doc.floor for doc in rules()}
