"""Canonical bytes of a large value that changes a part at a time: the parts that stay are put into bytes once."""

from functools import cache
from typing import Any, get_args

import orjson
from pydantic import BaseModel

from plan.digests import canonical_known

KEPT = 4096
"""Parts whose bytes a process keeps, a few kB each; when there are more, it begins anew."""
DEEP = 2
"""So deep parts are told apart: a plan in its state, a step in its plan. A step's own parts are small."""
_kept: dict[int, tuple[BaseModel, bytes]] = {}


def composed(value: BaseModel) -> bytes:
    """Return what `canonical` returns; raise PlanError where it could not be canonical.

    Values are frozen, so a part that is the same object has the same bytes.
    """
    return _put(value, 0)


def _part(value: BaseModel, depth: int) -> orjson.Fragment:
    known = _kept.get(id(value))
    if known is None or known[0] is not value:
        if len(_kept) >= KEPT:
            _kept.clear()
        known = _kept[id(value)] = (value, _put(value, depth))
    return orjson.Fragment(known[1])


def _put(value: BaseModel, depth: int) -> bytes:
    kind = type(value)
    if depth >= DEEP:
        return canonical_known(value.model_dump(mode="json"), _unbound(kind), depth=depth)
    fields = value.__dict__
    parts = {name for name in _may_be_parts(kind) if _is_part(fields[name])}
    told = {name: _told(fields[name], depth + 1) for name in parts}
    return canonical_known(value.model_dump(mode="json", exclude=parts), _unbound(kind), told, depth=depth)


def _told(held: Any, depth: int) -> object:
    if isinstance(held, BaseModel):
        return _part(held, depth)
    return [_part(one, depth + 1) for one in held]


def _is_part(held: object) -> bool:
    if type(held) is tuple:
        return bool(held) and all(isinstance(one, BaseModel) for one in held)
    return isinstance(held, BaseModel)


@cache
def _may_be_parts(kind: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields of a type that may hold values, or tuples of values."""
    return tuple(name for name, field in kind.model_fields.items() if _has_model(field.annotation))


def _has_model(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_has_model(one) for one in get_args(annotation))


@cache
def _unbound(kind: type[BaseModel]) -> frozenset[str]:
    """Return the fields of a type whose own schema does not rule out floats, foreign kinds and unprintable keys."""
    schema = kind.model_json_schema(mode="serialization")
    named = schema.get("$defs", {})
    return frozenset(name for name, told in schema["properties"].items() if _is_unbound(told, named, ()))


def _is_unbound(told: Any, named: dict[str, Any], within: tuple[str, ...]) -> bool:
    if isinstance(told, list):
        return any(_is_unbound(one, named, within) for one in told)
    if not isinstance(told, dict):
        return bool(told == "number")
    if not told or told.get("additionalProperties", False) is not False:
        return True
    ref = told.get("$ref", "").rpartition("/")[2]
    if ref and ref not in within and _is_unbound(named[ref], named, (*within, ref)):
        return True
    return any(_is_unbound(one, named, within) for one in told.values())
