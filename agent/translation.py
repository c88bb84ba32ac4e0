"""From a draft to a proposal: names become ids, and code adds what no model writes."""

import json
from typing import Any

from pydantic import ValidationError

from agent.aliases import Aliases
from agent.contract import ProposalRequest
from agent.draft import KINDS, LONGEST_ANSWER, Draft, DraftNoPlan, answer_model
from agent.scope import goal, subject
from plan import (
    PARAMS,
    Answer,
    DependencyKind,
    NoPlan,
    NoPlanReason,
    Proposal,
    ProposedDependency,
    ProposedStep,
    Provenance,
    explain_validation,
    spec_of,
)

_LONGEST = 2000


def outcome_of(answer: Draft, request: ProposalRequest, names: Aliases, provenance: Provenance) -> Proposal | NoPlan:
    """Return what an answer means; raise ValueError with one line for each thing that means nothing."""
    told: Any = answer.answer  # type: ignore[attr-defined] # the model is made at run time
    if isinstance(told, DraftNoPlan):
        suggestion = names.reveal(told.suggestion)[:_LONGEST]
        return NoPlan(reason=NoPlanReason(told.reason), suggestion=suggestion, provenance=provenance)
    keys = {step.key: step.action.action_type for step in told.steps}
    problems: list[str] = [] if len(keys) == len(told.steps) else ["a step key stands twice"]
    steps = [_attempt(step, keys, request, names, problems) for step in told.steps]
    replies = told.answers if request.sent_back else ()
    problems += _unanswered([reply.reason_number for reply in replies], len(request.sent_back))
    if problems:
        raise ValueError("\n".join(problems[:20]))
    return Proposal(
        account_id=request.situation.account.account_id,
        plan_type=request.plan_type,
        subject=tuple(contract.contract_id for contract in subject(request)),
        goal=goal(request),
        summary=names.reveal(told.summary)[:_LONGEST],
        confidence_percent=told.confidence_percent,
        steps=tuple(step for step in steps if step is not None),
        answers=tuple(
            Answer(reason_number=reply.reason_number, answer=names.reveal(reply.answer)[:LONGEST_ANSWER])
            for reply in sorted(replies, key=lambda reply: reply.reason_number)
        ),
        provenance=provenance,
    )


def read_draft(told: dict[str, Any], request: ProposalRequest) -> Proposal | NoPlan:
    """Return what a draft means that did not come over the wire; raise ValueError where it cannot be read."""
    names = Aliases(request.situation)
    shape = answer_model(request.approved_actions, names.sizes, replying=bool(request.sent_back))
    try:
        draft = shape.model_validate_json(json.dumps({"answer": told}))
    except ValidationError as error:
        raise ValueError(explain_validation(error)) from error
    return outcome_of(draft, request, names, Provenance(drafter="replay"))


def _unanswered(numbers: list[int], asked: int) -> list[str]:
    """Return what keeps the answers from being one for each reason."""
    wanted = range(1, asked + 1)
    return [
        *(f"reason {number} has no answer" for number in wanted if number not in numbers),
        *(f"there is no reason {number}; the last is {asked}" for number in sorted({*numbers} - {*wanted})),
        *(f"reason {number} is answered twice" for number in wanted if numbers.count(number) > 1),
    ]


def _attempt(
    step: Any, keys: dict[str, str], request: ProposalRequest, names: Aliases, problems: list[str]
) -> ProposedStep | None:
    try:
        return ProposedStep(
            key=step.key,
            action_type=step.action.action_type,
            params=_params(step.action, request, names),
            depends_on=tuple(_dependency(d, keys) for d in step.depends_on),
            start_day=step.start_day,
            required=step.required,
            evidence=tuple(dict.fromkeys(names.meaning(ref) for ref in step.evidence)),
            rationale=names.reveal(step.rationale)[:_LONGEST],
        )
    except ValidationError as error:
        problems.append(f"step {step.key}: {explain_validation(error)}")
    except ValueError as error:
        problems.append(f"step {step.key}: {error}")
    return None


def _params(action: Draft, request: ProposalRequest, names: Aliases) -> dict[str, Any]:
    known, written = request.situation, action.model_dump(exclude={"action_type"})
    for name, kind in KINDS.items():
        value = written.get(name)
        if isinstance(value, tuple):
            written[name] = [names.meaning(ref, kind) for ref in value]
        elif value is not None:
            written[name] = names.meaning(value, kind)
    model = PARAMS[action.action_type]  # type: ignore[attr-defined] # the model is made at run time
    if "exec_sponsor_id" in model.model_fields:
        if known.account.exec_sponsor_id is None:
            raise ValueError("the account has no executive sponsor on our side")
        written["exec_sponsor_id"] = known.account.exec_sponsor_id
    if "language" in model.model_fields and (contact := known.contact(written["contact_id"])) is not None:
        written["language"] = contact.language
    return model.model_validate(written).model_dump(mode="json", exclude_none=True)


def _dependency(told: Any, keys: dict[str, str]) -> ProposedDependency:
    if told.key not in keys:
        raise ValueError(f"it waits for {told.key}, which is no step of this plan")
    if (told.kind is DependencyKind.OUTCOME_IN) != bool(told.outcomes):
        raise ValueError("outcomes belong to OUTCOME_IN, and OUTCOME_IN needs them")
    unknown = sorted(set(told.outcomes) - set(spec_of(keys[told.key]).outcomes))
    if unknown:
        raise ValueError(f"{keys[told.key]} never ends with {', '.join(unknown)}")
    return ProposedDependency(key=told.key, kind=told.kind, outcomes=told.outcomes)
