"""How somebody is turned away."""

from plan import OncourseError


class IdentityError(OncourseError):
    """Somebody cannot come in so."""

    code = "unauthenticated"


class SignInRefusedError(IdentityError):
    """What was shown proves nothing; which part of it was wrong is not told."""

    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__(
            "this does not sign anybody in: look at each part and try again; after several tries wait a while"
        )


class BusyError(IdentityError):
    """Too many sign in at this moment."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("too many sign in at this moment; try again in a few seconds")


class CodeNeededError(IdentityError):
    """The password was right, and a second factor must be shown with it."""

    code = "second_factor_needed"

    def __init__(self) -> None:
        super().__init__("a second factor is needed: give the code that your authenticator shows as well")


class NotSignedInError(IdentityError):
    """There is no session, or it has ended."""

    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__("nobody is signed in here (any more); sign in again")


class LinkRefusedError(IdentityError):
    """A one-time link opens nothing."""

    code = "link_refused"

    def __init__(self) -> None:
        super().__init__(
            "this link is unknown, used or over 15 minutes old; ask for a new one: oncourse principal link ID"
        )


class StepUpNeededError(IdentityError):
    """A second factor was not shown recently enough."""

    code = "step_up_needed"

    def __init__(self) -> None:
        super().__init__("this takes a second factor shown within the last 10 minutes; show one and try again")


class ProviderRefusedError(IdentityError):
    """The identity provider's answer lets nobody in."""

    code = "sign_in_refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; sign in again, or ask whoever runs this installation (docs/identity.md)")


class ProviderSilentError(IdentityError):
    """The identity provider cannot be asked."""

    code = "identity_provider"

    def __init__(self) -> None:
        super().__init__("the identity provider does not answer as it should; try again in a while")
