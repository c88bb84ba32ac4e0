"""The only place that picks adapters: from settings to a running tenant."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from oncourse.clock import RandomIds, RealClock, VirtualClock, random_salt
from oncourse.config import ConfigError, Settings
from oncourse.keyfile import make_keys, read_keys
from oncourse.telemetry import TracedExecutor, TracedStore, send_traces
from orchestrator import Acting, Bounds, Clock, Executor, Ids, Orchestrator
from plan import OncourseError, Principal, Tenant
from store import Store, check_schema, open_engine, queue_url, schema_state, upgrade

if TYPE_CHECKING:
    from agent import Drafter
    from oncourse.connectors import McpExecutor
    from oncourse.courier import Courier, Post, Subscriptions
    from oncourse.durable import DurableEngine
    from oncourse.engine import InProcessEngine


ASK_A_MODEL = frozenset({"claude", "local"})
"""Drafters that cost something."""


class Tenancy:
    """One tenant with its clock, its orchestrator, and (made when first asked for) its engine."""

    def __init__(
        self, store: Store, tenant_id: str, clock: Clock, *, ids: Ids, executor: Executor, settings: Settings
    ) -> None:
        self.store, self.tenant_id, self.clock, self.settings = store, tenant_id, clock, settings
        self.executor = executor
        bounds = drafting_bounds(settings)
        traced = TracedExecutor(executor)
        self.house = Orchestrator(store, tenant_id, clock=clock, ids=ids, executor=traced, bounds=bounds)

    def acting(self, principal_id: str) -> Acting:
        """Return the principal who gives commands."""
        if not principal_id:
            raise ConfigError("who acts? Name a principal with --as (or ONCOURSE_AS); see: oncourse principal list")
        with self.house.desk.unit() as unit:
            return Acting(principal=unit.principals.get(principal_id))

    def tenant(self) -> Tenant:
        """Return the tenant."""
        with self.house.desk.unit() as unit:
            return unit.tenant()

    def engine(self, told: Callable[..., None] | None = None) -> "InProcessEngine":
        """Return an engine over the graph; the heavy libraries load here."""
        from agent import Deps
        from oncourse.engine import InProcessEngine
        from oncourse.graph import build_graph

        graph = build_graph(self.house, Deps(drafter=pick_drafter(self.settings)))
        return InProcessEngine(self.store, self.tenant_id, graph, self.clock, told)


def open_store(settings: Settings, *, create: bool = False) -> Store:
    """Return the store; raise SchemaError where there is none to open, or where its schema is another.

    To `create` is to make a database and a key where there is none; a database with tenants has its key already.
    """
    engine = open_engine(settings.database)
    try:
        if create and schema_state(engine)[0] is None:
            upgrade(engine)
        check_schema(engine)
        keys = read_keys(settings)
        if keys is None and create and not Store(engine, random_salt).tenants():
            keys = make_keys(settings, random_salt)
    except OncourseError:
        engine.dispose()
        raise
    return TracedStore(engine, random_salt, keys)


def open_tenancy(settings: Settings, store: Store, executor: Executor) -> Tenancy:
    """Return the tenant that the settings name, under the clock that its row says.

    Raises: ConfigError where its time is made up and the executor is real.
    """
    real = RealClock()
    with store.unit(settings.tenant, real.now(), reading=True) as unit:
        at = unit.virtual_now()
    if at is not None and settings.executor != "simulator":
        raise ConfigError(
            f"the tenant {settings.tenant} has a virtual clock, so nothing real leaves: set ONCOURSE_EXECUTOR=simulator"
        )
    clock: Clock = real if at is None else VirtualClock(at)
    return Tenancy(store, settings.tenant, clock, ids=RandomIds(), executor=executor, settings=settings)


def open_worker(settings: Settings, store: Store, executor: Executor, worker_id: str) -> "DurableEngine":
    """Return a worker for all tenants of the database that live by the real clock."""
    from oncourse.durable import DurableEngine

    @cache
    def ticker(tenant_id: str) -> "InProcessEngine":
        here = settings.model_copy(update={"tenant": tenant_id})
        return Tenancy(store, tenant_id, RealClock(), ids=RandomIds(), executor=executor, settings=here).engine()

    clock = RealClock()
    url = queue_url(settings.database)
    return DurableEngine(store, ticker, url=url, worker_id=worker_id, clock=clock, machine=clock)


def observe(settings: Settings) -> None:
    """Write this process's log, and send its spans, as the settings say."""
    from oncourse.logs import write_logs

    write_logs(settings.log.format, settings.log.level)
    if settings.traces == "otlp":
        send_traces()


def pick_executor(settings: Settings) -> Executor:
    """Return the executor that the settings name; the protocol's libraries load when its first call leaves."""
    if settings.executor == "simulator":
        from oncourse.simulator import SimulatedExecutor

        return SimulatedExecutor()
    return mcp_executor(settings)


def mcp_executor(settings: Settings) -> "McpExecutor":
    """Return the executor over the MCP server that the settings name."""
    from oncourse.connectors import Line, McpExecutor

    parts = urlsplit(settings.mcp_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError("the executor `mcp` needs the address of a server: set ONCOURSE_MCP_URL to an http(s) URL")
    if "@" in parts.netloc:
        raise ConfigError("ONCOURSE_MCP_URL holds a credential; set ONCOURSE_MCP_TOKEN instead")
    line = Line(url=settings.mcp_url, token=settings.mcp_token, timeout=settings.mcp_timeout_seconds)
    return McpExecutor(line, settings.mcp_tool_prefix)


def drafting_bounds(settings: Settings) -> Bounds:
    """Return what drafting may cost: a drafter that asks no model costs nothing, so its days have no bound."""
    most = settings.drafts_per_day if settings.drafter in ASK_A_MODEL else 0
    return Bounds(drafts_per_day=most, settling=timedelta(hours=settings.settling_hours))


def pick_drafter(settings: Settings) -> "Drafter":
    """Return the drafter that the settings name.

    `auto` replays a recording where one fits, else the playbook drafts; it also does where the provider is down.
    """
    import agent

    if settings.drafter == "playbook":
        return agent.playbook_drafter()
    if settings.drafter == "replay":
        return agent.replay_drafter(None)
    if settings.drafter == "claude":
        key = settings.model_api_key.get_secret_value()
        if not key:
            raise ConfigError("the drafter `claude` needs a key: set ONCOURSE_MODEL_API_KEY, or use --drafter playbook")
        given = agent.ClaudeSettings(api_key=key, base_url=settings.model_base_url or None, model=settings.model)
        return agent.stand_in(agent.claude_drafter(given), agent.playbook_drafter())
    if settings.drafter == "local":
        try:
            return agent.local_drafter()
        except agent.MissingExtraError as error:
            raise ConfigError(str(error)) from error
    if settings.drafter == "auto":
        return agent.replay_drafter(agent.playbook_drafter())
    raise ConfigError(f"unknown drafter {settings.drafter!r}; one of: auto, playbook, replay, claude, local")


def first_admin(tenant_id: str, principal_id: str) -> Principal:
    """Return the person who sets a tenant up."""
    from plan import Role

    return Principal(
        principal_id=principal_id, tenant_id=tenant_id, roles=frozenset({Role.TENANT_ADMIN, Role.REVOPS, Role.OPERATOR})
    )


def open_post(settings: Settings) -> "Post":
    """Return what carries letters to webhooks, behind the fence that the settings draw."""
    from oncourse.courier import Fence, HttpPost

    return HttpPost(Fence(ports=settings.webhook_ports, loopback=settings.webhooks_allow_loopback))


def open_subscriptions(settings: Settings, store: Store, tenant_id: str, clock: Clock) -> "Subscriptions":
    """Return a tenant's webhooks for people; letters are dated by the machine's clock."""
    from oncourse.courier import Subscriptions

    return Subscriptions(store, tenant_id, clock=clock, ids=RandomIds(), post=open_post(settings))


def open_courier(settings: Settings, store: Store, executor: Executor) -> "Courier":
    """Return what tells others beside a worker: webhooks of all tenants, and the people of the settings' tenant."""
    from oncourse.courier import AppriseMessenger, Courier, Deliveries, Notices

    clock = RealClock()
    notices = Notices(
        store,
        settings.tenant,
        connector=executor.name,
        messenger=AppriseMessenger(),
        clock=clock,
        settings=settings.notify,
        public_url=settings.public_url,
    )
    return Courier(store, clock, Deliveries(store, open_post(settings), clock), [notices])
