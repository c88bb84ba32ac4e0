"""The rules, one family a file; codes are never reused or renumbered."""

from gate.rules.approvals import APPROVALS
from gate.rules.contacts import CONTACTS
from gate.rules.grounds import GROUNDS
from gate.rules.limits import LIMITS
from gate.rules.ownership import OWNERSHIP
from gate.rules.rule import Found, Rule
from gate.rules.scope import SCOPE
from gate.rules.sequence import SEQUENCE
from gate.rules.steps import STEPS
from gate.rules.text import TEXT
from gate.rules.timing import TIMING

_FAMILIES = (SCOPE, STEPS, SEQUENCE, CONTACTS, GROUNDS, APPROVALS, LIMITS, OWNERSHIP, TEXT, TIMING)
RULES: tuple[Rule, ...] = tuple(sorted((rule for family in _FAMILIES for rule in family), key=lambda rule: rule.code))
"""Every rule, by code."""

__all__ = ["RULES", "Found", "Rule"]
