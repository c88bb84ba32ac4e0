"""Of two answers to one question, the stricter: what runs keeps the promises of the bundle it was approved under."""

from gate.decisions import Decision, GateError, RequiredAuthority, Verdict, Violation
from gate.policy import Approver
from plan import highest


def strictest(current: Decision, pinned: Decision) -> Decision:
    """Return an answer that is weaker than neither in verdict, violations, severities, role, persons or overrides.

    It speaks in the name of the current policy. Raises GateError where the two answer different questions.
    """
    if (current.phase, current.inputs_digest, current.ruleset_digest) != (
        pinned.phase,
        pinned.inputs_digest,
        pinned.ruleset_digest,
    ):
        raise GateError("two answers to different questions cannot be combined; judge the same inputs twice")
    return Decision(
        verdict=max(current.verdict, pinned.verdict, key=list(Verdict).index),
        phase=current.phase,
        risk=highest((current.risk, pinned.risk)),
        required_authority=_authority(current.required_authority, pinned.required_authority),
        violations=_violations(current, pinned),
        policy_digest=current.policy_digest,
        ruleset_digest=current.ruleset_digest,
        inputs_digest=current.inputs_digest,
    )


def _authority(one: RequiredAuthority, other: RequiredAuthority) -> RequiredAuthority:
    return RequiredAuthority(
        role=max(one.role, other.role, key=lambda role: Approver(role).rank),
        persons=max(one.persons, other.persons),
        overrides=tuple(sorted({*one.overrides, *other.overrides})),
    )


def _violations(*answers: Decision) -> tuple[Violation, ...]:
    """Return the violations of both in the order of their codes; one that both name counts in its harder form."""
    found: dict[tuple[str, str, str], Violation] = {}
    for violation in (v for answer in answers for v in answer.violations):
        place = (violation.code, violation.where, violation.message)
        found[place] = _harder(found[place], violation) if place in found else violation
    return tuple(sorted(found.values(), key=lambda violation: violation.code))


def _harder(one: Violation, other: Violation) -> Violation:
    ends = (one.clears_at, other.clears_at)
    clears_at = None if None in ends else max(end for end in ends if end is not None)
    harder = max(one, other, key=lambda v: v.severity.rank)
    return harder.model_copy(update={"clears_at": clears_at})
