"""A tenant in every state that the acts of the authority table are tried in: built once, copied for each try."""

import itertools
import json
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from functools import cached_property
from importlib.resources import files
from io import StringIO

from oncourse.cli import main
from oncourse.clock import SeededIds, SeededSalt, VirtualClock
from oncourse.simulator import SimulatedExecutor
from orchestrator import Acting, Orchestrator
from plan import ActorKind, Principal, Role
from store import Store, open_engine
from tests.house import MONDAY
from tests.keys import KEYS
from tests.oncourse.authority_table import KINDS
from tests.oncourse.folders import demo_folder

_NUMBERS = itertools.count(1)
TENANT, STRANGERS = "lindqvist", "strangers"
WHY = ("--reason", "This is the reason for it.")
POLICY = files("gate").joinpath("default_policy.yaml").read_text(encoding="utf-8")
HIGH = POLICY.replace("REQUEST_RENEWAL_MEETING: {risk: MEDIUM", "REQUEST_RENEWAL_MEETING: {risk: HIGH")
SOFT = POLICY.replace("max_risky_steps: 6", "max_risky_steps: 1").replace("severities: {}", "severities: {PG033: SOFT}")
TIGHT = POLICY.replace("max_steps: 12", "max_steps: 11").replace("name: default", "name: tight")
LOW_PLAN = {
    "account_id": "aurora",
    "plan_type": "RENEWAL_DEFENSE",
    "subject": ["aurora-2025"],
    "steps": [
        {
            "key": "brief",
            "action_type": "PREP_RENEWAL_BRIEF",
            "params": {"sections": ["USAGE"]},
            "start_day": 0,
            "evidence": ["aurora-s1"],
        }
    ],
}


class Told:
    """What a command came to."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


class Office:
    """A tenant in one file: commands run in it, and its whole state can be kept and put back."""

    def __init__(self, folder, state=b""):
        self._folder = folder
        self.restore(state)

    def run(self, *words, who="", tenant=TENANT):
        out, err = StringIO(), StringIO()
        acting = ("--as", who) if who else ()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["--db", f"sqlite:///{self.path}", "--tenant", tenant, *words, *acting])
        return Told(code, out.getvalue(), err.getvalue())

    def do(self, *words, who="", tenant=TENANT):
        """Run a command that must succeed."""
        told = self.run(*words, who=who, tenant=tenant)
        assert told.code == 0, (words, told.out, told.err)
        return told.out

    def ask(self, *words, who=""):
        return json.loads(self.do(*words, "--json", who=who))

    def keep(self):
        """Return the whole database as bytes."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.read_bytes()

    def restore(self, state):
        """Go on in a new file that holds a state."""
        self.path = self._folder / f"{next(_NUMBERS)}.db"
        if state:
            self.path.write_bytes(state)

    def entries(self):
        """Return how many entries the ledger of all tenants holds."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute("SELECT count(*) FROM ledger_entry").fetchone()[0]

    def status(self):
        """Return where the newest plan stands, by its row."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute("SELECT status FROM plan ORDER BY rowid DESC").fetchone()[0]

    @property
    def plan(self):
        """Return the newest plan."""
        return self.ask("plan", "list")[-1]

    def step(self, action):
        return next(s["step_id"] for s in self.plan["steps"] if s["action_type"] == action)

    def names(self):
        """Return what the words of a command stand for here."""
        told = {}
        for policy in self.ask("policy", "list"):
            if not policy["in_force"]:
                told["PROPOSED"] = policy["digest"]
        for plan in self.ask("plan", "list"):
            shown = self.ask("plan", "show", plan["plan_id"])
            told |= {"PLAN": plan["plan_id"], "DIGEST": shown["content_digest"]}
            for step in plan["steps"]:
                if step["action_type"] == "REQUEST_RENEWAL_MEETING":
                    text = self.ask("step", "show", plan["plan_id"], step["step_id"])["rendered"]
                    told |= {"MEETING": step["step_id"], "TEXT": text or ""}
        return told


class States:
    """Each state is built once, from the one before it, through the real command line."""

    def __init__(self, folder):
        self.folder = folder
        self.names = {}
        for name, text in (("high", HIGH), ("soft", SOFT), ("tight", TIGHT)):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        (folder / "low.json").write_text(json.dumps(LOW_PLAN), encoding="utf-8")

    def office(self, state=b""):
        return Office(self.folder, state)

    def _after(self, state, *commands):
        """Return the state after commands, each with who gives it."""
        office = Office(self.folder, state)
        for who, *words in commands:
            office.do(*words, who=who)
        return office.keep()

    def _published(self, state, name):
        office = Office(self.folder, state)
        digest = office.ask("policy", "publish", str(self.folder / f"{name}.yaml"), who="admin")["digest"]
        office.do("policy", "publish", digest, who="chief")
        return office.keep()

    def _drafted(self, state):
        """Return the state with a drafted plan whose text the author changed."""
        office = Office(self.folder, state)
        office.do("plan", "propose", "aurora", who="editor")
        meeting = office.step("REQUEST_RENEWAL_MEETING")
        office.do("plan", "edit", office.plan["plan_id"], "--set", f"{meeting}.proposed_slots=2", who="author")
        return office.keep()

    def _with_plan(self, state, *commands):
        """Return the state after commands in which PLAN stands for the plan and DIGEST for its digest."""
        office = Office(self.folder, state)
        for who, *words in commands:
            now = office.names()
            office.do(*(now.get(word, word) for word in words), who=who)
        return office.keep()

    @cached_property
    def empty(self):
        """Return a tenant with one principal of each kind, and another tenant beside it."""
        office = Office(self.folder)
        office.do("init", "--zone", "Europe/Berlin", "--clock", MONDAY.isoformat())
        office.do("init", "--admin", "stranger", tenant=STRANGERS)
        office.do("import", str(demo_folder()), who="admin")
        for name, roles in KINDS.items():
            limit = ("--limit", "100") if name == "limited" else ()
            office.do("principal", "add", name, *(f"--role={role}" for role in roles), *limit, who="admin")
        office.do("principal", "deactivate", "gone", *WHY, who="admin")
        self._machine(office)
        return office.keep()

    def _machine(self, office):
        """Turn `bot` into a machine: the command line adds people only."""
        store = Store(open_engine(f"sqlite:///{office.path}"), SeededSalt("bot"), KEYS)
        executor = SimulatedExecutor()
        house = Orchestrator(store, TENANT, clock=VirtualClock(MONDAY), ids=SeededIds("bot"), executor=executor)
        with house.desk.unit() as unit:
            admin = Acting(principal=unit.principals.get("admin"))
        roles = frozenset(map(Role, KINDS["bot"]))
        bot = Principal(principal_id="bot", tenant_id=TENANT, kind=ActorKind.AGENT, roles=roles)
        house.add_principal(bot, admin)

    @cached_property
    def low(self):
        return self._after(self.empty, ("author", "plan", "propose", "--file", str(self.folder / "low.json")))

    @cached_property
    def medium(self):
        return self._drafted(self.empty)

    @cached_property
    def high(self):
        return self._drafted(self._published(self.empty, "high"))

    @cached_property
    def half(self):
        return self._with_plan(self.high, ("senior", "plan", "approve", "PLAN", "--digest", "DIGEST"))

    @cached_property
    def soft(self):
        return self._drafted(self._published(self.empty, "soft"))

    @cached_property
    def hard(self):
        return self._after(self.medium, ("operator", "switch", "on", "tenant", *WHY))

    @cached_property
    def approved(self):
        return self._with_plan(self.medium, ("approver", "plan", "approve", "PLAN", "--digest", "DIGEST"))

    @cached_property
    def active(self):
        return self._after(self.approved, ("", "worker", "--once"))

    @cached_property
    def rendered(self):
        """Return an ACTIVE plan of which a customer's text waits for its approval."""
        office = Office(self.folder, self.active)
        office.do("worker", "--until", "2026-03-05T12:00:00+01:00")
        confirm = office.step("CONFIRM_RENEWAL_OWNER")
        office.do("step", "outcome", office.plan["plan_id"], confirm, "OWNER_CONFIRMED", who="p-mara")
        office.do("worker", "--once")
        return office.keep()

    @cached_property
    def paused_by_owner(self):
        return self._with_plan(self.active, ("p-mara", "plan", "pause", "PLAN", *WHY))

    @cached_property
    def paused_by_operator(self):
        return self._with_plan(self.active, ("operator", "plan", "pause", "PLAN", *WHY))

    @cached_property
    def handed(self):
        return self._with_plan(self.active, ("revops", "plan", "transfer", "PLAN", "--to", "heir", *WHY))

    @cached_property
    def stopped(self):
        return self._after(self.empty, ("operator", "switch", "on", "tenant", *WHY))

    @cached_property
    def release_asked(self):
        return self._after(self.stopped, ("admin", "switch", "off", "tenant", *WHY))

    @cached_property
    def live_asked(self):
        return self._after(self.empty, ("admin", "mode", "live", *WHY))

    @cached_property
    def live(self):
        return self._after(self.live_asked, ("chief", "mode", "live", *WHY))

    @cached_property
    def proposed(self):
        return self._after(self.empty, ("admin", "policy", "publish", str(self.folder / "tight.yaml")))
