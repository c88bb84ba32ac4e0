"""Systems that sign what they send: whose tenant each speaks to, as whom, and with which secrets."""

import base64
import binascii

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from plan import Id

PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)
"""As Standard Webhooks asks."""


class EventSource(BaseModel):
    """A system that signs what it sends, whose tenant it speaks to, and as whom it may speak."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: Id
    sources: frozenset[Id] = Field(min_length=1)
    """Values of the CloudEvents attribute `source`."""
    secrets: tuple[SecretStr, ...] = Field(min_length=1, max_length=2)
    """Of Standard Webhooks, `whsec_` and base64 of 24 to 64 bytes; two while one is exchanged for the other."""

    @field_validator("secrets")
    @classmethod
    def _each_is_long_enough(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in value:
            text = secret.get_secret_value()
            try:
                size = len(base64.b64decode(text.removeprefix(PREFIX), validate=True))
            except binascii.Error:
                size = 0
            if not text.startswith(PREFIX) or size not in SECRET_BYTES:
                raise ValueError(f"a secret is `{PREFIX}` and the base64 of {SECRET_BYTES.start} to 64 random bytes")
        return value


def check_secrets(sources: dict[str, EventSource]) -> dict[str, EventSource]:
    """Raise ValueError for a secret that two sources share: a signature must say of which of them it is."""
    seen: dict[str, str] = {}
    for name, source in sources.items():
        for secret in source.secrets:
            first = seen.setdefault(secret.get_secret_value(), name)
            if first != name:
                raise ValueError(f"{first} and {name} share a secret; give each its own")
    return sources
