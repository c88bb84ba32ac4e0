"""The way of a plan on one screen: one tick is one run of this graph, entered anew with ids only.

The graph holds no truth. It reads the plan from the store, does at most one move or one effect, and ends; the engine
enters it again. A forged state can approve nothing: every node is one command, which asks the store.
"""

import logging
from datetime import date
from functools import wraps
from typing import Literal, Protocol

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict  # the schema of a state needs it before Python 3.12

from agent import Deps, ProposalRequest, propose
from oncourse.telemetry import spanned, tell
from orchestrator import DRAFTS_USED_UP, PLAN_OPEN, POSTURE_CHANGED, Acting, Orchestrator
from plan import CLOSED, ActorKind, Cause, NoPlan, PlanStatus, PlanType, Principal, Proposal, Rejected, Role
from store import event_named

_log = logging.getLogger(__name__)
REPAIRS = 2
"""How often the gate's findings go back to the drafter."""


TYPE = PlanType.RENEWAL_DEFENSE
"""One plan type at a time."""


class Tick(TypedDict, total=False):
    """What one run carries: the target it was entered with, and what its own nodes found."""

    target: str
    account_id: str
    event: str
    redraft: str
    plan_id: str
    cause: Cause
    status: PlanStatus
    news: bool
    proposal: Proposal
    rejected: tuple[Rejected, ...]
    answer: dict[str, object] | None
    did: str


_END: Literal["__end__"] = "__end__"

TickGraph = CompiledStateGraph[Tick, None, Tick, Tick]


def drafter_of(tenant_id: str, name: str) -> Acting:
    """Return the agent as the one who proposes; it can do nothing else."""
    who = Principal(
        principal_id=f"drafter-{name}", tenant_id=tenant_id, kind=ActorKind.AGENT, roles=frozenset({Role.PROPOSER})
    )
    return Acting(principal=who, authenticated="process")


class Nodes:
    """One thin node for each command; none of them decides anything that the store does not."""

    def __init__(self, house: Orchestrator, deps: Deps) -> None:
        self._house, self._deps = house, deps
        self._warned: date | None = None
        """The day whose drafts were used up, as far as the log was told."""

    def receive(self, state: Tick) -> Tick:
        """Take up one event, or look at one plan."""
        kind, _, name = state["target"].partition("/")
        if kind == "plan":
            return self._look_at(name)
        taken = self._house.take_event(*event_named(name))
        if taken.told != POSTURE_CHANGED or taken.account_id is None:
            return self._waits(taken.told) if taken.told == DRAFTS_USED_UP else {"did": taken.told}
        cause = Cause(kind="posture", ref="/".join(event_named(name)))
        return {"account_id": taken.account_id, "event": name, "cause": cause}

    def _look_at(self, plan_id: str) -> Tick:
        found = self._house.look(plan_id)
        if found.event is not None:
            return {"did": self._house.take_event(found.event.source, found.event.event_id).told}
        cause = Cause(kind="timer", ref=self._house.desk.clock.now().isoformat())
        if found.redraft is not None:
            waits = self._house.begin_redraft(plan_id)
            if waits is not None:
                return self._waits(waits)
            return {"account_id": found.redraft, "redraft": plan_id, "cause": cause}
        return {"plan_id": plan_id, "cause": cause, "status": found.status, "news": found.news}

    def _waits(self, told: str) -> Tick:
        """Leave a draft to another day, and say so once a day."""
        today = self._house.desk.clock.now().date()
        if self._warned != today:
            self._warned = today
            _log.warning("tenant %s: the drafts of %s are used up (drafts_per_day)", self._house.desk.tenant_id, today)
        return {"did": told}

    def propose(self, state: Tick) -> Tick:
        """Ask the drafter, for a new draft or for one that answers why the last was sent back."""
        asked = self._house.request(state["account_id"], TYPE, sent_back=state.get("redraft"))
        request = ProposalRequest(
            situation=asked.situation,
            plan_type=asked.plan_type,
            approved_actions=asked.approved_actions,
            now=asked.now,
            rejected=state.get("rejected", ()),
            sent_back=asked.reasons,
            earlier=asked.earlier,
        )
        result = propose(request, self._deps)
        if isinstance(result.outcome, NoPlan):
            redraft, event = state.get("redraft"), state.get("event")
            self._house.no_plan(state["account_id"], TYPE, result.outcome, state["cause"], plan_id=redraft, event=event)
            return {"did": f"no plan: {result.outcome.reason.value}"}
        return {"proposal": result.outcome, "answer": result.answer}

    def gate(self, state: Tick) -> Tick:
        """Have the proposal judged; findings go back to the drafter a bounded number of times."""
        proposal, rejected, answer = state["proposal"], state.get("rejected", ()), state.get("answer")
        who = drafter_of(self._house.desk.tenant_id, proposal.provenance.drafter)
        last = answer is None or len(rejected) >= REPAIRS
        redraft = state.get("redraft")
        if redraft is not None:
            told = self._house.revise(redraft, proposal, who, state["cause"], repair=len(rejected))
        else:
            event = state.get("event")
            told = self._house.submit(proposal, who, state["cause"], repair=len(rejected), last=last, event=event)
        if told.plan_id is not None:
            return {"plan_id": str(told.plan_id), "did": "drafted"}
        if last or told.codes == (PLAN_OPEN,):
            return {"did": f"refused: {', '.join(told.codes)}"}
        return {"rejected": (*rejected, Rejected(answer=answer or {}, findings=told.findings))}

    def evaluate(self, state: Tick) -> Tick:
        """Log what the evaluator says anew, and close the plan where it is over."""
        status = self._house.evaluate(state["plan_id"], state["cause"])
        return {"status": status, "did": str(status)} if status in CLOSED else {"status": status}

    def review(self, state: Tick) -> Tick:
        """Leave a draft to people."""
        self._house.wait(state["plan_id"])
        return {"did": state.get("did", "waits for review")}

    def activate(self, state: Tick) -> Tick:
        """Start an approved plan."""
        return {"did": f"activation: {self._house.activate(state['plan_id'], state['cause'])}"}

    def orchestrate(self, state: Tick) -> Tick:
        """Take a running plan one step further."""
        return {"did": self._house.advance(state["plan_id"], state["cause"])}


class Node(Protocol):
    """What the graph runs."""

    def __call__(self, state: Tick) -> Tick:
        """Do one thing, and return what was found."""
        ...


def _spanned(name: str, node: Node, tenant_id: str) -> Node:
    """Return the same node, whose every run is a span."""

    @wraps(node)
    def run(state: Tick) -> Tick:
        with spanned(name, tenant=tenant_id, plan_id=state.get("plan_id"), plan_type=TYPE.value) as span:
            done = node(state)
            tell(span, plan_id=done.get("plan_id"), status=done.get("status"))
        return done

    return run


def build_graph(house: Orchestrator, deps: Deps) -> TickGraph:
    """Draw the graph over one tenant's orchestrator and a drafter."""
    nodes, tenant_id = Nodes(house, deps), house.desk.tenant_id
    graph = StateGraph(Tick)
    graph.add_node("receive", nodes.receive)
    graph.add_node("propose", _spanned("plan.propose", nodes.propose, tenant_id))
    graph.add_node("gate", _spanned("plan.gate", nodes.gate, tenant_id))
    graph.add_node("review", nodes.review)
    graph.add_node("activate", nodes.activate)
    graph.add_node("evaluate", _spanned("plan.evaluate", nodes.evaluate, tenant_id))
    graph.add_node("orchestrate", nodes.orchestrate)
    graph.add_edge(START, "receive")
    graph.add_conditional_edges("receive", _after_receive)
    graph.add_conditional_edges("propose", _after_propose)
    graph.add_conditional_edges("gate", _after_gate)
    graph.add_conditional_edges("evaluate", _after_evaluate)
    for last in ("review", "activate", "orchestrate"):
        graph.add_edge(last, END)
    return graph.compile()


def _after_receive(state: Tick) -> Literal["propose", "evaluate", "review", "activate", "orchestrate", "__end__"]:
    if "did" in state:
        return _END
    if "account_id" in state:
        return "propose"
    return "evaluate" if state["news"] else _next(state)


def _after_propose(state: Tick) -> Literal["gate", "__end__"]:
    return _END if "did" in state else "gate"


def _after_gate(state: Tick) -> Literal["propose", "review", "__end__"]:
    if "did" not in state:
        return "propose"
    return "review" if "plan_id" in state else _END


def _after_evaluate(state: Tick) -> Literal["review", "activate", "orchestrate", "__end__"]:
    return _END if "did" in state else _next(state)


def _next(state: Tick) -> Literal["review", "activate", "orchestrate"]:
    """Return where a plan goes on; a closed one may still have a result to land."""
    return _NEXT.get(state["status"], "orchestrate")


_NEXT: dict[PlanStatus, Literal["review", "activate", "orchestrate"]] = {
    PlanStatus.DRAFT: "review",
    PlanStatus.APPROVED: "activate",
    PlanStatus.ACTIVE: "orchestrate",
    PlanStatus.PAUSED: "orchestrate",
}
