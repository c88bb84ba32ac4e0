"""One person outside who was reached: the words of a list of contacts."""

from enum import StrEnum
from uuid import UUID

from plan import Frozen, Id, Instant


class OptedOut(StrEnum):
    """Whether somebody had asked to be left alone when a contact was made."""

    NO = "no"
    YES = "yes"
    UNHEARD = "yes, not known then"
    """It came in later, and says that it had been so before."""
    GATE_SAYS_NO = "no, the gate said"
    """What the gate was told is erased; what it answered is not."""
    UNKNOWN = "erased"


class Left(StrEnum):
    """What became of it."""

    SENT = "sent"
    IN_DOUBT = "may have left"
    UNDER_WAY = "under way"
    HANDED_OVER = "handed to a person"
    REPORTED = "done by hand"


class ContactMade(Frozen):
    """One person reached by one attempt of one step."""

    position: int
    """Of the entry with which it began."""
    entry: str
    at: Instant
    account_id: Id
    plan_id: str
    step_id: UUID
    attempt: int
    action: str
    channel: str
    """The executor that carried it, or `by hand`; empty where none has answered."""
    contact_id: str
    """As the customer's system calls them; empty for nobody in particular."""
    address: str = ""
    """As it was known then; only where it was asked for."""
    approved_by: tuple[Id, ...]
    approvals: tuple[str, ...]
    """Their entries."""
    receipt: str
    outcome: str
    left: Left
    opted_out: OptedOut

    @property
    def finding(self) -> str:
        """Return what is wrong with it, in one line; nothing where nothing is."""
        said = f"{self.entry}: {self.action} to {self.contact_id or 'nobody in particular'} on {self.at:%Y-%m-%d %H:%M}"
        if self.opted_out is OptedOut.YES:
            return f"{said}: whoever it went to had asked to be left alone"
        if self.opted_out is OptedOut.UNHEARD:
            return f"{said}: whoever it went to had asked to be left alone, which came in later"
        return f"{said}: nobody had approved it" if not self.approved_by else ""
