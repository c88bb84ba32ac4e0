"""May it? Plan rules with stable codes, the policy bundle, and who may do what.

Pure: the same inputs give the same answer. Never looks anything up, never changes anything, never decides when a
transition is legal (the tables in `plan` do).
"""

from gate.authority import (
    DELEGABLE,
    DENIED,
    INACTIVE,
    LAST_ADMIN,
    TAKES_TWO,
    Act,
    AuthorityAnswer,
    AuthorityRequest,
    BadAuthorityError,
    may,
    who_can,
)
from gate.comparing import PolicyDifference, policy_differences
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
from gate.policy_tests import (
    BadPolicyTestError,
    CaseResult,
    PolicyTable,
    built_in_bases,
    read_table,
    run_table,
)
from gate.policy_text import BadPolicyError, default_bundle, load_bundle
from gate.recordings import (
    BadRecordingError,
    Recording,
    ask,
    inputs_text,
    judge_again,
    read_inputs,
    read_recording,
    recording_text,
)
from gate.rules.text import unclean
from gate.simulating import Asked, Moved, Simulation, simulate
from gate.strictness import strictest

__all__ = [
    "DELEGABLE",
    "DENIED",
    "INACTIVE",
    "LAST_ADMIN",
    "TAKES_TWO",
    "Act",
    "Asked",
    "AuthorityAnswer",
    "AuthorityRequest",
    "BadAuthorityError",
    "BadPolicyError",
    "BadPolicyTestError",
    "BadRecordingError",
    "CaseResult",
    "Decision",
    "GateContext",
    "GateError",
    "Moved",
    "Phase",
    "PolicyBundle",
    "PolicyDifference",
    "PolicyTable",
    "Recording",
    "RequiredAuthority",
    "RuleDoc",
    "Severity",
    "Simulation",
    "UnknownCodeError",
    "Verdict",
    "Violation",
    "ask",
    "built_in_bases",
    "bundle_digest",
    "check",
    "default_bundle",
    "explain_code",
    "inputs_text",
    "judge_again",
    "load_bundle",
    "may",
    "policy_differences",
    "read_inputs",
    "read_recording",
    "read_table",
    "recording_text",
    "required_authority",
    "rules",
    "ruleset_digest",
    "run_table",
    "simulate",
    "strictest",
    "unclean",
    "who_can",
]
