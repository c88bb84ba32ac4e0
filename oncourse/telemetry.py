"""Spans of ours beside those that FastAPI, anthropic and mcp make by themselves: which plan, which step, how it went.

No span ever holds a name, a text, a parameter or a reason: attributes come from one closed list, and a value that does
not look like an id, a code or a number is left out. Without the SDK (the extra `otel`) all of this does nothing.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode

from ledger import Entry, PlanState, State
from orchestrator import Executor, Order, Receipt
from plan import ActorKind, OncourseError
from store import Store, Unit

SCOPE = "oncourse"
ATTRIBUTES = frozenset(
    {
        "action_type", "attempt", "call", "digest8", "entries", "entry", "outcome", "phase", "plan_id", "plan_type",
        "revision", "risk", "shadow", "status", "step_id", "tenant", "verdict",
    }
)  # fmt: skip
"""All that a span of ours may say, each with the prefix `oncourse.`."""
DECISIONS = frozenset(
    f"{what}.v1"
    for what in (
        "plan.endorsed", "plan.approved", "plan.rejected", "plan.sent_back", "plan.paused", "plan.resumed",
        "plan.aborted", "plan.reopened", "step.endorsed", "step.approved", "step.rejected",
    )
)  # fmt: skip
"""What people decide."""
_WRITTEN_BY_CALLERS = frozenset({"url.path", "url.query", "http.request.method_original", "user_agent.original"})
"""What FastAPI says of a request beside its route: anybody may write a customer's name there."""
_VALUE = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")

Value = str | int | bool | None
_tenant: ContextVar[str] = ContextVar("tenant", default="")
"""Whose work this is, for the lines of the log."""
_ours: ContextVar[Span | None] = ContextVar("span", default=None)
"""The innermost span of ours: the ledger tells it what came of it."""


def tell(span: Span, /, **given: Value) -> None:
    """Add attributes to a span; what is None, not on the list, or could be a text is left out."""
    if span.is_recording():
        span.set_attributes({f"oncourse.{name}": value for name, value in _fit(given).items()})


@contextmanager
def spanned(name: str, /, **given: Value) -> Iterator[Span]:
    """Open a span; an error ends it with its class alone, since its message may quote what a customer wrote."""
    tracer = trace.get_tracer(SCOPE)
    with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
        tell(span, **given)
        token = _ours.set(span)
        whose = _tenant.set(str(_fit({"tenant": given.get("tenant")}).get("tenant") or _tenant.get()))
        try:
            yield span
        except BaseException as error:
            _failed(span, error)
            raise
        finally:
            _ours.reset(token)
            _tenant.reset(whose)


class TelemetryError(OncourseError):
    """Traces cannot be sent."""

    code = "bad_config"


class _QuietTracer(trace.Tracer):
    """Makes the spans of a door without what a caller wrote into its address."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def start_span(self, *args: Any, **given: Any) -> Span:
        """Start a span."""
        return self._tracer.start_span(*args, **given | {"attributes": _quiet(given.get("attributes"))})

    def start_as_current_span(self, *args: Any, **given: Any) -> Any:
        """Start a span, and make it the current one."""
        return self._tracer.start_as_current_span(*args, **given | {"attributes": _quiet(given.get("attributes"))})


class _QuietTracers(trace.TracerProvider):
    def get_tracer(self, *args: Any, **given: Any) -> trace.Tracer:
        """Return a tracer that hides addresses."""
        return _QuietTracer(trace.get_tracer_provider().get_tracer(*args, **given))


def quiet_tracers() -> trace.TracerProvider:
    """Return tracers for a door; none where nobody set up the SDK."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return trace.NoOpTracerProvider()
    return _QuietTracers()


def _quiet(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name not in _WRITTEN_BY_CALLERS}


class TracedExecutor:
    """Another executor, each of whose calls is a span."""

    def __init__(self, executor: Executor) -> None:
        self._executor, self.name = executor, executor.name

    def execute(self, order: Order) -> Receipt:
        """Carry out an order."""
        with _order_span("execute", order) as span:
            receipt = self._executor.execute(order)
            tell(span, outcome=receipt.kind.value)
        return receipt

    def reconcile(self, order: Order) -> Receipt:
        """Say what became of an order."""
        with _order_span("reconcile", order) as span:
            receipt = self._executor.reconcile(order)
            tell(span, outcome=receipt.kind.value)
        return receipt


class TracedStore(Store):
    """A store whose every commit that records something is a span, and every decision of a person one around it."""

    @contextmanager
    def unit(self, tenant_id: str, now: datetime, connector: str = "", *, reading: bool = False) -> Iterator[Unit]:
        """Open one transaction of one tenant."""
        opened = time.time_ns()
        done: _Commit | None = None
        try:
            with super().unit(tenant_id, now, connector, reading=reading) as unit:
                yield unit
                if recorded := unit.recorded:
                    done = _Commit(tenant_id, recorded, opened)
        except BaseException as error:
            if done is not None:
                done.tell(error)
            raise
        if done is not None:
            done.tell(None)


class _Commit:
    """What one transaction recorded, just before it is written."""

    def __init__(self, tenant_id: str, recorded: list[tuple[Entry, State | None]], opened: int) -> None:
        self._tenant, self._recorded = tenant_id, recorded
        self._opened, self._began = opened, time.time_ns()

    def tell(self, error: BaseException | None) -> None:
        """Make the spans, now that it was written or failed."""
        given: dict[str, Value] = {}
        for entry, state in self._recorded:
            given |= _of_entry(entry, state)
        decided = next((e for e, _ in self._recorded if e.type in DECISIONS and e.actor.kind is ActorKind.HUMAN), None)
        above = _ours.get()
        if above is not None and error is None:
            tell(above, tenant=self._tenant, **given)
        tracer = trace.get_tracer(SCOPE)
        outer = None
        if decided is not None:
            outer = tracer.start_span("plan.decide", start_time=self._opened)
            tell(outer, **(given | {"tenant": self._tenant, "outcome": decided.type}))
        where = None if outer is None else trace.set_span_in_context(outer)
        span = tracer.start_span("ledger.append", where, start_time=self._began)
        tell(span, **(given | {"tenant": self._tenant, "entries": len(self._recorded)}))
        for made in (span, outer):
            if made is not None:
                if error is not None:
                    _failed(made, error)
                made.end()


def _of_entry(entry: Entry, state: State | None) -> dict[str, Value]:
    kind, _, name = entry.stream.partition("/")
    told: dict[str, Value] = {"entry": entry.type}
    if kind == "plan":
        told["plan_id"] = name
    if isinstance(state, PlanState):
        plan = state.plan
        told |= {
            "plan_type": plan.plan_type.value,
            "revision": plan.revision,
            "risk": plan.risk.value,
            "status": plan.status.value,
        }
    if entry.data.get("content"):
        told["digest8"] = str(entry.data["content"]).removeprefix("sha256:")[:8]
    if entry.type == "proposal.refused.v1":
        told["verdict"] = "DENY"
    for field in ("verdict", "phase", "plan_type", "risk", "step_id"):
        if field in entry.data:
            told[field] = _plain(entry.data[field])
    return told


def _plain(value: object) -> Value:
    return value if isinstance(value, (int, bool)) else str(value)


def _fit(given: Mapping[str, Value]) -> dict[str, str | int | bool]:
    return {
        name: value
        for name, value in given.items()
        if name in ATTRIBUTES and value is not None and (not isinstance(value, str) or _VALUE.fullmatch(value))
    }


@contextmanager
def _order_span(call: str, order: Order) -> Iterator[Span]:
    with spanned(
        "step.execute",
        call=call,
        tenant=order.tenant_id,
        plan_id=str(order.plan_id),
        step_id=str(order.step_id),
        action_type=str(order.action_type),
        attempt=order.attempt,
        shadow=order.shadow,
    ) as span:
        yield span


def _failed(span: Span, error: BaseException) -> None:
    span.set_status(StatusCode.ERROR)
    if span.is_recording():
        span.set_attribute("error.type", type(error).__name__)


def where() -> dict[str, str]:
    """Return the trace, the span and the tenant that the present moment belongs to, where they are known."""
    context = trace.get_current_span().get_span_context()
    told = {"tenant": _tenant.get()} if _tenant.get() else {}
    if context.is_valid:
        told |= {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    return told


def send_traces() -> None:
    """Send spans to where the variables OTEL_* say, from now on; raise TelemetryError where the extra is missing."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TelemetryError('traces need the extra `otel`: pip install "oncourse[otel]"') from error
    named = Resource({SERVICE_NAME: SCOPE}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create().merge(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
