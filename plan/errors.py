"""The one base of every error that oncourse raises on purpose."""


class OncourseError(Exception):
    """Something was refused or could not be done; the message says what and what now."""

    code: str = "error"


class PlanError(OncourseError):
    """A document or value does not make a plan."""

    code = "bad_plan"


class IllegalMoveError(OncourseError):
    """A transition that the tables do not hold."""

    code = "illegal_move"


class CatalogueError(OncourseError):
    """The action catalogue is not what it should be."""

    code = "bad_catalogue"
