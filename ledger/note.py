"""Signed notes, checkpoints and proofs, in the public formats of C2SP: signed-note, tlog-checkpoint and tlog-proof.

A checkpoint says: the log of this origin has so many entries, and their tree has this root. Whoever has the log's
public key checks it without our code. An installation's key signs for each log under the log's own name, its origin.
"""

import base64
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field

from ledger.errors import BadNoteError
from ledger.tree import HASH_BYTES, Frontier, leaf_hash, proves_inclusion
from plan import Frozen

_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_PROOF = "c2sp.org/tlog-proof@v1"
NAME = r"^[!-*,-~]{1,200}$"
"""A key's name and a log's origin: printable, without spaces and `+`."""
_NAME = re.compile(r"[!-*,-~]{1,200}")


class Verifier(Frozen):
    """A public key under a name, as `NAME+KEYID+KEY`."""

    name: str = Field(pattern=NAME)
    key: bytes = Field(min_length=HASH_BYTES, max_length=HASH_BYTES)

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the key that a text writes; raise BadNoteError for what is none."""
        name, _, rest = text.strip().partition("+")
        key_id, _, coded = rest.partition("+")
        data = _decoded(coded)
        if not _NAME.fullmatch(name) or data[:1] != _ED25519 or len(data) != 1 + HASH_BYTES:
            raise BadNoteError(f"{text[:80]!r} is no public key; it reads NAME+KEYID+KEY (see: oncourse ledger key)")
        found = cls(name=name, key=data[1:])
        if found.key_id.hex() != key_id:
            raise BadNoteError(f"the public key of {name} was altered: its id does not fit it")
        return found

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_coded(_ED25519 + self.key)}"

    def signed(self, text: str, signature: bytes) -> bool:
        """Say whether this key signed a text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private key under a name."""

    def __init__(self, name: str, seed: bytes) -> None:
        """Take 32 secret bytes; raise BadNoteError for a name that no key can have."""
        if not _NAME.fullmatch(name):
            raise BadNoteError(f"{name[:80]!r} is no name of a log")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name=name, key=self._key.public_key().public_bytes_raw())
        self._line = f"{_DASH}{name} "

    def line(self, text: str) -> str:
        """Return the line that signs a text."""
        return f"{self._line}{_coded(self.verifier.key_id + self._key.sign(text.encode()))}\n"

    def sign(self, text: str) -> str:
        """Return a text as a signed note."""
        return sign(text, self)


def sign(text: str, *signers: Signer) -> str:
    """Return a text as a note with a signature of each signer; raise BadNoteError for one that no note can hold."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise BadNoteError("a note's text ends its last line and holds no control characters")
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def open_note(note: str, verifiers: Iterable[Verifier]) -> tuple[str, tuple[Verifier, ...]]:
    """Return a note's text and who of the verifiers signed it.

    Raises: BadNoteError where none of them did, or where the signature of one of them is wrong.
    """
    text, lines = _split(note)
    known = {(one.name, one.key_id): one for one in verifiers}
    found: dict[tuple[str, bytes], Verifier] = {}
    for line in lines:
        name, key_id, signature = _signature(line)
        one = known.get((name, key_id))
        if one is None or (name, key_id) in found:
            continue
        if not one.signed(text, signature):
            raise BadNoteError(f"the signature of {name} does not fit the note: one of them was altered")
        found[name, key_id] = one
    if not found:
        raise BadNoteError("no key that is known here has signed the note")
    return text, tuple(found.values())


def same_log(origin: str, other: str) -> bool:
    """Say whether two origins name one log, before and after it was reopened: all but the number at the end."""
    return origin.rpartition("/")[0] == other.rpartition("/")[0]


def named(note: str) -> tuple[tuple[str, bytes], ...]:
    """Return name and key id of each signature of a note, whoever that is."""
    return tuple(_signature(line)[:2] for line in _split(note)[1])


class Checkpoint(Frozen):
    """How large a log is, and the root of its tree."""

    origin: str = Field(pattern=NAME)
    size: int = Field(ge=0)
    root: bytes = Field(min_length=HASH_BYTES, max_length=HASH_BYTES)

    @classmethod
    def of(cls, origin: str, tree: Frontier) -> Self:
        """Return the checkpoint of a tree."""
        return cls(origin=origin, size=tree.size, root=tree.root())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's text, whoever signed it; raise BadNoteError for what is none."""
        lines = text.split("\n")
        root = _decoded(lines[2]) if len(lines) > 3 and lines[-1] == "" else b""  # noqa: PLR2004 - three lines and an end
        size = lines[1] if root else ""
        plain = size.isascii() and size.isdigit() and (size == "0" or size[0] != "0")
        if len(root) != HASH_BYTES or not plain or not _NAME.fullmatch(lines[0]) or "" in lines[:-1]:
            raise BadNoteError("the text is no checkpoint: it has an origin, a size and a root, each on its line")
        return cls(origin=lines[0], size=int(size), root=root)

    @classmethod
    def read(cls, note: str, verifiers: Iterable[Verifier]) -> Self:
        """Return the checkpoint that one of the verifiers signed; raise BadNoteError where there is none."""
        return cls.parse(open_note(note, verifiers)[0])

    @classmethod
    def peek(cls, note: str) -> Self:
        """Return what a note says, without asking who signed it."""
        return cls.parse(_split(note)[0])

    @property
    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{_coded(self.root)}\n"

    def __str__(self) -> str:
        """Return it as one word, to be carried along by what is sent out: `ORIGIN@SIZE:ROOT`."""
        return f"{self.origin}@{self.size}:{_coded(self.root)}"


class Proof(Frozen):
    """That one entry stands in a log: its index (from 0), the path to the root, and the checkpoint with that root."""

    index: int = Field(ge=0)
    path: tuple[bytes, ...] = Field(max_length=63)
    checkpoint: str
    """The signed note."""

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the proof of a `.tlog-proof` file; raise BadNoteError for what is none."""
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if len(lines) > 1 and lines[1].startswith("extra "):
            del lines[1]
        index = lines[1].removeprefix("index ") if len(lines) > 1 and lines[1].startswith("index ") else ""
        path = tuple(_decoded(line) for line in lines[2:])
        plain = index.isascii() and index.isdigit() and (index == "0" or index[0] != "0")
        if lines[0] != _PROOF or not separator or not plain or any(len(one) != HASH_BYTES for one in path):
            raise BadNoteError(f"the text is no {_PROOF}")
        return cls(index=int(index), path=path, checkpoint=note)

    @property
    def text(self) -> str:
        """Return the file."""
        path = "".join(f"{_coded(one)}\n" for one in self.path)
        return f"{_PROOF}\nindex {self.index}\n{path}\n{self.checkpoint}"

    def proves(self, body: bytes, verifiers: Iterable[Verifier]) -> bool:
        """Say whether it proves an entry's bytes; raise BadNoteError where its checkpoint is not believed."""
        point = Checkpoint.read(self.checkpoint, verifiers)
        return proves_inclusion(self.path, leaf_hash(body), self.index, point.size, point.root)


def _split(note: str) -> tuple[str, list[str]]:
    text, _, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if not text or lines[-1] != "" or len(lines) == 1:
        raise BadNoteError("the text is no signed note: a text, an empty line, and signatures")
    return text + "\n", lines[:-1]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, coded = line.removeprefix(_DASH).partition(" ")
    data = _decoded(coded)
    if not line.startswith(_DASH) or not name or len(data) <= _KEY_ID_BYTES:
        raise BadNoteError(f"{line[:80]!r} is no signature")
    return name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:]


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    """Return the bytes of a base64 text; none where it is not written in the one way that they are."""
    try:
        data = base64.b64decode(text)
    except ValueError:
        return b""
    return data if _coded(data) == text else b""
