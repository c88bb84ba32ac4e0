"""A shell over any database, for tests of commands that are about the database itself."""

import subprocess
import sys
from pathlib import Path

from tests.oncourse.folders import demo_folder
from tests.oncourse.test_cli import Shell

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
