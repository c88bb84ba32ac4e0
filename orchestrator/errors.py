"""What can be refused in a plan's life."""

from plan import OncourseError


class OrchestratorError(OncourseError):
    """A command cannot be carried out."""

    code = "refused"


class NotAllowedError(OrchestratorError):
    """Who asks may not do this; the message says who could."""

    code = "not_allowed"

    def __init__(self, message: str, grant: str) -> None:
        """Take the id of the policy that denied it, which the message names too."""
        super().__init__(message)
        self.grant = grant


class DeniedError(OrchestratorError):
    """The gate denies it; the message names the codes."""

    code = "denied"

    def __init__(self, message: str, codes: tuple[str, ...]) -> None:
        super().__init__(message)
        self.codes = codes


class ChangedError(OrchestratorError):
    """It is no longer what the person saw."""

    code = "changed_since_read"


class BadInputError(OrchestratorError):
    """What was given does not fit."""

    code = "bad_input"
