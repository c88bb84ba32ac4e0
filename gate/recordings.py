"""What the gate was told, kept so that the same question can be asked again: of these rules, or of another bundle."""

from datetime import datetime

import orjson
from pydantic import ValidationError

from gate.context import GateContext
from gate.decisions import Decision, GateError, Phase
from gate.judging import answer
from gate.policy import PolicyBundle
from gate.strictness import strictest
from gate.view import View, told_bytes
from plan import Frozen, Instant, RevenuePlanV1, canonical, explain_validation


class BadRecordingError(GateError):
    """A text is no recorded question."""

    code = "bad_recording"


class Inputs(Frozen):
    """What the gate was told at one instant."""

    plan: RevenuePlanV1
    context: GateContext
    now: Instant


class Recording(Inputs):
    """One question to the gate."""

    phase: Phase


def inputs_text(plan: RevenuePlanV1, context: GateContext, now: datetime) -> str:
    """Return the canonical JSON of what the gate is told; its digest is the decision's `inputs_digest`."""
    return told_bytes(canonical(plan), context, now).decode()


def read_inputs(text: str, phase: Phase) -> Recording:
    """Read what `inputs_text` wrote; raise BadRecordingError for anything else."""
    try:
        told = Inputs.model_validate_json(text)
    except ValidationError as error:
        raise BadRecordingError(f"the recorded inputs do not fit: {explain_validation(error)}") from error
    return Recording.model_construct(plan=told.plan, context=told.context, now=told.now, phase=phase)


def read_recording(text: str) -> Recording:
    """Read what `recording_text` wrote; raise BadRecordingError for anything else."""
    try:
        return Recording.model_validate_json(text)
    except ValidationError as error:
        raise BadRecordingError(f"this is no recording of a decision: {explain_validation(error)}") from error


def recording_text(recording: Recording) -> str:
    """Return a recording as readable JSON, as `gate replay --save` writes it and policy tests read it."""
    plain = recording.model_dump(mode="json")
    return orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def judge_again(recording: Recording, policy: PolicyBundle, pinned: PolicyBundle | None = None) -> Decision:
    """Ask the gate again: under one bundle, or under two where the stricter answer counts."""
    return ask(recording, policy, pinned)[0]


def ask(question: Recording, policy: PolicyBundle, pinned: PolicyBundle | None = None) -> tuple[Decision, str]:
    """Return the gate's answer under one bundle, or the stricter one under two, and the text of what it was told."""
    view = View(question.plan, question.context, policy, phase=question.phase, now=question.now)
    found = answer(view)
    if pinned is not None:
        found = strictest(found, answer(view.under(pinned)))
    return found, view.inputs_bytes.decode()
