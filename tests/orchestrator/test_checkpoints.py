"""What leaves the house, and what people approve, bears the ledger's checkpoint: a copy outside of the database."""

from ledger import Anchor
from oncourse.proving import LedgerLook
from oncourse.simulator import SimulatedExecutor
from tests.house import House
from tests.keys import KEYS


class Remembering(SimulatedExecutor):
    """Keeps each order that was sent."""

    def __init__(self):
        super().__init__(None)
        self.orders = []

    def execute(self, order):
        self.orders.append(order)
        return super().execute(order)


def test_a_step_is_sent_with_a_checkpoint_that_covers_the_entry_under_which_it_leaves():
    house = House(executor=Remembering())
    plan_id = house.active()
    house.run(8)
    assert house.executor.orders
    with house.unit() as unit:
        begun = {e.data["key"]: pos for pos, e in unit.every_entry() if e.type == "step.started.v1"}
        origin = unit.checkpoint().origin
        for order in house.executor.orders:
            assert str(order.plan_id) == plan_id
            name, _, rest = order.checkpoint.partition("@")
            size, _, root = rest.partition(":")
            assert name == origin
            assert int(size) >= begun[order.key]
            kept = Anchor(checkpoint=KEYS.signers(origin)[0].sign(f"{origin}\n{size}\n{root}\n"))
            assert LedgerLook(unit, anchors=[kept]).report.proof.anchors == 1


def test_an_approval_names_the_ledger_that_it_was_given_on():
    house = House()
    plan_id = house.active()
    house.run(8)
    with house.unit() as unit:
        entries = list(unit.every_entry())
        origin = unit.checkpoint().origin
    given = [(pos, entry) for pos, entry in entries if entry.data.get("approval")]
    assert {entry.type for _, entry in given} >= {"plan.approved.v1"}
    for pos, entry in given:
        name, _, rest = entry.data["checkpoint"].partition("@")
        assert name == origin
        assert int(rest.partition(":")[0]) < pos
    assert all("checkpoint" not in entry.data for _, entry in entries if not entry.data.get("approval"))
    assert plan_id
