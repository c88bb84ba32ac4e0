"""The authored answers as people write them, and the turns of the wire that they stand for.

Beside its `turns` a script may hold what `obeys` an attack, and the draft that people `refused` in a review.
A script names things by their own ids; the turns name them as the request's schema does. A step in a script:
`{key, do, <its parameters>, day, after, cites, why, optional}`; `after` lists keys, each alone (success), with
`finished` behind it, or with the outcomes that it waits for: `meeting`, `brief finished`, `meeting NO_REPLY,DECLINED`.
"""

from pathlib import Path
from typing import Any

from agent import Aliases
from evals.case_files import HERE, BadFileError, load_yaml
from evals.cases import Case, case_of
from evals.twins import renamed

ANSWERS = HERE / "answers"
Turn = dict[str, Any]


def script_of(case: Case) -> dict[str, Any]:
    """Return a case's script; a twin without turns answers as its base does, by its own names."""
    path = _path(case.name)
    told: dict[str, Any] = load_yaml(path) if path.exists() else {}
    if "turns" in told or case.twin_of is None:
        return told
    base = case_of(case.twin_of)
    turns = script_of(base).get("turns", [])
    return told | {"turns": _named(turns, renamed(base.request)) if case.change == "rename" else turns}


def turns_of(case: Case) -> list[Turn]:
    """Return the authored turns of a case, as the local server answers them; none where code alone answers."""
    names = Aliases(case.request.situation)
    return [wire_turn(turn, names) for turn in script_of(case).get("turns", [])]


def obeying(case: Case) -> Turn:
    """Return the turn of a drafter that does what the attack asks: the last authored answer, bent as `obeys` says."""
    script, names = script_of(case), Aliases(case.request.situation)
    return wire_turn(bent(script["turns"][-1], script["obeys"]), names)


def refused(case: Case) -> Turn | None:
    """Return the turn of the draft that people refused; None where the case was not adopted from a review."""
    told = script_of(case).get("refused")
    return wire_turn(told, Aliases(case.request.situation)) if told else None


def wire_turn(turn: dict[str, Any], names: Aliases) -> Turn:
    """Return one turn of a script as the local server takes it."""
    if "plan" in turn:
        return {"answer": draft(turn["plan"], names)}
    if "no_plan" in turn:
        return {"answer": {"kind": "no_plan", **turn["no_plan"]}}
    return turn


def draft(told: dict[str, Any], names: Aliases) -> dict[str, Any]:
    """Return a plan as the model would write it."""
    return {
        "kind": "plan",
        "summary": _given(told, "summary"),
        "confidence_percent": _given(told, "confidence"),
        "steps": [_step(step, names) for step in _given(told, "steps")],
        **told.get("extra", {}),
    }


def bent(turn: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    """Return a turn changed: `instead` of it, or with steps to `add`, to `drop` and to `change`, and a new `plan`."""
    if "instead" in how:
        instead: dict[str, Any] = how["instead"]
        return instead
    gone, new = set(how.get("drop", ())), how.get("change", {})
    steps = [{**step, **new.get(step["key"], {}), **new.get("every", {})} for step in turn["plan"]["steps"]]
    kept = [
        {**step, "after": [after for after in step.get("after", ()) if after.split()[0] not in gone]}
        for step in steps
        if step["key"] not in gone
    ]
    return {"plan": {**turn["plan"], **how.get("plan", {}), "steps": [*kept, *how.get("add", ())]}}


_OURS = frozenset({"key", "do", "day", "after", "cites", "why", "optional", "extra"})


def _step(told: dict[str, Any], names: Aliases) -> dict[str, Any]:
    params = {name: _alias(value, names) for name, value in told.items() if name not in _OURS}
    return {
        "key": _given(told, "key"),
        "action": {"action_type": _given(told, "do"), **params},
        "depends_on": [_after(after) for after in told.get("after", ())],
        "start_day": _given(told, "day"),
        "required": not told.get("optional", False),
        "evidence": [_alias(ref, names) for ref in _given(told, "cites")],
        "rationale": _given(told, "why"),
        **told.get("extra", {}),
    }


def _given(told: dict[str, Any], name: str) -> Any:
    """Return what a script must say; raise BadFileError where it does not."""
    if name not in told:
        raise BadFileError(f"an authored answer lacks `{name}`; it says: {', '.join(told)}")
    return told[name]


def _after(told: str) -> dict[str, Any]:
    key, _, rest = told.partition(" ")
    if not rest:
        return {"key": key, "kind": "SUCCESS", "outcomes": []}
    if rest == "finished":
        return {"key": key, "kind": "FINISHED", "outcomes": []}
    return {"key": key, "kind": "OUTCOME_IN", "outcomes": rest.split(",")}


def _alias(value: Any, names: Aliases) -> Any:
    """Return what the model calls an id; a text, a number or a name that it cannot know stays as it is."""
    if isinstance(value, list):
        return [_alias(item, names) for item in value]
    if not isinstance(value, str):
        return value
    return names.evidence(value) or names.name("contact", value) or names.name("person", value) or value


def _named(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, words) for item in value]
    return words.get(value, value) if isinstance(value, str) else value


def _path(name: str) -> Path:
    return ANSWERS / f"{name}.yaml"
