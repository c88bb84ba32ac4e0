"""Who is who: people by password and second factor or by an identity provider, machines by tokens.

Never decides what anybody may do, and keeps no secret that opens a door.
"""

from oncourse.identity.doorkeeper import SCOPES, Doorkeeper, Signed
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

__all__ = [
    "SCOPES",
    "TOKEN_PREFIX",
    "CodeNeededError",
    "Doorkeeper",
    "IdentityError",
    "LinkRefusedError",
    "NotSignedInError",
    "Opened",
    "Sessions",
    "SignInRefusedError",
    "Signed",
    "StepUpNeededError",
]
