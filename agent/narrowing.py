"""A narrower form of an answer's schema, for a decoder that a small model drives.

Whatever the narrow form allows, the wide one allows too. What it leaves out is where a small model loses itself: to
decline (it always would), lists and texts without an end, steps that wait for none of the plan, names of nothing.
The wire moves lengths and ranges into descriptions, where a decoder does not see them; here they are rules again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from agent.draft import KINDS

STEPS = 4
"""The most steps of a plan."""
ITEMS = 4
"""The most entries of any other list."""
LETTERS = 80
"""The most characters of a free text; they are plain ones, so that nothing in it needs an escape."""
NUMBERS = 100
"""How many whole numbers are offered at most, evenly spread over their range."""
_PLAIN = "[A-Za-z0-9 ,.'%-]"
_LIMITS = re.compile(r"\{([a-zA-Z]+: [^\n]*)\}$")
_LIMIT = re.compile(r"(?:^|, )([a-z][A-Za-z]+): (.*?)(?=, [a-z][A-Za-z]+: |$)")
_SITUATION = re.compile(r'<data name="situation">\n(.*?)\n</data>', re.DOTALL)
_FAMILIES = {
    "contact": ("contacts",),
    "person": ("our_people",),
    "ticket": ("tickets",),
    "invoice": ("invoices",),
    "opportunity": ("opportunities",),
    "evidence": ("signals", "tickets", "invoices", "opportunities", "contracts", "history"),
}
Schema = dict[str, Any]
Names = Mapping[str, list[str]]
"""What may be named, by kind."""


def names_in(texts: Iterable[str]) -> Names:
    """Return what the situation in a conversation names."""
    (told,) = _SITUATION.findall("\n".join(texts))
    known = json.loads(told)
    return {kind: [row["id"] for name in names for row in known[name]] for kind, names in _FAMILIES.items()}


def narrowed(schema: Schema, names: Names) -> Schema:
    """Return the narrow form of the schema of an answer: plans alone, of what there is, one step after the other."""
    told: Schema = tightened(schema)
    parts = told["$defs"]
    for part in parts.values():
        fields = part.get("properties", {})
        fields |= {name: _named(fields[name], names[KINDS[name]]) for name in KINDS if name in fields}
    step = parts["DraftStep"]
    step["properties"]["action"] = _possible(step["properties"]["action"], parts, names)
    step["properties"]["evidence"] = _named(step["properties"]["evidence"], names["evidence"])
    parts["DraftPlan"]["properties"]["steps"] = {
        "anyOf": [
            {"type": "array", "prefixItems": [_placed(step, place) for place in range(1, count + 1)]}
            for count in range(1, STEPS + 1)
        ]
    }
    told["properties"]["answer"] = {"$ref": "#/$defs/DraftPlan"}
    return told


def tightened(schema: Any) -> Any:
    """Return any schema with its limits as rules: short lists, short plain texts, fewer numbers."""
    if isinstance(schema, list):
        return [tightened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {**schema, **limits(schema.get("description"))}
    if told.get("type") == "integer":
        return {"enum": _numbers(told["minimum"], told["maximum"])}
    if told.get("type") == "string" and "pattern" not in told:
        return {"type": "string", "pattern": _plain(told.get("minLength", 0), told.get("maxLength", LETTERS))}
    if told.get("type") == "array":
        told["maxItems"] = max(min(told.get("maxItems", ITEMS), ITEMS), told.get("minItems", 0))
    return {name: tightened(item) for name, item in told.items() if name != "description" or isinstance(item, dict)}


def limits(description: Any) -> dict[str, Any]:
    """Return what a description says of lengths and ranges, as the SDK writes it: `{maxLength: 600, minLength: 3}`."""
    found = _LIMITS.search(description) if isinstance(description, str) else None
    return {name: _value(value) for name, value in _LIMIT.findall(found[1])} if found else {}


def _named(wide: Schema, names: list[str]) -> Schema:
    """Return the schema of one name, or of a list of names, that stand for something; where any does."""
    if not names:
        return {"const": []} if wide.get("minItems") == 0 else wide
    return wide | {"items": {"enum": names}} if wide.get("type") == "array" else {"enum": names}


def _possible(action: Schema, parts: Mapping[str, Schema], names: Names) -> Schema:
    """Return the actions of which every parameter has something to name; all of them where that leaves none."""
    options = action.get("anyOf", [action])
    fields = [parts[option["$ref"].rpartition("/")[2]]["properties"] for option in options]
    able = [
        option
        for option, given in zip(options, fields, strict=True)
        if all(names[kind] for name, kind in KINDS.items() if name in given)
    ]
    return {"anyOf": able or options}


def _placed(step: Schema, place: int) -> Schema:
    """Return the schema of the step at a place: its name is the place, and it waits for earlier ones to succeed."""
    earlier = [_name(number) for number in range(1, place)]
    waits = {"key": {"enum": earlier}, "kind": {"const": "SUCCESS"}, "outcomes": {"const": []}}
    dependency = {"type": "object", "properties": waits, "required": list(waits), "additionalProperties": False}
    depends_on = {"type": "array", "items": dependency, "maxItems": len(earlier)} if earlier else {"const": []}
    own = {"key": {"const": _name(place)}, "depends_on": depends_on}
    return step | {"properties": step["properties"] | own}


def _name(place: int) -> str:
    return f"step{place}"


def _value(told: str) -> Any:
    return json.loads(told) if told.lstrip("-").isdigit() else told


def _plain(least: int, most: int) -> str:
    return f"^{_PLAIN}{{{least},{max(least, min(most, LETTERS))}}}$"


def _numbers(least: int, most: int) -> list[int]:
    return list(range(least, most + 1, (most - least) // NUMBERS + 1))
