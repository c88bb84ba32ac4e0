"""`GET /metrics` for Prometheus: how many of what, never of whom. Labels are ids of tenants, states and codes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from ipaddress import ip_address
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from oncourse.counting import BUCKETS, Counting, Counts, Key
from oncourse.web.callers import the_caller
from oncourse.web.front import Front
from oncourse.web.problems import ProblemError
from store import Figures, Many, Oldest

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
_NAMES = {"localhost", "127.0.0.1", "[::1]"}


class _Family(NamedTuple):
    name: str
    about: str
    labels: tuple[str, ...]


_COUNTED: dict[str, _Family] = {
    "proposals": _Family("oncourse_proposals", "Proposals by result", ("result",)),
    "refusals": _Family("oncourse_gate_refusals", "Refusals of the gate by code", ("code",)),
    "decisions": _Family("oncourse_decisions", "Decisions of people over drafts", ("decision",)),
    "endings": _Family("oncourse_plan_endings", "Plans that closed, by reason", ("status", "reason")),
    "moves": _Family("oncourse_step_moves", "What happened to steps", ("move",)),
    "calls": _Family("oncourse_model_calls", "Calls of a model", ()),
    "tokens": _Family("oncourse_model_tokens", "Tokens of a model", ("direction",)),
}


def metrics(front: Front) -> APIRouter:
    """Return the page of figures over one process's door."""
    router, counting = APIRouter(), Counting(front.store, front.clock)

    @router.get("/metrics", include_in_schema=False)
    def tell(request: Request) -> Response:
        """Tell the figures: of all tenants to this machine, of its own to a program with a token."""
        registry = CollectorRegistry()
        registry.register(_Page(front, counting, _whose(request, front)))
        return Response(generate_latest(registry), media_type=MEDIA, headers={"cache-control": "no-store"})

    return router


def _whose(request: Request, front: Front) -> str | None:
    """Return the tenant that the caller may hear of; None for all. Whoever is neither is refused."""
    if request.headers.get("authorization"):
        caller = the_caller(request, front, None, None)
        if "read" not in caller.scopes:
            raise ProblemError(HTTPStatus.FORBIDDEN, "scope", "this token does not open read; make one that does")
        return caller.tenant_id
    settings = front.settings
    alone = not (settings.public_url or settings.oidc)  # else a proxy may stand here that says nothing of itself
    if alone and _from_here(request):
        return None
    raise ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        "figures are told to this machine itself, or for a token with the scope read: Authorization: Bearer onc_...",
        headers={"www-authenticate": 'Bearer realm="oncourse"'},
    )


def _from_here(request: Request) -> bool:
    """Tell whether a program on this machine asks us by our local name, and not through a proxy that stands on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    try:
        return ip_address(request.client.host).is_loopback and name in _NAMES
    except ValueError:
        return False


class _Page(Collector):
    """One scrape."""

    def __init__(self, front: Front, counting: Counting, whose: str | None) -> None:
        self._front, self._counting, self._whose = front, counting, whose

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        with self._front.store.figures(self._whose) as figures:
            sizes = {one.tenant_id: one.number for one in figures.ledgers()}
            now = list(self._now(figures))
        counts = self._counting.look(sizes)
        yield from now
        yield _gauge("oncourse_ledger_entries", "Entries of the ledger", [Many(t, "", n) for t, n in sizes.items()])
        behind = [Many(t, "", n) for t, n in self._counting.behind(sizes).items()]
        yield _gauge("oncourse_uncounted_entries", "Entries that the next scrapes will count", behind)
        for name, family in _COUNTED.items():
            yield _counter(family, self._mine(getattr(counts, name)))
        cost = [(key, micro / 1_000_000) for key, micro in self._mine(counts.micro_usd)]
        yield _counter(_Family("oncourse_model_cost_usd", "Cost of a model, where its price is known", ()), cost)
        yield self._delays(counts)

    def _now(self, figures: Figures) -> Iterator[Metric]:
        at = self._front.clock.now()
        yield _gauge("oncourse_plans", "Plans by status", figures.plans(), "status")
        yield _gauge("oncourse_steps", "Steps on their way, by status", figures.steps(), "status")
        for what, about, found in (
            ("events_waiting", "Events that nobody has taken up", figures.events()),
            ("plans_due", "Plans whose time has come and that nobody has looked at", figures.due(at)),
        ):
            yield _gauge(f"oncourse_{what}", about, [Many(one.tenant_id, "", one.number) for one in found])
            family = GaugeMetricFamily(f"oncourse_{what}_oldest_seconds", f"{about}: the oldest", labels=["tenant"])
            for one in found:
                family.add_metric([one.tenant_id], _age(one, at.timestamp()))
            yield family
        yield _gauge("oncourse_webhook_lag_entries", "Entries the slowest webhook was not told of", figures.webhooks())

    def _mine(self, counted: Counter[Key]) -> list[tuple[Key, float]]:
        return [(key, number) for key, number in counted.items() if self._whose in {None, key[0]}]

    def _delays(self, counts: Counts) -> Metric:
        family = HistogramMetricFamily("oncourse_decision_seconds", "From draft to decision", labels=["tenant"])
        for (tenant,), told in counts.delays.items():
            if self._whose in {None, tenant}:
                buckets = [(str(most), number) for most, number in zip((*BUCKETS, "+Inf"), told, strict=False)]
                family.add_metric([tenant], buckets, told[-1])
        return family


def _gauge(name: str, about: str, found: Iterable[Many], state: str = "") -> Metric:
    family = GaugeMetricFamily(name, about, labels=["tenant", *([state] if state else [])])
    for one in found:
        family.add_metric([one.tenant_id, *([one.state] if state else [])], one.number)
    return family


def _counter(family: _Family, counted: Iterable[tuple[Key, float]]) -> Metric:
    made = CounterMetricFamily(family.name, family.about, labels=["tenant", *family.labels])
    for key, number in counted:
        made.add_metric(key, number)
    return made


def _age(one: Oldest, now: float) -> float:
    return 0.0 if one.since is None else max(0.0, now - one.since.timestamp())
