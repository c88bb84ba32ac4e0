"""What the gate answers: a verdict, the authority it takes, and every violation with what to do about it."""

from enum import StrEnum

from plan import Digest, Frozen, Instant, OncourseError, RiskClass, digest


class GateError(OncourseError):
    """The gate was asked something it cannot answer."""

    code = "gate"


class Phase(StrEnum):
    """When the gate is asked."""

    PROPOSE = "PROPOSE"
    APPROVE = "APPROVE"
    ACTIVATE = "ACTIVATE"
    RESUME = "RESUME"
    STEP = "STEP"


class Verdict(StrEnum):
    """PERMIT runs without a person, ASK needs one, DENY stops."""

    PERMIT = "PERMIT"
    ASK = "ASK"
    DENY = "DENY"


class Severity(StrEnum):
    """How much a violation weighs; a bundle may raise it, never lower it."""

    ADVISORY = "ADVISORY"
    SOFT = "SOFT"
    HARD = "HARD"

    rank: int
    """0 for ADVISORY, 1 for SOFT, 2 for HARD."""

    def __init__(self, _value: str) -> None:
        self.rank = len(type(self).__members__)


class Violation(Frozen):
    """One broken rule."""

    code: str
    severity: Severity
    where: str
    message: str
    mend: str
    """What a person does about it."""
    clears_at: Instant | None = None
    """When time alone mends it, as far as is known now: a step that wants to start waits for it."""


class RequiredAuthority(Frozen):
    """Whose approval it takes."""

    role: str
    persons: int
    overrides: tuple[str, ...] = ()
    """SOFT codes, sorted, each of which a senior approver must override with a reason."""


class Decision(Frozen):
    """The gate's answer; the same inputs give the same bytes on any machine."""

    verdict: Verdict
    phase: Phase
    risk: RiskClass
    required_authority: RequiredAuthority
    violations: tuple[Violation, ...]
    policy_digest: Digest
    ruleset_digest: Digest
    inputs_digest: Digest

    @property
    def digest(self) -> str:
        """Return the digest of the whole decision."""
        return digest(self)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of all violations, sorted, each once."""
        return tuple(sorted({violation.code for violation in self.violations}))
