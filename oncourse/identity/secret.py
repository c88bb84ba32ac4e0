"""Secrets that open a door: 256 bits each, shown once, kept as their SHA-256 alone."""

import base64
import hashlib
from collections.abc import Callable

Chance = Callable[[], bytes]
"""A source of 32 random bytes at a time."""
TOKEN_PREFIX = "onc_"  # noqa: S105 - by which a token is known, and found where it leaked


def new_secret(chance: Chance, prefix: str = "") -> str:
    """Return a secret that fits into a header, a cookie and a URL."""
    return prefix + base64.urlsafe_b64encode(chance()).decode().rstrip("=")


def hash_of(secret: str) -> str:
    """Return what is kept of a secret; it is random and long, so one plain hash hides it well."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
