"""A tenant with something in every state, for pages to show: made by the same commands as any other."""

from datetime import timedelta

from oncourse.simulator import SimulatedExecutor
from orchestrator import Receipt, ReceiptKind, Records
from plan import Posture, SignalType
from tests.databases import fresh_url
from tests.house import records
from tests.oncourse.web.conftest import Door

ACCOUNTS = ("northwind", "lumen", "vela", "ebro", "dune", "kestrel", "fjord", "harbor")


class Doubtful(SimulatedExecutor):
    """A provider that loses one account's first call."""

    def execute(self, order):
        if order.account_id == "kestrel" and order.action_type == "PREP_RENEWAL_BRIEF":
            raise TimeoutError("no answer")
        return super().execute(order)

    def reconcile(self, order):
        if order.account_id == "kestrel":
            return Receipt(kind=ReceiptKind.UNKNOWN)
        return super().reconcile(order)


def populated(directory):
    """Return a door over drafts, running, paused and closed plans, texts that wait, a task and a doubt."""
    door = Door(fresh_url("sqlite", directory))
    house = door.house
    house.executor = door.front.executor = house.orchestrator.desk.executor = Doubtful()
    for number, name in enumerate(ACCOUNTS):
        renews_on = (house.clock.now() + timedelta(days=80 + 9 * number)).date()
        known = records(name, renews_on=renews_on, urgent_ticket=name == "dune", exec_sponsor_id="mara")
        if name == "northwind":
            evaluated = {"signal_id": f"{name}-s9", "type": SignalType.COMPETITOR_EVALUATION}
            known["signals"] += (known["signals"][0].model_copy(update=evaluated),)
        house.orchestrator.take_records(Records(families=known), house.who("root"))
        house.posture(name, Posture.CRITICAL if name == "northwind" else Posture.AT_RISK)
    house.orchestrator.send_back(
        house.plan_of("lumen"), "No message before support has answered their case.", house.who("otto")
    )
    for name in ("vela", "ebro", "dune", "kestrel"):
        house.approve(house.plan_of(name))
    house.engine.run_due()
    house.run(9)
    house.orchestrator.pause(house.plan_of("ebro"), "The customer asked us to wait until April.", house.who("otto"))
    house.orchestrator.abort(house.plan_of("dune"), "They renewed by phone for another year.", house.who("sara"))
    with house.unit() as unit:
        unit.set_virtual_now(house.clock.now())
    return door
