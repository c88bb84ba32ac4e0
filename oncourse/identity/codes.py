"""Second factors: the codes of an authenticator (TOTP, six digits, half a minute each)."""

import base64
from collections.abc import Callable
from datetime import datetime

import pyotp
from pyotp.utils import strings_equal

_BITS = 20
"""Bytes of a factor's secret, as authenticators expect it (160 bits)."""
_NEAR = (0, -1, 1)
"""Half minutes beside the present one whose codes count: clocks differ."""


def new_factor(chance: Callable[[], bytes]) -> str:
    """Return the secret of a new second factor, as authenticators read it."""
    return base64.b32encode(chance()[:_BITS]).decode()


def uri_of(factor: str, principal_id: str, tenant_id: str) -> str:
    """Return the address by which an authenticator takes a factor in."""
    return pyotp.TOTP(factor).provisioning_uri(name=f"{principal_id}@{tenant_id}", issuer_name="oncourse")


def number_of(factor: str, code: str, now: datetime) -> str | None:
    """Return of which half minute a code is, at a fixed width; None where it is of none near now."""
    maker = pyotp.TOTP(factor)
    given = "".join(code.split())
    for offset in _NEAR:
        if strings_equal(maker.at(now, counter_offset=offset), given):
            return f"{maker.timecode(now) + offset:020}"
    return None
