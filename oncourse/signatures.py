"""Who sent this: a system that signs what it sends, by Standard Webhooks, with a secret that only it and we know.

The library signs; the window is held by the clock that is passed, where the library's own check reads the machine's.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from oncourse.event_sources import EventSource
from plan import OncourseError

WINDOW = timedelta(seconds=300)
"""So far a signature may lie in the past or in the future."""
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
MOST = 8
"""Signatures that one request may carry: one for each secret of the sender's."""
LONGEST_TIMESTAMP = 12


class SignatureError(OncourseError):
    """No known system signed this."""

    code = "bad_signature"


def is_signed(headers: Mapping[str, str]) -> bool:
    """Tell whether a request says that it is signed."""
    return any(name in headers for name in HEADERS)


class Signatures:
    """The systems that may send signed events."""

    def __init__(self, sources: Mapping[str, EventSource]) -> None:
        self._known = [
            (source, [Webhook(secret.get_secret_value()) for secret in source.secrets])
            for _, source in sorted(sources.items())
        ]

    def sender(self, headers: Mapping[str, str], body: bytes, now: datetime) -> EventSource:
        """Return the system whose secret signed this body, under this id, at about this time.

        Raises: SignatureError.
        """
        message, at, given = (headers.get(name, "") for name in HEADERS)
        if not (message and at and given):
            raise SignatureError(f"a signed event takes all of the headers {', '.join(HEADERS)}")
        signed_at = _instant(at)
        if abs(now - signed_at) > WINDOW:
            raise SignatureError(
                f"it was signed more than {WINDOW.seconds} s from now: sign it anew, and set the sender's clock"
            )
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise SignatureError("the signed body is no UTF-8; send JSON in UTF-8") from error
        offered = [one.encode() for one in given.split()[:MOST]]
        for source, secrets in self._known:
            for secret in secrets:
                expected = secret.sign(message, signed_at, text).encode()
                if any([hmac.compare_digest(expected, one) for one in offered]):  # noqa: C419 - compare them all
                    return source
        raise SignatureError("no known secret signed this body under this id and time; see [sources] in oncourse.toml")


def _instant(text: str) -> datetime:
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_TIMESTAMP:
        raise SignatureError("webhook-timestamp is no number of seconds since 1970")
    return datetime.fromtimestamp(min(int(text), 2**37), UTC)
