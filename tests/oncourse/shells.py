"""A shell over any database, and a process that writes into it, for tests of commands about the database itself."""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

from oncourse.clock import RandomIds, RealClock, random_salt
from oncourse.simulator import SimulatedExecutor
from orchestrator import Acting, Orchestrator
from plan import Principal, Role
from store import Store, open_engine
from tests.keys import KEYS
from tests.oncourse.folders import demo_folder
from tests.oncourse.test_cli import Shell

CONTEXT = multiprocessing.get_context("forkserver")
ONCOURSE = Path(sys.executable).parent / "oncourse"


class AnyShell(Shell):
    """A shell over the database of a URL; its tenant lives by the real clock."""

    def __init__(self, capsys, url):
        super().__init__(capsys, "")
        self.url = url
        self._base = ["--db", url]

    def run(self, *words, expect=0):
        """Run a command; over a server in a process of its own, whose connections end with it."""
        if self.url.startswith("sqlite"):
            return super().run(*words, expect=expect)
        done = subprocess.run(self.words(*words), capture_output=True, text=True, check=False)
        self.err = done.stderr
        assert done.returncode == expect, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    def found(self):
        """Make the tenant, with its accounts."""
        self.run("init", "--zone", "Europe/Berlin")
        self.run("import", str(demo_folder()), "--as", "admin")
        return self

    def words(self, *more):
        """Return the words of a process of its own."""
        return [str(ONCOURSE), *self._base, *more]


def write_on(url, sign):
    """Add person after person until killed: each one a row and an entry of the ledger in one transaction."""
    store = Store(open_engine(url), random_salt, KEYS)
    house = Orchestrator(store, "main", clock=RealClock(), ids=RandomIds(), executor=SimulatedExecutor())
    with house.desk.unit() as unit:
        admin = Acting(principal=unit.principals.get("admin"))
    for number in range(1_000_000):
        one = Principal(principal_id=f"p-{number:06d}", tenant_id="main", roles=frozenset({Role.EDITOR}))
        house.add_principal(one, admin)
        Path(f"{sign}.new").write_text(str(number))
        Path(f"{sign}.new").replace(sign)


def writing(url, sign):
    """Start a process that writes on, and wait for its first commit; `sign` holds the number of its last one."""
    writer = CONTEXT.Process(target=write_on, args=(url, str(sign)), daemon=True)
    writer.start()
    while not sign.exists():
        time.sleep(0.05)
    return writer
