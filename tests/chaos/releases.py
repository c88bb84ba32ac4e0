"""Plans brought to every place where a plan can wait, and a program released anew under which they go on."""

import time
from pathlib import Path
from threading import Event as Flag

from langgraph.graph import END, START, StateGraph
from sqlalchemy import create_engine, text

from agent import Deps, playbook_drafter
from oncourse.clock import RealClock
from oncourse.durable import DurableEngine
from oncourse.engine import InProcessEngine
from oncourse.graph import Nodes, Tick, TickGraph, _after_evaluate, _after_gate, _after_propose, _after_receive
from orchestrator import Orchestrator, Order, Receipt
from store import queue_url
from tests.chaos.world import FAST, Ledgered, Shared

NAMES = {
    "receive": "look_up",
    "propose": "think",
    "gate": "judge",
    "review": "leave_to_people",
    "activate": "begin",
    "evaluate": "ask_whether_over",
    "orchestrate": "step_on",
}
"""What the nodes of today are called in the next release."""


def renamed_graph(house: Orchestrator, deps: Deps) -> TickGraph:
    """Draw the same commands under other names."""
    nodes, graph = Nodes(house, deps), StateGraph(Tick)
    for name, new in NAMES.items():
        graph.add_node(new, getattr(nodes, name))
    graph.add_edge(START, NAMES["receive"])
    for name, way in (
        ("receive", _after_receive),
        ("propose", _after_propose),
        ("gate", _after_gate),
        ("evaluate", _after_evaluate),
    ):
        graph.add_conditional_edges(NAMES[name], way, {**NAMES, END: END})
    for last in ("review", "activate", "orchestrate"):
        graph.add_edge(NAMES[last], END)
    return graph.compile()


def work_released(shared: Shared, name: str, _seed: int) -> None:
    """Work as the next release does, until killed."""
    house = shared.house()
    graph = renamed_graph(house, Deps(drafter=playbook_drafter()))
    ticker = InProcessEngine(house.desk.store, house.desk.tenant_id, graph, house.desk.clock)
    DurableEngine(
        house.desk.store,
        lambda _tenant: ticker,
        url=queue_url(shared.url),
        worker_id=f"next-{name}",
        clock=house.desk.clock,
        machine=RealClock(),
        pace=FAST,
    ).run_worker(Flag())


class Moody(Ledgered):
    """A connector that behaves by account: it loses answers, or hangs for ever."""

    def __init__(self, folder: Path, clock, losing: set[str], hanging: set[str]) -> None:
        super().__init__(folder, clock=clock)
        self._losing, self._hanging = losing, hanging

    def execute(self, order: Order) -> Receipt:
        """Apply an order; for some accounts nobody hears of it."""
        receipt = super().execute(order)
        if order.account_id in self._hanging:
            time.sleep(600)
        if order.account_id in self._losing:
            raise TimeoutError
        return receipt

    def reconcile(self, order: Order) -> Receipt:
        """Say nothing about an account whose answers are lost."""
        if order.account_id in self._losing:
            raise TimeoutError
        return super().reconcile(order)


def work_today(shared: Shared, name: str, _seed: int) -> None:
    """Work as today's release does, over a connector with moods."""
    connector = Moody(Path(shared.folder), shared.clock(), {"a0005"}, {"a0007"})
    shared.worker(name, executor=connector).run_worker(Flag())


def stall(shared: Shared, name: str, _seed: int) -> None:
    """Begin one visit and never end it, so that every other visit that is due stays queued."""
    worker = shared.worker(name)
    worker._pace = FAST._replace(at_once=1)
    worker._visit = lambda _tenant, _target: time.sleep(600)
    worker.run_worker(Flag())


def queued(url: str) -> list[tuple[str, str]]:
    """Return status and version of each visit in the queue."""
    engine = create_engine(queue_url(url).replace("postgresql://", "postgresql+psycopg://"))
    table = "workflow_status" if url.startswith("sqlite") else "dbos.workflow_status"
    try:
        with engine.connect() as connection:
            rows = connection.execute(text(f"SELECT status, application_version FROM {table}"))  # noqa: S608 - one of two
            return [tuple(row) for row in rows]
    finally:
        engine.dispose()
