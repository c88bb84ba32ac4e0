"""Settings, read once: command line over environment (`ONCOURSE_*`) over one TOML file."""

import os
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from plan import Frozen, Id, OncourseError, explain_validation

CONFIG_FILE = "oncourse.toml"


class ConfigError(OncourseError):
    """A setting cannot be used."""

    code = "bad_config"


class Notify(Frozen):
    """Who is told by which channels that something waits, and when again."""

    people: dict[Id, tuple[SecretStr, ...]] = Field(default_factory=dict)
    """Channels of each principal of the tenant `tenant`, as URLs of apprise (docs/notifications.md)."""
    digest_at: time = time(8)
    """When everybody is told what waits for them, by the tenant's clock on the wall; once a day."""
    escalate_after_hours: int = Field(default=24, ge=1, le=24 * 30)
    escalate_to: tuple[Id, ...] = ()
    """Who is told where nobody answered for so long."""
    public_url: Annotated[str, StringConstraints(pattern=r"^(https?://[!-~]+)?$", max_length=200)] = ""
    """Where people open the pages, as `https://oncourse.example`; empty: messages name the command."""


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

    notify: Notify = Notify()
    webhook_ports: frozenset[int] = frozenset({443})
    """The ports that webhooks may go to."""
    webhooks_allow_loopback: bool = False
    """Webhooks may go to this machine, by plain http too: for tests and development only."""

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
