"""The model's room: a situation in, a proposal or a typed refusal out.

It cannot act, write the record or judge; the approved actions come in its request. Model libraries load only when a
drafter that needs them is chosen.
"""

from agent.aliases import Aliases
from agent.claude import ClaudeDrafter, claude_drafter
from agent.completion import Complete, Completion
from agent.contract import Deps, Drafter, ProposalRequest, ProposalResult
from agent.local import (
    LOCAL_MODEL,
    LOCAL_SETTINGS,
    MissingExtraError,
    local_drafter,
    local_model,
    local_reply,
)
from agent.playbook import playbook_drafter
from agent.prompt import prompt_of
from agent.proposing import propose
from agent.recordings import (
    Exchange,
    Recording,
    RecordingMeta,
    StaleRecordingError,
    canonical_body,
    parse_recording,
    read_recordings,
    requests_digest,
)
from agent.replay import open_tape, player, replay_drafter
from agent.scope import goal, subject
from agent.settings import Budget, ClaudeSettings
from agent.standing_in import stand_in
from agent.translation import read_draft

__all__ = [
    "LOCAL_MODEL",
    "LOCAL_SETTINGS",
    "Aliases",
    "Budget",
    "ClaudeDrafter",
    "ClaudeSettings",
    "Complete",
    "Completion",
    "Deps",
    "Drafter",
    "Exchange",
    "MissingExtraError",
    "ProposalRequest",
    "ProposalResult",
    "Recording",
    "RecordingMeta",
    "StaleRecordingError",
    "canonical_body",
    "claude_drafter",
    "goal",
    "local_drafter",
    "local_model",
    "local_reply",
    "open_tape",
    "parse_recording",
    "playbook_drafter",
    "player",
    "prompt_of",
    "propose",
    "read_draft",
    "read_recordings",
    "replay_drafter",
    "requests_digest",
    "stand_in",
    "subject",
]
