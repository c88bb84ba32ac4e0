"""How a log changes its key or its origin, as entries of its own stream `log`.

A rotation carries the old key's signature on the new one, so that whoever trusts the old one comes to trust the new.
"""

from pydantic import Field

from ledger.errors import BadNoteError
from ledger.note import Signer, Verifier, open_note
from plan import Frozen

_ROTATION = "oncourse ledger: the next key\n"


class KeyRotated(Frozen):
    """Another key signs from the next entry on; both sign the checkpoint that ends with this one."""

    previous: str = Field(max_length=300)
    next: str = Field(max_length=300)
    """Both as public keys, `NAME+KEYID+KEY`."""
    endorsement: str = Field(max_length=900)
    """A note in which the previous key names the next one."""

    @classmethod
    def by(cls, previous: Signer, following: Verifier) -> "KeyRotated":
        """Return the rotation from one key to another."""
        text = f"{_ROTATION}{previous.verifier.name}\n{following}\n"
        return cls(previous=str(previous.verifier), next=str(following), endorsement=previous.sign(text))

    def keys(self) -> tuple[Verifier, Verifier]:
        """Return both keys; raise BadNoteError where the previous one did not name the next one."""
        before, after = Verifier.read(self.previous), Verifier.read(self.next)
        text, _ = open_note(self.endorsement, [before])
        if text != f"{_ROTATION}{before.name}\n{after}\n":
            raise BadNoteError(f"the key {before.key_id.hex()} endorsed something else than the key that follows it")
        return before, after


class LogReopened(Frozen):
    """The log goes on under another origin, because an older copy of it was put back."""

    origin: str = Field(max_length=200)
    previous: str = Field(max_length=200)
    size: int = Field(ge=0)
    """How many entries the copy had."""
    root: str = Field(max_length=60)
    lost: str = Field(default="", max_length=2000)
    """The checkpoint of the later state that is gone, as it was signed; empty where none was kept."""
