"""Who is who: people by password and second factor or by an identity provider, machines by tokens.

Never decides what anybody may do, and keeps no secret that opens a door.
"""

from oncourse.identity.doorkeeper import LOCAL, OIDC, SCOPES, Doorkeeper, Signed
from oncourse.identity.links import BindRefusedError, Links, check_bind, first_start, is_set_up, path_of
from oncourse.identity.local import Entry, Local
from oncourse.identity.members import Members
from oncourse.identity.openid import Begun, Provider
from oncourse.identity.refusals import (
    BusyError,
    CodeNeededError,
    IdentityError,
    LinkRefusedError,
    NotSignedInError,
    ProviderRefusedError,
    ProviderSilentError,
    SignInRefusedError,
    StepUpNeededError,
)
from oncourse.identity.secret import TOKEN_PREFIX
from oncourse.identity.sessions import Opened, Sessions
from oncourse.identity.tokens import Issued, Tokens

__all__ = [
    "LOCAL",
    "OIDC",
    "SCOPES",
    "TOKEN_PREFIX",
    "Begun",
    "BindRefusedError",
    "BusyError",
    "CodeNeededError",
    "Doorkeeper",
    "Entry",
    "IdentityError",
    "Issued",
    "LinkRefusedError",
    "Links",
    "Local",
    "Members",
    "NotSignedInError",
    "Opened",
    "Provider",
    "ProviderRefusedError",
    "ProviderSilentError",
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
