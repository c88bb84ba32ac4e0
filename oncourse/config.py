"""Settings, read once: command line over environment (`ONCOURSE_*`) over one TOML file."""

import base64
import binascii
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from plan import Id, OncourseError, explain_validation

CONFIG_FILE = "oncourse.toml"
PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)
"""As Standard Webhooks asks."""


class ConfigError(OncourseError):
    """A setting cannot be used."""

    code = "bad_config"


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


class Settings(BaseSettings):
    """What an installation decides once."""

    model_config = SettingsConfigDict(env_prefix="ONCOURSE_", extra="forbid", frozen=True, toml_file=CONFIG_FILE)

    database: str = "sqlite:///oncourse.db"
    tenant: str = "main"
    principal: str = ""
    """Who acts where `--as` is not given (`ONCOURSE_PRINCIPAL`, or its short form `ONCOURSE_AS`)."""
    drafter: str = "auto"
    """`auto` (recordings where one fits, else the playbook), `playbook`, `replay`, `claude` or `local`."""
    model: str = "claude-sonnet-5-5"
    model_base_url: str = ""
    model_api_key: SecretStr = SecretStr("")
    executor: Literal["simulator", "mcp"] = "simulator"
    """What carries out the steps of a LIVE tenant (docs/executing.md)."""
    mcp_url: str = ""
    mcp_token: SecretStr = SecretStr("")
    mcp_tool_prefix: str = ""
    """What stands before the name of every tool, as `TARGET___` behind an AgentCore Gateway."""
    mcp_timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """For one call from connection to answer; well below the 15 minutes after which a worker is taken for dead."""
    drafts_per_day: int = Field(default=500, ge=0)
    """So many drafts a tenant may ask of a model on one UTC day; 0: no bound."""
    settling_hours: int = Field(default=24, ge=0, le=24 * 90)
    """So long the same posture of an account says nothing new, once a drafter has answered to it."""
    events_per_minute: int = Field(default=600, ge=0)
    """So many events a tenant may send over HTTP within any minute; 0: no bound."""
    sources: dict[str, EventSource] = Field(default_factory=dict)
    """Who may send signed events, by a name of your own (docs/events.md)."""

    @model_validator(mode="after")
    def _each_secret_is_one_sources(self) -> Self:
        """Refuse a secret that two sources share: a signature must say of which of them it is."""
        seen: dict[str, str] = {}
        for name, source in self.sources.items():
            for secret in source.secrets:
                if seen.setdefault(secret.get_secret_value(), name) != name:
                    raise ValueError(f"the sources {seen[secret.get_secret_value()]} and {name} share a secret")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: given values, environment, secret files, the TOML file."""
        _ = dotenv_settings
        return init_settings, env_settings, file_secret_settings, TomlConfigSettingsSource(settings_cls)


def read_settings(**given: str | None) -> Settings:
    """Return the settings; raise ConfigError with the name of the one that does not fit."""
    values = {name: value for name, value in given.items() if value}
    short = os.environ.get("ONCOURSE_AS")  # noqa: TID251 - settings are read here
    if short and "principal" not in values:
        values["principal"] = short
    try:
        return Settings(**values)  # type: ignore[arg-type] # pydantic validates what the caller gave as text
    except ValidationError as error:
        raise ConfigError(f"a setting does not fit: {explain_validation(error)}") from error
    except ValueError as error:
        raise ConfigError(f"{CONFIG_FILE} cannot be read: {error}") from error


def unknown_variables() -> list[str]:
    """Return `ONCOURSE_*` variables that no setting reads; they would pass silently otherwise."""
    known = {f"ONCOURSE_{name.upper()}" for name in Settings.model_fields} | {"ONCOURSE_AS", "ONCOURSE_TEST_ALL"}
    known.add("ONCOURSE_TEST_POSTGRES")
    return sorted(name for name in os.environ if name.startswith("ONCOURSE_") and name not in known)  # noqa: TID251 - settings are read here


def config_file() -> Path:
    """Return where the TOML file is looked for."""
    return Path(CONFIG_FILE)
