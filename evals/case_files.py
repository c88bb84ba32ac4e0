"""The files that cases are written in: a situation's own fields, with the account filled in and the tenant shared."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import Field

from agent import ProposalRequest
from gate import default_bundle
from plan import (
    Account,
    Contact,
    Contract,
    Frozen,
    Id,
    Invoice,
    NoPlanReason,
    OncourseError,
    OpenPlan,
    Opportunity,
    Owner,
    PlanType,
    Posture,
    Signal,
    Situation,
    Tenant,
    TenantGoal,
    Ticket,
    Touch,
    explain_validation,
)

HERE = Path(__file__).parent
CASES, DEMO = HERE / "cases", HERE / "demo"
SCHEMA = HERE / "case.schema.json"
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Line = Annotated[str, Field(min_length=3, max_length=600)]


def _row(model: type[Frozen]) -> Any:
    """Return a model whose account is filled in from the case."""
    return pydantic.create_model(f"{model.__name__}Row", __base__=model, __module__=__name__, account_id=(str, ""))


class Expected(Frozen):
    """What is right here, beyond what can be read off the situation."""

    outcome: Literal["plan", "no_plan"] = "plan"
    reasons: tuple[NoPlanReason, ...] = ()
    """The right reasons, where no plan is right."""
    critical: tuple[Id, ...] | None = None
    """The signals that a plan must treat; None: those of severity HIGH that some action can treat."""
    unwanted: tuple[str, ...] = ()
    """Actions that would be wrong here although every rule allows them."""
    confidential: tuple[Annotated[str, Field(min_length=3)], ...] = ()
    """Strings that an answer must never hold."""


class Goal(Frozen):
    """What a planted text wants, as something that can be seen in an answer."""

    kind: Literal[
        "action_present",
        "action_absent",
        "text_contains",
        "cites",
        "declines",
        "confidence_at_least",
        "account_is",
        "step_is_automatic",
        "starts_by_day",
        "names_contact",
    ]
    value: str = ""
    """An action, a text, an id, a percentage or a day, as the kind says; for `starts_by_day`: `ACTION DAY`."""


class Attack(Frozen):
    """A text that somebody planted, where it stands, and what it wants."""

    carrier: Literal["signal_note", "ticket_subject", "account_name", "stage", "new_signal", "new_ticket"]
    at: str = ""
    """The id of the signal or ticket that carries it; of a new one, its own."""
    text: str = Field(min_length=10, max_length=4000)
    goal: Goal
    stopped_by: str
    """What stops an answer that obeys: a code of the gate, or `unreadable`, `inert`, `declined` or `held`."""


class Twin(Frozen):
    """A case made from another: attacked, or changed in a way that must not matter."""

    of: Name
    change: Literal["attacked", "order", "rename", "dates"]


class Seen(Frozen):
    """How the account stands, and what says so."""

    posture: Posture
    evidence_ids: tuple[Id, ...] | None = None
    """None: every signal."""


class CaseFile(Frozen):
    """One case as written. A twin holds nothing but what sets it apart."""

    about: Line
    """One sentence for the report: what makes this account hard."""
    kind: Literal["feasible", "infeasible", "conflict"] | None = None
    tags: tuple[Name, ...] = ()
    facts: Line = "made up"
    """Whose facts these are: `made up`, or the data set and its row."""
    twin: Twin | None = None
    attack: Attack | None = None
    request: str = ""
    """A file in `demo` that holds the whole request, instead of the fields below."""
    now: datetime | None = None
    account: _row(Account) | None = None  # type: ignore[valid-type] # made at run time
    posture: Seen | None = None
    contracts: tuple[_row(Contract), ...] = ()  # type: ignore[valid-type]
    contacts: tuple[_row(Contact), ...] = ()  # type: ignore[valid-type]
    tickets: tuple[_row(Ticket), ...] = ()  # type: ignore[valid-type]
    invoices: tuple[_row(Invoice), ...] = ()  # type: ignore[valid-type]
    opportunities: tuple[_row(Opportunity), ...] = ()  # type: ignore[valid-type]
    signals: tuple[_row(Signal), ...] = ()  # type: ignore[valid-type]
    history: tuple[_row(Touch), ...] = ()  # type: ignore[valid-type]
    open_plans: tuple[OpenPlan, ...] = ()
    owners: tuple[Owner, ...] | None = None
    goals: tuple[TenantGoal, ...] | None = None
    tenant: Tenant | None = None
    actions: tuple[str, ...] | None = None
    """The approved actions; None: all of the default policy."""
    expect: Expected = Expected()


class Shared(Frozen):
    """What the cases have in common."""

    tenant: Tenant
    owners: tuple[Owner, ...]
    goals: tuple[TenantGoal, ...]


class BadFileError(OncourseError):
    """A file that somebody wrote cannot be read."""

    code = "bad_file"


def read_file(path: Path) -> CaseFile:
    """Read one case as written; raise BadFileError where it is none."""
    try:
        return CaseFile.model_validate(load_yaml(path))
    except pydantic.ValidationError as error:
        raise BadFileError(f"{path.name}: {explain_validation(error)}") from error


def write_schema() -> None:
    """Write the schema that editors check case files against."""
    told = CaseFile.model_json_schema()
    SCHEMA.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", "utf-8")


def load_yaml(path: Path) -> Any:
    """Read plain YAML; raise BadFileError where there is no such file or it is none."""
    try:
        return yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
    except FileNotFoundError as error:
        raise BadFileError(f"there is no {path.parent.name}/{path.name}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadFileError(f"{path.name}, line {line}: {error.problem}") from error


@cache
def shared() -> Shared:
    """Return what the cases have in common."""
    return Shared.model_validate(load_yaml(HERE / "tenant.yaml"))


def request_from(name: str, told: CaseFile) -> ProposalRequest:
    """Return the request that a case's fields mean."""
    if told.request:
        return ProposalRequest.model_validate_json((DEMO / told.request).read_bytes())
    if told.account is None or told.now is None or told.posture is None:
        raise ValueError(f"{name}: a case needs now, account and posture, or a request, or a twin")
    common = shared()
    families = ("contracts", "contacts", "tickets", "invoices", "opportunities", "signals", "history")
    rows = {family: [_filled(row, name) for row in getattr(told, family)] for family in families}
    seen = told.posture.evidence_ids
    situation = Situation.model_validate(
        {
            "tenant": told.tenant or common.tenant,
            "account": _filled(told.account, name),
            "as_of": told.now,
            "posture": {
                "posture": told.posture.posture,
                "as_of": told.now,
                "evidence_ids": [s.signal_id for s in told.signals] if seen is None else seen,
            },
            "owners": common.owners if told.owners is None else told.owners,
            "goals": common.goals if told.goals is None else told.goals,
            "open_plans": told.open_plans,
            **rows,
        }
    )
    actions = default_bundle().approved_actions(PlanType.RENEWAL_DEFENSE)
    return ProposalRequest(
        situation=situation,
        plan_type=PlanType.RENEWAL_DEFENSE,
        approved_actions=actions if told.actions is None else told.actions,
        now=told.now,
    )


def _filled(row: Frozen, name: str) -> dict[str, Any]:
    return {**row.model_dump(exclude_unset=True), "account_id": name}
