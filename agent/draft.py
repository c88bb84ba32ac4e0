"""The draft: the shape in which a model answers, built at run time from the approved actions.

Every field is required and every choice is a closed list. The decoder enforces the lists; lengths and ranges are
checked when the answer is read.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent.aliases import Sizes, names
from plan import PARAMS, DependencyKind, Key, NoPlanReason, Percent, spec_of

REFS: dict[str, str] = {
    "contact_id": "ContactRef",
    "contact_ids": "ContactRefs",
    "candidate_owner": "PersonRef",
    "ticket_ids": "EvidenceRefs",
    "invoice_ids": "EvidenceRefs",
    "opportunity_id": "EvidenceRef",
}
"""Parameters that name a person or a record, and the list that the model chooses from."""
KINDS: dict[str, str] = {
    "contact_id": "contact",
    "contact_ids": "contact",
    "candidate_owner": "person",
    "ticket_ids": "ticket",
    "invoice_ids": "invoice",
    "opportunity_id": "opportunity",
}
"""What each of them must name."""
MOST_REASONS = 40
"""How many reasons one draft may answer."""
LONGEST_ANSWER = 400
_SHORTEST = 3
_BY_CODE = frozenset({"exec_sponsor_id", "language"})
"""Parameters that the situation settles."""
_REASONS = (NoPlanReason.NOTHING_TO_DEFEND, NoPlanReason.NOTHING_CONTACTABLE, NoPlanReason.NOT_ENOUGH_KNOWN)


class Draft(BaseModel):
    """A part of an answer; an error about it never repeats what was written."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DraftDependency(Draft):
    """One step waits for another."""

    key: Key
    kind: DependencyKind
    outcomes: Annotated[tuple[Annotated[str, Field(max_length=80)], ...], Field(max_length=10)] = Field(
        description="Only with OUTCOME_IN; otherwise empty."
    )


class DraftNoPlan(Draft):
    """The answer where no plan is right."""

    kind: Literal["no_plan"]
    reason: Literal[_REASONS]  # type: ignore[valid-type] # a tuple of enum members is a closed list
    suggestion: str = Field(min_length=3, max_length=600)


def _one_line(text: str) -> str:
    told = " ".join(text.split())
    if len(told) < _SHORTEST or not told.isprintable():
        raise ValueError("it is empty or holds control characters; write one plain line")
    return told


class DraftReply(Draft):
    """What the new draft does about one reason for which the earlier one was sent back."""

    reason_number: int = Field(ge=1, le=MOST_REASONS)
    answer: Annotated[str, Field(min_length=_SHORTEST, max_length=LONGEST_ANSWER), AfterValidator(_one_line)]


def set_by_code(action_type: str) -> frozenset[str]:
    """Return the parameters of an action that no model writes."""
    return _BY_CODE | set(spec_of(action_type).bound_at_step)


@lru_cache(maxsize=64)
def answer_model(actions: tuple[str, ...], sizes: Sizes, *, replying: bool = False) -> type[Draft]:
    """Return the answer's model: equal actions and sizes give the same class, hence the same bytes on the wire.

    `replying` asks beside the steps for an answer to each reason that a draft was sent back with.
    """
    refs: dict[str, Any] = {name: StrEnum(name, [(n, n) for n in listed]) for name, listed in names(sizes).items()}
    refs |= {f"{name}s": _list(ref, least=1, most=40) for name, ref in refs.items()}
    action = one_of("action_type", [_action(action_type, refs) for action_type in actions])
    step = made(
        "DraftStep",
        key=(Key, ...),
        action=(action, ...),
        depends_on=(_list(DraftDependency, least=0, most=20), ...),
        start_day=(int, Field(ge=0, le=400, description="Days from today.")),
        required=(bool, ...),
        evidence=(_list(refs["EvidenceRef"], least=0, most=40), ...),
        rationale=(str, Field(min_length=3, max_length=600)),
    )
    replies: dict[str, Any] = {"answers": (_list(DraftReply, least=1, most=MOST_REASONS), ...)} if replying else {}
    plan = made(
        "DraftPlan",
        kind=(Literal["plan"], ...),
        summary=(str, Field(min_length=3, max_length=600)),
        confidence_percent=(Percent, ...),
        steps=(_list(step, least=1, most=20), ...),
        **replies,
    )
    return made("DraftAnswer", answer=(one_of("kind", [plan, DraftNoPlan]), ...))


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of an answer without the words that only pydantic reads."""
    told: dict[str, Any] = trimmed(model.model_json_schema())
    return told


def _action(action_type: str, refs: dict[str, Any]) -> type[Draft]:
    fields: dict[str, Any] = {"action_type": (Literal[action_type], ...)}
    for name, field in PARAMS[action_type].model_fields.items():
        if name not in set_by_code(action_type):
            own = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
            fields[name] = (refs[REFS[name]] if name in REFS else own, ...)
    return made(action_type.title().replace("_", ""), **fields)


def made(name: str, **fields: Any) -> type[Draft]:
    """Return a part of an answer that is known at run time only."""
    model: type[Draft] = pydantic.create_model(name, __base__=Draft, **fields)
    return model


def _list(item: Any, *, least: int, most: int) -> Any:
    return Annotated[tuple[item, ...], Field(min_length=least, max_length=most)]


def one_of(discriminator: str, models: list[type[Draft]]) -> Any:
    """Return the type of a value that is one of several parts, told apart by a field."""
    if len(models) == 1:
        return models[0]
    return Annotated[Union[tuple(models)], Field(discriminator=discriminator)]  # noqa: UP007 - the list is made here


def trimmed(schema: Any) -> Any:
    """Return a schema without titles and discriminators."""
    if isinstance(schema, list):
        return [trimmed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    noise = {"discriminator"} | ({"title"} if isinstance(schema.get("title"), str) else set())
    return {name: trimmed(item) for name, item in schema.items() if name not in noise}
