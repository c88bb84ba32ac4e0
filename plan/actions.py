"""The action catalogue: every action a plan may be made of, as data."""

from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

import orjson
from pydantic import Field, model_validator

from plan.errors import CatalogueError
from plan.params import PARAMS
from plan.scalars import ActionType, Approval, Frozen, PlanType, RiskClass


class Provider(StrEnum):
    """How the system that carries out an action treats a key that it has seen.

    IDEMPOTENT: the same key may be resent. LOOKUP: ask first. AT_MOST_ONCE: never resend, a person decides.
    """

    IDEMPOTENT = "IDEMPOTENT"
    LOOKUP = "LOOKUP"
    AT_MOST_ONCE = "AT_MOST_ONCE"


class OnFailure(StrEnum):
    """What a failed step does to its plan.

    PAUSE stops for a person, SKIP sets the step aside: of the two, a required step always pauses and an optional one is
    always skipped. ABORT ends the plan. CONTINUE leaves the step FAILED; dependants on FINISHED go on.
    """

    PAUSE = "PAUSE"
    SKIP = "SKIP"
    ABORT = "ABORT"
    CONTINUE = "CONTINUE"


class BackoffKind(StrEnum):
    """How the wait between attempts grows."""

    FIXED = "FIXED"
    EXPONENTIAL = "EXPONENTIAL"
    BUSINESS_DAYS = "BUSINESS_DAYS"


class Backoff(Frozen):
    """The wait before the next attempt: `first`, doubled each time up to `cap` where it is exponential."""

    kind: BackoffKind
    first: timedelta
    cap: timedelta

    def wait(self, attempts: int) -> timedelta:
        """Return the wait after this many attempts; business days are counted by the tenant's calendar."""
        if self.kind is BackoffKind.EXPONENTIAL:
            factor: int = 2 ** max(attempts - 1, 0)
            return min(self.cap, self.first * factor)
        return self.first


class Retry(Frozen):
    """How often, after which outcomes, and how far apart."""

    max_attempts: int = Field(ge=1, le=10)
    backoff: Backoff
    retry_on: tuple[str, ...] = ()


class Requirement(Frozen):
    """One of these actions must have ended with one of these outcomes first."""

    actions: tuple[ActionType, ...] = Field(min_length=1)
    outcomes: tuple[str, ...] = Field(min_length=1)


class Cooldowns(Frozen):
    """How long to leave someone alone after the same action (account, contact, ticket, opportunity).

    `account_external` counts from any external touch of the account.
    """

    account: timedelta | None = None
    contact: timedelta | None = None
    account_external: timedelta | None = None
    ticket: timedelta | None = None
    opportunity: timedelta | None = None


class ActionSpec(Frozen):
    """All that is known of one action type."""

    action_type: ActionType
    purpose: str
    plan_types: tuple[PlanType, ...]
    risk: RiskClass
    external: bool
    """It leaves the company."""
    reversible: bool
    approval: Approval
    provider: Provider
    requires: tuple[Requirement, ...] = ()
    preconditions: tuple[str, ...] = ()
    """Names from `plan.preconditions`."""
    outcomes_ok: tuple[str, ...]
    outcomes_bad: tuple[str, ...]
    awaits_outcome: bool
    """The world answers later; otherwise the provider's answer is the outcome."""
    typical_duration: timedelta
    outcome_timeout: timedelta
    timeout_outcome: str | None = None
    """What no answer within `outcome_timeout` counts as."""
    retry: Retry
    cooldowns: Cooldowns = Cooldowns()
    window_days_to_renewal: tuple[int, int] | None = None
    on_failure: OnFailure
    compensation: str = ""
    bound_at_step: tuple[str, ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return the closed list of outcomes; anything else waits for a person."""
        return self.outcomes_ok + self.outcomes_bad

    @model_validator(mode="after")
    def _coherent(self) -> "ActionSpec":
        if self.action_type not in PARAMS:
            raise ValueError(f"{self.action_type} has no parameter model")
        if self.awaits_outcome and self.timeout_outcome not in self.outcomes_bad:
            raise ValueError(f"{self.action_type}: a time-out must count as one of its bad outcomes")
        unknown = set(self.bound_at_step) - set(PARAMS[self.action_type].model_fields)
        if unknown:
            raise ValueError(f"{self.action_type}: bound_at_step names unknown parameters {sorted(unknown)}")
        return self

    def failure_effect(self, *, required: bool) -> OnFailure:
        """Return what a failure does: a required step is never skipped, an optional one never pauses the plan."""
        if self.on_failure in {OnFailure.SKIP, OnFailure.PAUSE}:
            return OnFailure.PAUSE if required else OnFailure.SKIP
        return self.on_failure


class Catalogue(Frozen):
    """The released list of actions."""

    version: str
    actions: tuple[ActionSpec, ...]

    @model_validator(mode="after")
    def _unique(self) -> "Catalogue":
        names = [a.action_type for a in self.actions]
        if len(set(names)) != len(names):
            raise ValueError("an action type stands twice")
        return self


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that ships with this version."""
    return Catalogue.model_validate(orjson.loads(files("plan").joinpath("catalogue.json").read_bytes()))


@cache
def _by_type() -> dict[str, ActionSpec]:
    return {spec.action_type: spec for spec in catalogue().actions}


def spec_of(action_type: str) -> ActionSpec:
    """Return the spec of an action type; raise CatalogueError for an unknown one."""
    spec = _by_type().get(action_type)
    if spec is None:
        raise CatalogueError(f"unknown action {action_type!r}; known: {', '.join(sorted(_by_type()))}")
    return spec


def find_spec(action_type: str) -> ActionSpec | None:
    """Return the spec of an action type, or None for an unknown one."""
    return _by_type().get(action_type)
