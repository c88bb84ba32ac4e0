"""A revision of a plan as an authored answer: what a drafter would have to say at first to get it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from agent.draft import KINDS, set_by_code
from evals.pseudonyms import Pseudonyms
from evals.scripts import Turn
from plan import (
    PARAMS,
    PLAYBOOKS,
    Calendar,
    DependencyKind,
    ExportedRevision,
    ProposedDependency,
    ProposedStep,
    proposal_of,
    written_fields,
)

LONGEST = 600
"""Letters of a summary and of a reason, as the schema of an answer has it."""
BY_PEOPLE = "What people made of the draft."
_UNTOLD = "No reason was written."
_SURE, _UNSURE = 90, 50
"""What counts as confidence where the drafter said none: of what people accepted, and of what they did not."""


def step_keys(revisions: Iterable[ExportedRevision]) -> dict[UUID, str]:
    """Return a key for each step: that of the playbook for its action, the same in all revisions."""
    keys = dict[UUID, str]()
    for revision in revisions:
        usual = {step.action_type: step.key for step in PLAYBOOKS[revision.plan.plan_type].template}
        for step in revision.plan.steps:
            start = usual.get(step.action_type, step.action_type.lower())
            wanted = [start[:20], *(f"{start[:17]}_{number}" for number in range(2, 100))]
            keys.setdefault(step.step_id, next(key for key in wanted if key not in keys.values()))
    return keys


def turn_of(
    revision: ExportedRevision, calendar: Calendar, names: Pseudonyms, keys: dict[UUID, str], *, drafted: bool
) -> tuple[Turn, list[str]]:
    """Return a revision as a turn of a script, and what of it could not be told.

    `drafted`: its summary is the drafter's own. Raises ValueError where a step names what was not known at first.
    """
    proposal = proposal_of(revision.plan, calendar)
    by_number = {step.key: keys[at.step_id] for step, at in zip(proposal.steps, revision.plan.steps, strict=True)}
    steps = [_step(step, by_number, names) for step in proposal.steps]
    lost = [
        f"step {told['key']} no longer cites {gone} of its evidence: nobody knew of it when the draft was made"
        for told, step in zip(steps, proposal.steps, strict=True)
        if (gone := len(set(step.evidence)) - len(told["cites"]))
    ]
    known = revision.confidence_percent
    return {
        "plan": {
            "summary": _text(revision.summary, names, BY_PEOPLE) if drafted else BY_PEOPLE,
            "confidence": known if known is not None else _UNSURE if drafted else _SURE,
            "steps": steps,
        }
    }, lost


def _step(step: ProposedStep, keys: dict[str, str], names: Pseudonyms) -> dict[str, Any]:
    key = keys[step.key]
    told: dict[str, Any] = {"key": key, "do": step.action_type, **_params(key, step, names), "day": step.start_day}
    if step.depends_on:
        told["after"] = [_after(need, keys) for need in step.depends_on]
    told["cites"] = list(dict.fromkeys(other for ref in step.evidence if (other := names.evidence(ref))))
    told["why"] = _text(step.rationale, names, _UNTOLD)
    return told if step.required else told | {"optional": True}


def _after(need: ProposedDependency, keys: dict[str, str]) -> str:
    rest = {DependencyKind.SUCCESS: "", DependencyKind.FINISHED: " finished"}
    return keys[need.key] + rest.get(need.kind, f" {','.join(need.outcomes)}")


def _params(key: str, step: ProposedStep, names: Pseudonyms) -> dict[str, Any]:
    """Return the parameters that a drafter writes, in other names; only closed choices and numbers stay."""
    model = PARAMS[step.action_type]
    told = model.model_validate(step.params).model_dump(mode="json", exclude=set(set_by_code(step.action_type)))
    schemas, texts = model.model_json_schema()["properties"], written_fields(step.action_type)
    for name, value in told.items():
        if name in KINDS:
            refs = [names.ref(KINDS[name], ref) for ref in (value if isinstance(value, list) else [value])]
            if None in refs:
                raise ValueError(f"step {key}: {name} names what nobody knew of when the draft was made")
            told[name] = refs if isinstance(value, list) else refs[0]
        elif name in texts:
            told[name] = _text(value, names, _UNTOLD, schemas[name].get("maxLength", LONGEST))
        elif isinstance(value, str) and "enum" not in schemas[name]:
            told[name] = names.word(value, "other")
    return told


def _text(text: str, names: Pseudonyms, otherwise: str, longest: int = LONGEST) -> str:
    told = names.text(text)[:longest].rstrip()
    return told if len(told) > 2 else otherwise  # noqa: PLR2004 - what an answer's schema takes for a text
