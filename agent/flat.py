"""The flat form of an answer, for a provider that finds the grammar of the full one too large.

An action is its type and a list of named values: no optional field, no union but that of plan and no plan, no list of
names. What the schema no longer says stands in the system text. `widened` gives an answer the full form, whose model
then reads it: nothing is allowed here that is not allowed there.
"""

from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError

from agent.aliases import Sizes
from agent.draft import (
    Draft,
    DraftDependency,
    DraftNoPlan,
    DraftReply,
    answer_model,
    json_schema,
    made,
    one_of,
    set_by_code,
)
from agent.fence import encode
from plan import PARAMS


class FlatValue(Draft):
    """One parameter by name; a list has an entry for each item."""

    name: str
    value: str


@lru_cache(maxsize=64)
def flat_model(actions: tuple[str, ...], *, replying: bool = False) -> type[Draft]:
    """Return the model that a flat answer is decoded by: equal actions give the same bytes on the wire."""
    step = made(
        "FlatStep",
        key=(str, ...),
        action_type=(Literal[actions], ...),
        params=(list[FlatValue], ...),
        depends_on=(list[DraftDependency], ...),
        start_day=(int, ...),
        required=(bool, ...),
        evidence=(list[str], ...),
        rationale=(str, ...),
    )
    replies: dict[str, Any] = {"answers": (list[DraftReply], ...)} if replying else {}
    plan = made(
        "FlatPlan",
        kind=(Literal["plan"], ...),
        summary=(str, ...),
        confidence_percent=(int, ...),
        steps=(list[step], ...),  # type: ignore[valid-type] # the model is made at run time
        **replies,
    )
    return made("FlatAnswer", answer=(one_of("kind", [plan, DraftNoPlan]), ...))


def params_text(actions: tuple[str, ...], sizes: Sizes) -> str:
    """Return what the flat schema leaves out: the parameters of each action, and what they may hold."""
    told = json_schema(answer_model(actions, sizes))["$defs"]
    shapes = [shape["properties"] for shape in told.values() if "action_type" in shape.get("properties", {})]
    rows = [{"action": s["action_type"]["const"], "params": {n: _plain(v) for n, v in s.items()}} for s in shapes]
    for row in rows:
        del row["params"]["action_type"]
    return (
        "# Parameters\n\nEach step names its parameters in `params`, every value as text; a list has an entry for each"
        " item. A ContactRef is a contact (C1), a PersonRef one of our people (P1), an EvidenceRef a thing that can be"
        f" cited (E1).\n\n{encode(rows)}"
    )


def widened(told: Any) -> Any:
    """Return a flat answer in the full form; what is none stays as it is, for the full model to refuse."""
    answer = told.get("answer") if isinstance(told, dict) else None
    if not isinstance(answer, dict) or not isinstance(answer.get("steps"), list):
        return told
    return {**told, "answer": {**answer, "steps": [_wide(step) for step in answer["steps"]]}}


def _wide(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    action_type, params = step.get("action_type"), _pairs(step.get("params"))
    if not isinstance(action_type, str) or action_type not in PARAMS or params is None:
        return step
    fields = PARAMS[action_type].model_fields
    action: dict[str, Any] = {"action_type": action_type}
    open_ones = fields.keys() - set_by_code(action_type)
    action |= {name: None for name in sorted(open_ones) if type(None) in get_args(fields[name].annotation)}
    for name, values in params.items():
        listed = name in fields and get_origin(fields[name].annotation) is tuple
        action[name] = values if listed or len(values) > 1 else values[0]
    return {name: value for name, value in step.items() if name not in {"action_type", "params"}} | {"action": action}


def _pairs(params: Any) -> dict[str, list[str]] | None:
    """Return each name with its values; None where these are no named values."""
    try:
        read = [FlatValue.model_validate(given) for given in params]
    except (TypeError, ValidationError):
        return None
    found: dict[str, list[str]] = {}
    for given in read:
        found.setdefault(given.name, []).append(given.value)
    return found


def _plain(schema: Any) -> Any:
    """Return a schema with the names of what it refers to in their place."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    return {name: _plain(item) for name, item in schema.items()}
