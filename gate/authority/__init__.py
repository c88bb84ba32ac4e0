"""Who may do what: Cedar policies and their schema, asked through one file.

Legality of a move is not in here: the tables in `plan` know it.
"""

from gate.authority.cedar import BadAuthorityError, may, policies_text, schema_text, who_can
from gate.authority.requests import DELEGABLE, Act, AuthorityAnswer, AuthorityRequest
from gate.authority.words import DENIED, INACTIVE, LAST_ADMIN, TAKES_TWO

__all__ = [
    "DELEGABLE",
    "DENIED",
    "INACTIVE",
    "LAST_ADMIN",
    "TAKES_TWO",
    "Act",
    "AuthorityAnswer",
    "AuthorityRequest",
    "BadAuthorityError",
    "may",
    "policies_text",
    "schema_text",
    "who_can",
]
