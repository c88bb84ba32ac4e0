"""Settings, read once: command line over environment (`ONCOURSE_*`) over one TOML file."""

import os
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from oncourse.event_sources import EventSource, check_secrets
from plan import Frozen, Id, OncourseError, Role, explain_validation

CONFIG_FILE = "oncourse.toml"
KEY_FILE = "ONCOURSE_LEDGER_KEY_FILE"
FOLDER = "ONCOURSE_SETTINGS_DIR"
"""A folder with a file for each setting that nobody else may read, as `oncourse_database`."""


class ConfigError(OncourseError):
    """A setting cannot be used."""

    code = "bad_config"


def _origin(address: str) -> str:
    """Return an address without its last slash; raise ValueError for what a browser could not be sent to."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError(f"{address!r} is no plain http(s) address")
    return address.rstrip("/")


def _safe(address: str) -> str:
    """Return an address where others on the way hear nothing: https, or this machine."""
    host = urlsplit(_origin(address)).hostname or ""
    if not address.startswith("https://") and host not in {"127.0.0.1", "::1", "localhost"}:
        raise ValueError(f"{address!r} must be https")
    return address


def _public(algorithms: tuple[str, ...]) -> tuple[str, ...]:
    """Raise ValueError for ways to sign that anybody has who checks, or that do not sign."""
    if wrong := [name for name in algorithms if name[:2] not in {"RS", "PS", "ES", "Ed"}]:
        raise ValueError(f"{', '.join(wrong)} proves nothing about the provider; name RS256, PS256, ES256 or EdDSA")
    return algorithms


def _words(value: object) -> object:
    """Split a text at its commas: lists stand so in the environment."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class OidcSettings(BaseModel):
    """The identity provider whose people may come in (docs/identity.md)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, Field(max_length=200), AfterValidator(_safe)]
    """Exactly as the provider names itself."""
    client_id: str
    client_secret: SecretStr = SecretStr("")
    groups_claim: str = "groups"
    roles: dict[str, Role]
    """Which role each group of the provider gives; who is in none of them does not come in."""
    tenant: str = ""
    """Whose people they are; the tenant of the settings where it is empty."""
    scopes: Words = ("openid",)
    algorithms: Annotated[Words, AfterValidator(_public)] = ("RS256", "PS256", "ES256")
    """How tokens may be signed, each with a key that only the provider has; no other way is believed."""
    strong_acr: Words = ()
    """What the provider says in `acr` where a second factor was shown; it is also what a step-up asks for."""
    strong_amr: Words = ("mfa", "otp", "hwk", "sc")
    """What it says in `amr` there."""


class Notify(Frozen):
    """Who is told by which channels that something waits, and when again."""

    people: dict[Id, tuple[SecretStr, ...]] = Field(default_factory=dict)
    """Channels of each principal of the tenant `tenant`, as URLs of apprise (docs/notifications.md)."""
    digest_at: time = time(8)
    """When everybody is told what waits for them, by the tenant's clock on the wall; once a day."""
    escalate_after_hours: int = Field(default=24, ge=1, le=24 * 30)
    escalate_to: tuple[Id, ...] = ()
    """Who is told where nobody answered for so long."""


class LogSettings(BaseModel):
    """How `worker` and `serve` write their log to stderr."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["text", "json"] = "text"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"


class Settings(BaseSettings):
    """What an installation decides once."""

    model_config = SettingsConfigDict(
        env_prefix="ONCOURSE_", env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=CONFIG_FILE
    )

    database: str = "sqlite:///oncourse.db"
    ledger_key_file: str = ""
    """The key that signs the ledger, for its owner alone to read; beside a SQLite database where it is empty."""
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
    log: LogSettings = LogSettings()
    traces: Literal["off", "otlp"] = "off"
    """Whether spans are sent to where the variables OTEL_* say (docs/observing.md)."""
    drafts_per_day: int = Field(default=500, ge=0)
    """So many drafts a tenant may ask of a model on one UTC day; 0: no bound."""
    settling_hours: int = Field(default=24, ge=0, le=24 * 90)
    """So long the same posture of an account says nothing new, once a drafter has answered to it."""
    events_per_minute: int = Field(default=600, ge=0)
    """So many events a tenant may send over HTTP within any minute; 0: no bound."""
    sources: Annotated[dict[str, EventSource], AfterValidator(check_secrets)] = Field(default_factory=dict)
    """Who may send signed events, by a name of your own (docs/events.md)."""
    public_url: Annotated[str, AfterValidator(lambda a: a and _origin(a))] = ""
    """Where browsers reach the installation, where that is not the address that it listens on."""
    allowed_hosts: Words = ()
    """Names under which it answers, besides those of this machine and of `public_url`."""
    oidc: OidcSettings | None = None

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
        files = NestedSecretsSettingsSource(file_secret_settings, secrets_nested_delimiter="__")
        return init_settings, env_settings, files, TomlConfigSettingsSource(settings_cls)


def read_settings(**given: str | None) -> Settings:
    """Return the settings; raise ConfigError with the name of the one that does not fit."""
    values = {name: value for name, value in given.items() if value}
    short = os.environ.get("ONCOURSE_AS")  # noqa: TID251 - settings are read here
    if short and "principal" not in values:
        values["principal"] = short
    folder = os.environ.get(FOLDER) or None  # noqa: TID251 - settings are read here
    if folder is not None and not Path(folder).is_dir():
        raise ConfigError(f"{FOLDER} names {folder}, which is no folder; it holds one file for each secret")
    try:
        return Settings(_secrets_dir=folder, **values)  # type: ignore[arg-type] # pydantic validates what the caller gave as text
    except ValidationError as error:
        raise ConfigError(f"a setting does not fit: {explain_validation(error)}") from error
    except ValueError as error:
        raise ConfigError(f"{CONFIG_FILE} cannot be read: {error}") from error


def unknown_variables() -> list[str]:
    """Return `ONCOURSE_*` variables and secret files that no setting reads; they would pass silently otherwise."""
    known = {*_variables(Settings, "ONCOURSE_"), "ONCOURSE_AS", FOLDER, "ONCOURSE_TEST_ALL", "ONCOURSE_TEST_POSTGRES"}
    set_here = os.environ  # noqa: TID251 - settings are read here
    folder = Path(set_here[FOLDER]) if set_here.get(FOLDER) else None
    files = sorted(folder.glob("oncourse_*")) if folder is not None else []
    wrong = [str(file) for file in files if file.name.upper() not in known]
    return sorted(name for name in set_here if name.startswith("ONCOURSE_") and name not in known) + wrong


def _variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the variable of each setting, and of what lies in one that holds several."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name.upper()}"
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _variables(inner, f"{prefix}{name.upper()}__")


def config_file() -> Path:
    """Return where the TOML file is looked for."""
    return Path(CONFIG_FILE)
