"""How a tenant's ledger is kept: it is given another key, and is taken up again after an older copy was put back."""

from gate import Act
from ledger import Anchor, KeyRotated, LogReopened
from orchestrator.desk import Acting, Desk, authorize, check_reason
from orchestrator.errors import BadInputError
from plan import Cause

LOG = "log"


def rotate_key(desk: Desk, who: Acting) -> KeyRotated | None:
    """Let the newest key of the installation sign from now on; None where it does already."""
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.KEEP_LEDGER)
        told = unit.next_key()
        if told is not None:
            cause = Cause(kind="person", ref=who.principal.principal_id)
            unit.record(LOG, "log.key_rotated.v1", told, actor=who.actor, authority=authority, cause=cause)
        return told


def reopen(desk: Desk, lost: Anchor | None, reason: str, who: Acting) -> LogReopened:
    """Go on under another origin, because the database was put back to an older state than an anchor tells of.

    Raises: BadInputError where the anchor is not ahead of the ledger, since then nothing was lost.
    """
    check_reason(reason)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.KEEP_LEDGER)
        point = unit.checkpoint()
        if lost is not None and (lost.point.origin != point.origin or lost.size <= point.size):
            raise BadInputError(
                f"{lost} is not ahead of the ledger, which has {point.size} entries as {point.origin}: nothing was "
                "lost, and it goes on as it is"
            )
        told = unit.reopened(lost)
        cause = Cause(kind="person", ref=who.principal.principal_id)
        unit.record(
            LOG,
            "log.reopened.v1",
            told,
            actor=who.actor,
            authority=authority,
            cause=cause,
            reason=("restored", reason),
        )
        return told
