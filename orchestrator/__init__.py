"""The only room that changes a plan: commands, adaptation, rendering, and the ports to the world.

Never drafts, never calls a model, never opens a connection of its own.
"""

from orchestrator.approving import Override, Reviewed, step_risk, to_quote
from orchestrator.capabilities import Powers, capable, who_may
from orchestrator.citing import Cited, cited
from orchestrator.commands import Orchestrator, Request
from orchestrator.comparing import Answered, Comparison, compare_revisions, last_decided
from orchestrator.contacting import BY_HAND, ContactLook
from orchestrator.desk import SYSTEM_ID, Acting, Desk, bundle, gate_context, situation, system
from orchestrator.drafting import PLAN_OPEN, Submitted
from orchestrator.editing import PlanEdit, Removal, StepEdit, Tried
from orchestrator.ending import endings
from orchestrator.erasing import ErasureOutlook, Subject
from orchestrator.errors import BadInputError, ChangedError, DeniedError, NotAllowedError, OrchestratorError
from orchestrator.exporting import export_plan
from orchestrator.governance import Governance
from orchestrator.governing import Asked
from orchestrator.holding import held, reaches_out
from orchestrator.listing import Coming, Listed, Next, listed
from orchestrator.noting import ContactReply, Heard
from orchestrator.ownership import OwnerChange
from orchestrator.ports import Clock, Executor, Ids, Order, Receipt, ReceiptKind
from orchestrator.publishing import Outlook, ProposedPolicy, Told
from orchestrator.reached import ContactMade, Left, OptedOut
from orchestrator.receiving import Records, Taken
from orchestrator.rendering import Preview, previews
from orchestrator.replaying import Answer, Replayed
from orchestrator.showing import Judgement, Shown, show, show_at, show_revision, show_told
from orchestrator.step_reviews import StepReviewed
from orchestrator.telling import Line, names_in, story, tell, tell_step, tell_turns
from orchestrator.triggering import DRAFTS_USED_UP, POSTURE_CHANGED, USED_UP, Bounds
from orchestrator.waiting import Waiting, may_answer, waiting, waiting_of, waits_for
from orchestrator.withdrawing import UNDO
from store import WISHED

__all__ = [
    "BY_HAND",
    "DRAFTS_USED_UP",
    "PLAN_OPEN",
    "POSTURE_CHANGED",
    "SYSTEM_ID",
    "UNDO",
    "USED_UP",
    "WISHED",
    "Acting",
    "Answer",
    "Answered",
    "Asked",
    "BadInputError",
    "Bounds",
    "ChangedError",
    "Cited",
    "Clock",
    "Coming",
    "Comparison",
    "ContactLook",
    "ContactMade",
    "ContactReply",
    "DeniedError",
    "Desk",
    "ErasureOutlook",
    "Executor",
    "Governance",
    "Heard",
    "Ids",
    "Judgement",
    "Left",
    "Line",
    "Listed",
    "Next",
    "NotAllowedError",
    "OptedOut",
    "Orchestrator",
    "OrchestratorError",
    "Order",
    "Outlook",
    "Override",
    "OwnerChange",
    "PlanEdit",
    "Powers",
    "Preview",
    "ProposedPolicy",
    "Receipt",
    "ReceiptKind",
    "Records",
    "Removal",
    "Replayed",
    "Request",
    "Reviewed",
    "Shown",
    "StepEdit",
    "StepReviewed",
    "Subject",
    "Submitted",
    "Taken",
    "Told",
    "Tried",
    "Waiting",
    "bundle",
    "capable",
    "cited",
    "compare_revisions",
    "endings",
    "export_plan",
    "gate_context",
    "held",
    "last_decided",
    "listed",
    "may_answer",
    "names_in",
    "previews",
    "reaches_out",
    "show",
    "show_at",
    "show_revision",
    "show_told",
    "situation",
    "step_risk",
    "story",
    "system",
    "tell",
    "tell_step",
    "tell_turns",
    "to_quote",
    "waiting",
    "waiting_of",
    "waits_for",
    "who_may",
]
