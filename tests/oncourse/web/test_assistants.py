"""Assistants over MCP: the real client at the real application. They read and propose; nothing here decides."""

import ast
import asyncio
import inspect
import json
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

import oncourse.web.assistants
from gate import Act, default_bundle
from oncourse.clock import SeededIds, SeededSalt
from oncourse.identity import Doorkeeper, Tokens
from oncourse.web import Health, build_app, listening
from oncourse.web.assistants import Assistant, Window
from oncourse.web.assistants.tools import build_server
from orchestrator import (
    Acting,
    Governance,
    NotAllowedError,
    Orchestrator,
    PlanEdit,
    ReceiptKind,
    Records,
    Removal,
    Subject,
)
from plan import ActorKind, Principal, RiskClass, Role, Tenant
from tests.builders import proposal
from tests.house import BERLIN
from tests.oncourse.web.conftest import Doorkeeper as Known
from tests.oncourse.web.conftest import Signed, Worker

SECRET = "onc_known"
FOLDER = Path(oncourse.web.assistants.__file__).parent
READING = {"list_plans", "get_plan", "explain_stop", "what_waits"}


class Desk:
    """An assistant's program: the real client, at the address of the real application."""

    def __init__(self, address, token):
        self.address, self.token = address, token

    @asynccontextmanager
    async def client(self, mode="auto", **headers):
        more = {"authorization": f"Bearer {self.token}"} | headers
        async with (
            httpx2.AsyncClient(headers=more, timeout=30) as http,
            Client(streamable_http_client(f"{self.address}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client

    def do(self, what, **how):
        async def run():
            async with self.client(**how) as client:
                return await what(client)

        return asyncio.run(run())

    def call(self, tool, **arguments):
        return self.do(lambda client: client.call_tool(tool, arguments))

    def told(self, tool, **arguments):
        answer = self.call(tool, **arguments)
        assert not answer.is_error, answer.content[0].text
        return answer.structured_content

    def refused(self, tool, **arguments):
        answer = self.call(tool, **arguments)
        assert answer.is_error
        told = answer.content[0].text
        assert "\n" not in told
        assert "Traceback" not in told
        return told

    def post(self, body=None, **headers):
        return httpx2.post(f"{self.address}/mcp", json=body or {}, headers=headers, timeout=30)


class Far(Known):
    """Knows the same program as one of the other tenant."""

    def by_token(self, secret):
        found = super().by_token(secret)
        robot = found.acting.principal.model_copy(update={"tenant_id": "t2"})
        return Signed("t2", Acting(principal=robot, authenticated="token"), found.scopes)


@pytest.fixture
def served(door):
    with listening(door.app, "127.0.0.1", 0) as address:
        yield address


@pytest.fixture
def desk(served):
    return Desk(served, f"{SECRET}:read+propose")


def test_what_is_offered_is_a_closed_list(desk):
    async def look(client):
        return (
            await client.list_tools(),
            await client.list_resource_templates(),
            await client.list_resources(),
            await client.list_prompts(),
        )

    tools, templates, resources, prompts = desk.do(look)
    assert {tool.name for tool in tools.tools} == READING | {"propose_plan"}
    assert {one.uri_template for one in templates.resource_templates} == {"plan://{plan_id}", "ledger://{plan_id}"}
    assert (resources.resources, prompts.prompts) == ([], [])
    assert {tool.name for tool in tools.tools if tool.annotations.read_only_hint} == READING
    assert all(tool.description for tool in tools.tools)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_old_and_new_clients_read_a_plan_with_the_link_to_its_page(desk, door, draft, mode):
    answer = desk.do(lambda client: client.call_tool("get_plan", {"plan_id": draft}), mode=mode)
    told = answer.structured_content
    assert told["content"]["plan"]["plan_id"] == draft
    assert told["content"]["decision"]["verdict"] == "ASK"
    assert told["link"] == f"{desk.address}/review/{draft}"
    assert "approve_with" not in told["content"]
    assert "is data" in told["untrusted"]


def test_links_lead_to_where_browsers_reach_the_installation(door, draft):
    door.front.settings = door.front.settings.model_copy(update={"public_url": "https://plans.example"})
    with listening(
        build_app(door.front, Health(Worker(door.house.clock), lambda: None, door.house.clock, Event())), "127.0.0.1", 0
    ) as address:
        told = Desk(address, f"{SECRET}:read").told("list_plans")
    assert told["content"]["plans"][0]["link"] == f"https://plans.example/review/{draft}"


def test_plans_are_listed_a_page_at_a_time(desk, door, draft):
    other = str(door.house.draft("beta"))
    first = desk.told("list_plans", limit=1)["content"]
    second = desk.told("list_plans", limit=1, cursor=first["next_cursor"])["content"]
    assert {first["plans"][0]["plan_id"], second["plans"][0]["plan_id"]} == {draft, other}
    assert second["next_cursor"] is None
    assert desk.told("list_plans", state=["ACTIVE"])["content"]["plans"] == []
    assert len(desk.told("list_plans", account_id="beta", owner="mara")["content"]["plans"]) == 1


def test_the_queue_says_what_waits_and_who_could_answer(desk, draft):
    told = desk.told("what_waits")["content"]["waits"]
    assert [(one["plan_id"], one["kind"]) for one in told] == [(draft, "draft")]
    assert "otto" in told[0]["who"]
    assert told[0]["link"].endswith(f"/review/{draft}")
    assert "digest" not in told[0]


def test_a_plan_that_stopped_says_why_and_one_that_did_not_says_so(desk, door, draft):
    assert desk.told("explain_stop", plan_id=draft)["content"]["why"] == "It has not stopped: it is DRAFT."
    door.house.orchestrator.reject(draft, "They left for good.", door.house.who("otto"))
    told = desk.told("explain_stop", plan_id=draft)["content"]
    assert "They left for good." in told["why"]
    assert any("rejected the draft" in line for line in told["story"])


def test_both_resources_hold_what_the_tools_tell(desk, draft):
    async def read(client):
        return [await client.read_resource(f"{kind}://{draft}") for kind in ("plan", "ledger")]

    plan, story = [json.loads(one.contents[0].text) for one in desk.do(read)]
    assert plan == desk.told("get_plan", plan_id=draft)
    assert story == desk.told("explain_stop", plan_id=draft)


def test_a_draft_is_asked_for_and_a_person_still_decides(desk, door):
    door.house.know()
    door.house.posture()
    told = desk.told("propose_plan", account_id="acme")
    assert told["content"]["state"] == "waiting"
    door.house.run(0.01)
    assert [line["status"] for line in desk.told("list_plans")["content"]["plans"]] == ["DRAFT"]


def test_a_proposal_is_taken_as_a_machines_own_and_waits_as_a_draft(desk, door):
    door.house.know(urgent_ticket=True)
    mine = proposal().model_dump(mode="json")
    mine["provenance"]["drafter"] = "person"
    told = desk.told("propose_plan", proposal=mine)
    plan_id = told["content"]["plan_id"]
    assert told["link"].endswith(f"/review/{plan_id}")
    shown = desk.told("get_plan", plan_id=plan_id)["content"]
    assert (shown["plan"]["status"], shown["drafter"]) == ("DRAFT", "program")
    assert door.house.broken() == []


def test_a_proposal_that_the_gate_refuses_is_answered_with_its_codes(desk, door):
    door.house.know(urgent_ticket=True)
    mine = proposal().model_dump(mode="json")
    mine["steps"] = [{**mine["steps"][0], "action_type": "DROP_TABLES", "params": {}}]
    assert "the gate refuses the proposal" in desk.refused("propose_plan", proposal=mine)


async def unread(client, uri):
    with pytest.raises(MCPError) as told:
        await client.read_resource(uri)
    return told.value.error.message


def test_bad_input_gets_one_line(desk, draft):
    assert "plan" in desk.refused("get_plan", plan_id="a0e1d2c3-0000-4000-8000-000000000000")
    assert "plan_id" in desk.refused("get_plan", plan_id="no id")
    assert "account_id" in desk.refused("propose_plan")
    assert "1 to 100" in desk.refused("list_plans", limit=1000)
    assert "cursor" in desk.refused("list_plans", cursor="made up")
    assert desk.refused("propose_plan", account_id="nobody")
    assert "is no plan's id" in desk.do(lambda client: unread(client, "plan://nothing"))


def test_no_other_tool_can_be_named(desk, draft):
    for name in ("approve", "approve_plan", "decide", "reject", "pause", "__class__"):
        assert "Unknown tool" in desk.refused(name, plan_id=draft)


def test_without_a_token_that_holds_the_answer_is_401(desk, door):
    for headers in ({}, {"authorization": "Bearer onc_other"}, {"authorization": f"Basic {SECRET}:read"}):
        answer = desk.post(**headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    answer = desk.post(cookie="__Host-oncourse=otto", **{"sec-fetch-site": "same-origin"})
    assert answer.status_code == 401


def test_a_token_opens_what_its_scopes_say(served, draft):
    proposing, reading, none = (Desk(served, f"{SECRET}:{scopes}") for scopes in ("propose", "read", "events"))
    for tool in READING:
        asked = {"plan_id": draft} if tool in {"get_plan", "explain_stop"} else {}
        assert "not read" in proposing.refused(tool, **asked)
        assert "not read" in none.refused(tool, **asked)
    assert "not propose" in reading.refused("propose_plan", account_id="acme")
    assert "not propose" in none.refused("propose_plan", account_id="acme")
    assert reading.told("get_plan", plan_id=draft)


def test_a_token_that_is_revoked_or_over_opens_nothing(served, door, draft):
    house, clock = door.house, door.house.clock
    tokens = Tokens(house.orchestrator, clock, SeededIds("k"), SeededSalt("k"))
    made = [tokens.issue("helper", ["read"], days, house.who("root")) for days in (30, 1)]
    door.front.doorkeeper = Doorkeeper(house.store, clock)
    for one in made:
        assert Desk(served, one.secret).told("get_plan", plan_id=draft)
    tokens.revoke(made[0].token.token_id, house.who("root"))
    clock.set(clock.now() + timedelta(days=2))
    for one in made:
        assert Desk(served, one.secret).post(authorization=f"Bearer {one.secret}").status_code == 401


def test_another_tenants_plan_is_not_there(served, door, draft):
    root = Principal(principal_id="root", tenant_id="t2", roles=frozenset({Role.TENANT_ADMIN}))
    other = Tenant(tenant_id="t2", name="Tenant Two", calendar=BERLIN)
    Orchestrator(
        door.house.store, "t2", clock=door.house.clock, ids=SeededIds("t2"), executor=door.house.executor
    ).open_tenant(other, default_bundle(), root)
    door.front.doorkeeper = Far(door.house)
    far = Desk(served, f"{SECRET}:read+propose")
    assert far.told("list_plans")["content"]["plans"] == []
    assert far.told("what_waits")["content"]["waits"] == []
    same = far.refused("get_plan", plan_id=draft).replace(draft, "ID")
    unknown = "a0e1d2c3-0000-4000-8000-000000000000"
    assert same == far.refused("get_plan", plan_id=unknown).replace(unknown, "ID")
    assert far.refused("explain_stop", plan_id=draft)


def test_other_hosts_and_other_sites_are_refused(desk):
    known = {"authorization": f"Bearer {desk.token}"}
    assert desk.post(host="evil.example", **known).status_code == 421
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    assert desk.post(body, origin="https://evil.example", **accept, **known).status_code == 403
    assert desk.post(body, origin=desk.address, **accept, **known).status_code == 200


def test_nothing_but_a_post_is_taken_and_nothing_large(desk):
    known = {"authorization": f"Bearer {desk.token}"}
    for method in ("GET", "DELETE", "PUT"):
        answer = httpx2.request(method, f"{desk.address}/mcp", headers=known)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert desk.post({"x": "y" * 300_000}, **known).status_code == 413


def test_a_failure_of_ours_tells_nothing_of_itself(desk, door, draft, monkeypatch):
    def fail(*_):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("oncourse.web.assistants.assistant.show", fail)
    assert "secret" not in desk.refused("get_plan", plan_id=draft)


def test_making_the_server_leaves_logging_as_it_is(monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    build_server()
    assert (root.handlers, root.level) == ([], level)


# No tool decides, by construction: what an assistant holds, what its modules name, and what the gate says.


def commands(face):
    return {name for name, one in inspect.getmembers(face) if not name.startswith("_") and callable(one)}


def test_what_an_assistant_holds_reads_wishes_and_submits(door):
    window = Window(door.house.orchestrator)
    assert set(Window.__slots__) == {"reading", "wish", "submit"}
    assert not hasattr(window, "__dict__")
    assert commands(Assistant) == READING | {"ask_for_draft", "propose"}


IMPORTED = {"DeniedError", "Orchestrator", "show", "waiting", "waits_for", "BadInputError", "tell"}


def test_its_modules_name_no_other_command():
    forbidden = (commands(Orchestrator) | commands(Governance)) - {"wish", "submit", "explain", "request", "status"}
    assert {"approve", "reject", "send_back", "pause", "approve_step", "publish_policy"} <= forbidden
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in forbidden | {"elicit", "elicit_url"}, f"{path.name} calls {node.attr}"
            if isinstance(node, ast.Name):
                assert node.id not in {"getattr", "vars", "__import__"}, f"{path.name} names {node.id}"
            if isinstance(node, ast.ImportFrom) and node.module == "orchestrator":
                assert {alias.name for alias in node.names} <= IMPORTED, path.name
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("oncourse.web."):
                assert node.module.split(".")[2] not in {"decisions", "steps", "reviews", "pending", "repeats"}


PROPOSING = {"wish", "submit", "revise"}


def deciding():
    """Yield every command that takes who gives it, but those that propose."""
    for face in (Orchestrator, Governance):
        for name, one in inspect.getmembers(face, inspect.isfunction):
            takes_who = not name.startswith("_") and "who" in inspect.signature(one).parameters
            if takes_who and name not in PROPOSING | {"undelegate"}:  # what nobody delegated nobody takes back
                yield pytest.param(face, name, id=f"{face.__name__}.{name}")


def words(house, plan_id):
    """Return something that fits for whatever a command asks for."""
    plan = house.plan(plan_id)
    newcomer = Principal(principal_id="newcomer", tenant_id="t1", kind=ActorKind.AGENT, roles=frozenset({Role.EDITOR}))
    return {
        "plan_id": plan_id,
        "step_id": str(plan.steps[0].step_id),
        "seen": house.record(plan_id).content_digest,
        "reason": "It would be right, says the customer.",
        "change": PlanEdit(removed=(Removal(step_id=plan.steps[-1].step_id, reason="not needed"),)),
        "found": ReceiptKind.SUCCEEDED,
        "account_id": "acme",
        "outcome": "BRIEF_READY",
        "records": Records(families={}),
        "new_owner": "otto",
        "added": newcomer,
        "principal_id": "otto",
        "to": "mara",
        "acts": [Act.APPROVE],
        "days": 3,
        "max_risk": RiskClass.LOW,
        "new": default_bundle(),
        "span": timedelta(days=30),
        "prefix": "sha256:",
        "name": "tenant",
        "lost": None,
        "subject": Subject(contact_id="acme-c1"),
        "request": "req_1",
    }


def ready(house, name):
    """Return a plan that stands where a command could be given, and what only there fits."""
    if name == "accept":
        plan_id = house.active()
        house.orchestrator.transfer(plan_id, "otto", "Mara is away for long.", house.who("sara"))
        return plan_id, {}
    if name == "approve_step":
        plan_id = house.active()
        house.run(4)
        step = house.step(plan_id, "REQUEST_RENEWAL_MEETING")
        with house.unit() as unit:
            kept = unit.effects.artefact(plan_id, step.step_id, step.attempts + 1)
        return plan_id, {"step_id": str(step.step_id), "seen": kept.digest}
    if name == "publish_policy":
        new = default_bundle().model_copy(update={"max_steps": 8})
        asked = house.orchestrator.governance.propose_policy(new, timedelta(days=30), house.who("root"))
        return str(house.draft()), {"prefix": asked.digest}
    return str(house.draft()), {}


@pytest.mark.parametrize(("face", "name"), list(deciding()))
def test_the_gate_refuses_every_other_command_to_the_programs_principal(door, face, name):
    house, robot = door.house, door.keeper.by_token(f"{SECRET}:read+propose+events").acting
    plan_id, fitting = ready(house, name)
    known = words(house, plan_id) | fitting
    before = (house.plan(plan_id), len(house.types(plan_id)))
    command = getattr(house.orchestrator if face is Orchestrator else house.orchestrator.governance, name)
    wanted = [one for one in inspect.signature(command).parameters.values() if one.default is one.empty]
    given = {one.name: known[one.name] for one in wanted if one.name != "who"}
    acting = Acting(principal=robot.principal, authenticated="token", strong_at=house.clock.now())
    with pytest.raises(NotAllowedError):
        command(**given, who=acting)
    assert (house.plan(plan_id), len(house.types(plan_id))) == before
