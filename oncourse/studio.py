"""A developer's window: the graph of a SHADOW tenant, for `langgraph dev` (docs/studio.md). Nothing leaves by it.

Whoever reaches that server can write any state and enter any node. That approves nothing, since every node asks the
store; but a tick is a tick, so a LIVE tenant is not opened: its steps would count as tried and never have left.
"""

from asyncio import to_thread
from functools import cache

from oncourse.bootstrap import open_store, open_tenancy, pick_drafter
from oncourse.config import ConfigError, Settings, read_settings
from oncourse.graph import TickGraph, build_graph
from orchestrator import Order, Receipt, ReceiptKind
from plan import Mode


class Withheld:
    """Sends nothing, and says so: what a tenant asks for that went LIVE behind the window did not leave."""

    name = "withheld"

    def execute(self, _order: Order) -> Receipt:
        """Keep an order back; a worker may try it again."""
        return Receipt(kind=ReceiptKind.RETRYABLE, reference="withheld: a developer's window sends nothing")

    def reconcile(self, _order: Order) -> Receipt:
        """Say nothing of what another executor sent."""
        return Receipt(kind=ReceiptKind.UNKNOWN, reference="withheld: a developer's window asks nobody")


async def make_graph() -> TickGraph:
    """Return the graph of the tenant that the settings name; `langgraph.json` names this function.

    The database is opened in a thread: that server refuses what blocks its loop.
    """
    return await to_thread(_opened)


@cache
def _opened() -> TickGraph:
    return shadow_graph(read_settings())


def shadow_graph(settings: Settings) -> TickGraph:
    """Return a SHADOW tenant's graph, whatever executor the settings name; raise ConfigError for a LIVE one."""
    from agent import Deps

    here = settings.model_copy(update={"executor": "simulator"})
    tenancy = open_tenancy(here, open_store(here), Withheld())
    if tenancy.tenant().mode is not Mode.SHADOW:
        raise ConfigError(
            f"the tenant {here.tenant} is LIVE, and a developer's window opens none that is: "
            "look at a copy (oncourse db backup, oncourse --db ... db restore) after `oncourse mode shadow` there"
        )
    return build_graph(tenancy.house, Deps(drafter=pick_drafter(here)))
