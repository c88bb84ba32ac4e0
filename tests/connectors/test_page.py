"""The page about executing tells the truth: its server runs, and its tables are those of the code."""

import re

from oncourse.connectors.answers import STATUSES
from oncourse.connectors.mcp import ARGUMENTS
from orchestrator import ReceiptKind
from plan import Approval, catalogue, spec_of
from tests.connectors.orders import PRIVATE, order
from tests.connectors.process import ROOT, Server

PAGE = (ROOT / "docs" / "executing.md").read_text(encoding="utf-8")
MEETING = "REQUEST_RENEWAL_MEETING"


def table():
    """Return the table of actions that need a tool."""
    rows = ["| action | tool | provider | outcome comes |", "|---|---|---|---|"]
    for spec in catalogue().actions:
        if spec.approval is not Approval.TASK:
            comes = "later" if spec.awaits_outcome else "at once"
            rows.append(f"| {spec.action_type} | `{spec.action_type.lower()}` | {spec.provider} | {comes} |")
    return "\n".join(rows)


def test_the_page_lists_every_action_that_needs_a_tool():
    assert table() in PAGE


def test_the_page_names_every_argument_and_every_status():
    assert [name for name in ARGUMENTS if f"`{name}`" not in PAGE] == []
    assert [name for name in (*STATUSES, "found", "not_found") if f"`{name}`" not in PAGE] == []


def test_the_server_of_the_page_keeps_its_word(tmp_path, monkeypatch):
    text = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1)
    assert len([line for line in text.split("\n") if line.strip()]) <= 25
    script = tmp_path / "actions.py"
    server = Server(tmp_path, str(script))
    script.write_text(
        text.replace("8931", str(server.port)).replace("actions.db", str(tmp_path / "actions.db")), encoding="utf-8"
    )
    server.start()
    executor = server.executor()
    sent, lost = order(MEETING, params={"contact_id": "acme-c1"}), order(MEETING, params={"contact_id": "acme-c1"})
    assert executor.gaps([spec_of(MEETING)]) == []
    assert executor.execute(sent).kind is ReceiptKind.DISPATCHED
    assert executor.execute(sent).kind is ReceiptKind.DISPATCHED
    assert executor.reconcile(sent).kind is ReceiptKind.DISPATCHED
    server.kill()
    assert executor.execute(lost).kind is ReceiptKind.RETRYABLE
    server.start()
    assert executor.reconcile(sent).kind is ReceiptKind.DISPATCHED
    assert executor.reconcile(lost).kind is ReceiptKind.NOT_SENT
    late = executor.execute(lost)
    assert (late.kind, late.outcome) == (ReceiptKind.FAILED, "KEY_CLOSED")
    server.kill()

    import sqlite3

    with sqlite3.connect(tmp_path / "actions.db") as database:
        taken = database.execute("SELECT contact, text FROM work WHERE status = 'taken'").fetchall()
    database.close()
    assert taken == [("acme-c1", PRIVATE)]
