"""What can be wrong with a ledger."""

from plan import OncourseError


class LedgerError(OncourseError):
    """An entry that the ledger cannot hold, or a ledger that does not fold."""

    code = "ledger"


class BadNoteError(LedgerError):
    """A note, key or proof that is not one, or that nobody who is known has signed."""

    code = "bad_note"
