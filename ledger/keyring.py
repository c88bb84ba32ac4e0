"""The keys of an installation: those that sign, the newest first, and the public ones of those that once did.

Each signs for every log of the installation, under the log's own origin. As a file they are PEM blocks, so that openssl
reads them too.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from ledger.errors import BadNoteError
from ledger.note import Signer, Verifier

_BLOCK = re.compile(r"-----BEGIN (PRIVATE|PUBLIC) KEY-----\n.*?-----END \1 KEY-----\n", re.DOTALL)


class Keyring:
    """What an installation signs with, and what it once signed with."""

    def __init__(self, seeds: Sequence[bytes], retired: Iterable[bytes] = ()) -> None:
        """Take the secret 32 bytes of each key that signs, and the public ones of those that no longer do."""
        if not seeds:
            raise BadNoteError("a keyring without a private key signs nothing")
        self._seeds, self.retired = tuple(seeds), tuple(retired)
        self.current = tuple(_public(Ed25519PrivateKey.from_private_bytes(seed)) for seed in seeds)
        """The public keys of those that sign, the newest first."""
        self._signers: dict[str, tuple[Signer, ...]] = {}

    @classmethod
    def read(cls, pem: str) -> Self:
        """Return the keys of a file; raise BadNoteError for what holds none."""
        seeds, retired = list[bytes](), list[bytes]()
        for block in _BLOCK.finditer(pem):
            try:
                if block[1] == "PRIVATE":
                    private = load_pem_private_key(block[0].encode(), None)
                    seeds += [private.private_bytes_raw()] if isinstance(private, Ed25519PrivateKey) else []
                else:
                    public = load_pem_public_key(block[0].encode())
                    retired += [public.public_bytes_raw()] if isinstance(public, Ed25519PublicKey) else []
            except (ValueError, TypeError, UnsupportedAlgorithm) as error:
                raise BadNoteError("a block of the key file is damaged") from error
        if not seeds or len(seeds) + len(retired) != len(_BLOCK.findall(pem)):
            raise BadNoteError("the file holds no Ed25519 private key in PEM, or something else beside it")
        return cls(seeds, retired)

    @property
    def pem(self) -> str:
        """Return the keys as a file."""
        blocks = [
            Ed25519PrivateKey.from_private_bytes(seed).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            for seed in self._seeds
        ]
        blocks += [
            Ed25519PublicKey.from_public_bytes(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            for key in self.retired
        ]
        return b"".join(blocks).decode()

    def signers(self, origin: str) -> tuple[Signer, ...]:
        """Return who signs for a log, the newest first."""
        if origin not in self._signers:
            self._signers[origin] = tuple(Signer(origin, seed) for seed in self._seeds)
        return self._signers[origin]

    def verifiers(self, origin: str) -> tuple[Verifier, ...]:
        """Return the public keys of those who sign for a log, the newest first."""
        return tuple(signer.verifier for signer in self.signers(origin))

    def with_new(self, seed: bytes) -> "Keyring":
        """Return the keys with a newer one, which signs a log once the log has said so."""
        return Keyring((seed, *self._seeds), self.retired)

    def settled(self) -> "Keyring":
        """Return the keys when every log is signed by the newest: of the others the public part is left."""
        return Keyring(self._seeds[:1], (*self.current[1:], *self.retired))


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
