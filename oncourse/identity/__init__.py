"""Who is who: people by password and second factor or by an identity provider, machines by tokens.

Never decides what anybody may do, and keeps no secret that opens a door.
"""

from oncourse.identity.doorkeeper import SCOPES, Doorkeeper, Signed
from oncourse.identity.links import BindRefusedError, Links, check_bind, first_start, is_set_up, path_of
from oncourse.identity.local import Entry, Local
from oncourse.identity.refusals import (
    CodeNeededError,
    IdentityError,
    LinkRefusedError,
    NotSignedInError,
    SignInRefusedError,
    StepUpNeededError,
)
from oncourse.identity.secret import TOKEN_PREFIX
from oncourse.identity.sessions import Opened, Sessions
from oncourse.identity.tokens import Issued, Tokens

__all__ = [
    "SCOPES",
    "TOKEN_PREFIX",
    "BindRefusedError",
    "CodeNeededError",
    "Doorkeeper",
    "Entry",
    "IdentityError",
    "Issued",
    "LinkRefusedError",
    "Links",
    "Local",
    "NotSignedInError",
    "Opened",
    "Sessions",
    "SignInRefusedError",
    "Signed",
    "StepUpNeededError",
    "Tokens",
    "check_bind",
    "first_start",
    "is_set_up",
    "path_of",
]
