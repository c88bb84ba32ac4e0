"""Orders as tool calls: which tool, with what, and what its answer means for the step."""

from collections.abc import Iterable
from typing import Any

from oncourse.connectors.answers import Said, read_action, read_lookup, unknown
from oncourse.connectors.line import InDoubtError, Line, NotLeftError
from orchestrator import Order, Receipt, ReceiptKind
from plan import PARAMS, ActionSpec, Provider, spec_of

LOOKUP = "lookup"
"""The tool that says what became of a key."""
LOOKUP_ARGUMENTS = ("idempotency_key", "tenant_id", "account_id", "plan_id", "step_id", "action_type", "attempt")
"""What the look-up tool may declare."""
ARGUMENTS = (*LOOKUP_ARGUMENTS, "text", "params", "rendered_digest", "external")
"""What an action's tool may declare besides the action's own parameters."""


class McpExecutor:
    """Carries out orders by the tools of one MCP server."""

    name = "mcp"

    def __init__(self, line: Line, prefix: str = "") -> None:
        """Take the way to the server, and what stands before the names of its tools."""
        self._line, self._prefix = line, prefix

    def tool(self, action_type: str) -> str:
        """Return the name of an action's tool."""
        return self._prefix + action_type.lower()

    def execute(self, order: Order) -> Receipt:
        """Call the action's tool; what may have left without an answer is UNKNOWN."""
        try:
            said = self._call(order)
        except NotLeftError as error:
            kind = ReceiptKind.RETRYABLE if error.again else ReceiptKind.FAILED
            return Receipt(kind=kind, outcome=error.outcome, reference=str(error)[:200])
        except InDoubtError as error:
            return unknown(str(error)[:200])
        receipt = read_action(said, spec_of(order.action_type))
        if receipt.kind is ReceiptKind.NOT_SENT:
            return receipt.model_copy(update={"kind": ReceiptKind.RETRYABLE, "outcome": receipt.outcome or "NOT_SENT"})
        return receipt

    def reconcile(self, order: Order) -> Receipt:
        """Ask what became of an order: by the same call where it is idempotent, by the look-up tool where there is one.

        That the server cannot be asked says nothing about the order, so it stays UNKNOWN.
        """
        spec = spec_of(order.action_type)
        try:
            match spec.provider:
                case Provider.IDEMPOTENT:
                    receipt = read_action(self._call(order), spec)
                case Provider.LOOKUP:
                    receipt = read_lookup(self._look_up(order), spec)
                case Provider.AT_MOST_ONCE:
                    return unknown("it is sent at most once: a person decides")
        except (NotLeftError, InDoubtError) as error:
            return unknown(str(error)[:200])
        return _settled(receipt, spec)

    def gaps(self, specs: Iterable[ActionSpec]) -> list[str]:
        """Return, as sentences, what the server lacks for actions; raise NotLeftError where it cannot be asked."""
        from oncourse.connectors import wire

        there, found = wire.tools(self._line), []
        for spec in specs:
            name = self.tool(spec.action_type)
            offered = dict.fromkeys((*ARGUMENTS, *PARAMS[spec.action_type].model_fields))
            if name not in there:
                found.append(f"{spec.action_type} has no tool {name}")
            elif lacking := wire.lacks(there[name], offered):
                found.append(f"the tool {name} demands {', '.join(lacking)}, which is not sent")
            if spec.provider is Provider.LOOKUP and self._prefix + LOOKUP not in there:
                found.append(f"{spec.action_type} has no tool {self._prefix + LOOKUP}: a person decides each doubt")
        return found

    def _call(self, order: Order) -> Said:
        from oncourse.connectors import wire

        return wire.call(self._line, self.tool(order.action_type), order.params | _offered(order), _beside(order))

    def _look_up(self, order: Order) -> Said:
        from oncourse.connectors import wire

        offered = {name: value for name, value in _offered(order).items() if name in LOOKUP_ARGUMENTS}
        return wire.call(self._line, self._prefix + LOOKUP, offered, _beside(order))


def _settled(receipt: Receipt, spec: ActionSpec) -> Receipt:
    """Return what an answer settles of a doubt: only a result ends it, and only a good outcome is a success."""
    if receipt.kind is ReceiptKind.RETRYABLE:
        return unknown("asked again, the tool could not say now")
    if spec.awaits_outcome:
        return receipt
    if receipt.kind is ReceiptKind.DISPATCHED:
        return unknown("it arrived, and nothing says what came of it")
    if receipt.kind is ReceiptKind.SUCCEEDED and receipt.outcome not in spec.outcomes_ok:
        return receipt.model_copy(update={"kind": ReceiptKind.FAILED})
    return receipt


def _beside(order: Order) -> dict[str, str]:
    """Return what goes along with a call, under names of our own."""
    from oncourse.connectors import wire

    known = {wire.KEY: order.key, wire.CHECKPOINT: order.checkpoint}
    return {name: value for name, value in known.items() if value}


def _offered(order: Order) -> dict[str, Any]:
    """Return what a tool may be given of an order; the same order gives the same arguments at any time."""
    return {
        "idempotency_key": order.key,
        "tenant_id": order.tenant_id,
        "account_id": order.account_id,
        "plan_id": str(order.plan_id),
        "step_id": str(order.step_id),
        "action_type": order.action_type,
        "attempt": order.attempt,
        "text": order.text,
        "params": order.params,
        "rendered_digest": order.rendered,
        "external": order.external,
    }
