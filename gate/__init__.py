"""May it? Plan rules with stable codes, the policy bundle, and who may do what.

Pure: the same inputs give the same answer. Never looks anything up, never changes anything, never decides when a
transition is legal (the tables in `plan` do).
"""

from gate.authority import Act, AuthorityAnswer, AuthorityRequest, may
from gate.context import GateContext
from gate.decisions import Decision, GateError, Phase, RequiredAuthority, Severity, Verdict, Violation
from gate.judging import (
    RuleDoc,
    UnknownCodeError,
    check,
    explain_code,
    required_authority,
    rules,
    ruleset_digest,
)
from gate.policy import PolicyBundle, bundle_digest
from gate.policy_text import BadPolicyError, default_bundle, load_bundle

__all__ = [
    "Act",
    "AuthorityAnswer",
    "AuthorityRequest",
    "BadPolicyError",
    "Decision",
    "GateContext",
    "GateError",
    "Phase",
    "PolicyBundle",
    "RequiredAuthority",
    "RuleDoc",
    "Severity",
    "UnknownCodeError",
    "Verdict",
    "Violation",
    "bundle_digest",
    "check",
    "default_bundle",
    "explain_code",
    "load_bundle",
    "may",
    "required_authority",
    "rules",
    "ruleset_digest",
]
