"""Where an MCP server is, and the two ways in which an exchange with it ends without an answer."""

from pydantic import Field, SecretStr

from plan import Frozen, OncourseError


class Line(Frozen):
    """The way to a server."""

    url: str
    token: SecretStr = SecretStr("")
    """Sent as bearer token; none where empty."""
    timeout: float = Field(default=30.0, gt=0)
    """Seconds for a whole exchange, from the connection to the answer."""


class NotLeftError(OncourseError):
    """The call certainly did not leave."""

    code = "not_left"

    def __init__(self, outcome: str, told: str, *, again: bool = True) -> None:
        super().__init__(told)
        self.outcome, self.again = outcome, again


class InDoubtError(OncourseError):
    """The call may have left, and no answer came."""

    code = "in_doubt"
