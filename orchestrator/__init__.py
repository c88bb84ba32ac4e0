"""The only room that changes a plan: commands, adaptation, rendering, and the ports to the world.

Never drafts, never calls a model, never opens a connection of its own.
"""

from orchestrator.commands import Orchestrator, Request
from orchestrator.desk import SYSTEM_ID, Acting, Desk, bundle, gate_context, situation, system
from orchestrator.drafting import PLAN_OPEN, Submitted
from orchestrator.editing import PlanEdit, Removal, StepEdit, differences
from orchestrator.entitling import DELEGABLE
from orchestrator.errors import BadInputError, ChangedError, DeniedError, NotAllowedError, OrchestratorError
from orchestrator.governance import Governance
from orchestrator.governing import Asked
from orchestrator.ports import Clock, Engine, Executor, Ids, Order, Receipt, ReceiptKind
from orchestrator.publishing import Outlook, ProposedPolicy, Told
from orchestrator.receiving import Records, Taken, record_fact
from orchestrator.replaying import Answer, Replayed
from orchestrator.reviewing import Reviewed

__all__ = [
    "DELEGABLE",
    "PLAN_OPEN",
    "SYSTEM_ID",
    "Acting",
    "Answer",
    "Asked",
    "BadInputError",
    "ChangedError",
    "Clock",
    "DeniedError",
    "Desk",
    "Engine",
    "Executor",
    "Governance",
    "Ids",
    "NotAllowedError",
    "Orchestrator",
    "OrchestratorError",
    "Order",
    "Outlook",
    "PlanEdit",
    "ProposedPolicy",
    "Receipt",
    "ReceiptKind",
    "Records",
    "Removal",
    "Replayed",
    "Request",
    "Reviewed",
    "StepEdit",
    "Submitted",
    "Taken",
    "Told",
    "bundle",
    "differences",
    "gate_context",
    "record_fact",
    "situation",
    "system",
]
