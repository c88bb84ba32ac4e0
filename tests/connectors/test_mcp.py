"""An order becomes one tool call; what is not certain is in doubt, never failed."""

import logging
import signal
import threading
from datetime import timedelta

import pytest

from orchestrator import ReceiptKind
from plan import spec_of
from tests.connectors.orders import PRIVATE, order
from tests.connectors.process import Server, until

BRIEF, MEETING, SPONSOR = "PREP_RENEWAL_BRIEF", "REQUEST_RENEWAL_MEETING", "ENGAGE_EXEC_SPONSOR"
OTHER = "t-2"


def said(receipt):
    return receipt.kind, receipt.outcome


def test_an_action_that_is_done_at_once_succeeds_with_its_outcome(server):
    receipt = server.executor().execute(order(BRIEF))
    assert (said(receipt), receipt.reference) == ((ReceiptKind.SUCCEEDED, "BRIEF_READY"), "crm-1")


def test_an_action_that_awaits_an_outcome_is_dispatched(server):
    assert server.executor().execute(order(MEETING)).kind is ReceiptKind.DISPATCHED


def test_a_tool_gets_only_what_it_declares_and_the_key_besides(server):
    sent = order(MEETING)
    server.executor().execute(sent)
    (call,) = server.calls(sent.key)
    assert call["arguments"] == {"idempotency_key": sent.key, "account_id": "acme", "text": PRIVATE}
    assert call["meta"] == sent.key


def test_a_tool_that_declares_no_key_reads_it_from_the_meta_data(server):
    sent = order("NOTIFY_ACCOUNT_TEAM")
    assert said(server.executor().execute(sent)) == (ReceiptKind.SUCCEEDED, "DELIVERED")
    (call,) = server.calls(sent.key)
    assert call["arguments"] == {"text": PRIVATE}
    assert len(server.applied(sent.key)) == 1


def test_the_same_key_twice_is_applied_once(server):
    sent = order(BRIEF)
    executor = server.executor()
    assert executor.execute(sent) == executor.execute(sent)
    assert (len(server.calls(sent.key)), len(server.applied(sent.key))) == (2, 1)


def test_an_answer_that_does_not_come_in_time_is_unknown(server):
    server.fault("prep_renewal_brief", "hang_after")
    sent = order(BRIEF)
    receipt = server.executor(timeout=1.5).execute(sent)
    assert receipt.kind is ReceiptKind.UNKNOWN
    assert len(server.applied(sent.key)) == 1


def test_a_call_that_hangs_before_anything_happens_is_unknown_too(server):
    server.fault("prep_renewal_brief", "hang")
    sent = order(BRIEF)
    assert server.executor(timeout=1.5).execute(sent).kind is ReceiptKind.UNKNOWN
    assert server.applied(sent.key) == []


def test_a_wrong_token_is_retryable_because_nothing_left(server):
    sent = order(BRIEF)
    receipt = server.executor(token=OTHER).execute(sent)
    assert said(receipt) == (ReceiptKind.RETRYABLE, "TOKEN_REFUSED")
    assert "401" in receipt.reference
    assert server.calls(sent.key) == []


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        ("403", ReceiptKind.RETRYABLE, "TOKEN_REFUSED"),
        ("429", ReceiptKind.RETRYABLE, "RATE_LIMITED"),
        ("500", ReceiptKind.UNKNOWN, ""),
        ("504", ReceiptKind.UNKNOWN, ""),
    ],
)
def test_only_a_refusal_of_the_call_itself_says_that_nothing_left(server, status, kind, outcome):
    server.fault("http", status)
    assert said(server.executor().execute(order(BRIEF))) == (kind, outcome)


def test_an_unknown_tool_fails_and_names_itself(server):
    receipt = server.executor("crm___").execute(order(BRIEF))
    assert said(receipt) == (ReceiptKind.FAILED, "NO_TOOL")
    assert "crm___prep_renewal_brief" in receipt.reference


def test_a_path_that_is_no_server_is_retryable(server):
    receipt = server.executor(url=server.url + "/elsewhere").execute(order(BRIEF))
    assert said(receipt) == (ReceiptKind.RETRYABLE, "SERVER_UNREACHABLE")


@pytest.mark.parametrize(
    ("body", "kind", "outcome"),
    [
        ({"status": "failed", "outcome": "INSUFFICIENT_DATA"}, ReceiptKind.FAILED, "INSUFFICIENT_DATA"),
        ({"status": "retryable", "outcome": "SOURCE_UNAVAILABLE"}, ReceiptKind.RETRYABLE, "SOURCE_UNAVAILABLE"),
        ({"status": "not_sent"}, ReceiptKind.RETRYABLE, "NOT_SENT"),
        ({"status": "unknown"}, ReceiptKind.UNKNOWN, ""),
        ({"status": "succeeded", "outcome": "BRIEF_READY"}, ReceiptKind.UNKNOWN, ""),
        ({"error": "boom"}, ReceiptKind.UNKNOWN, ""),
    ],
)
def test_an_error_means_what_its_status_says_and_without_one_nobody_knows(server, body, kind, outcome):
    server.fail("prep_renewal_brief", body)
    assert said(server.executor().execute(order(BRIEF))) == (kind, outcome)


def test_an_error_after_the_effect_is_unknown_and_quotes_nobody(server, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mcp").setLevel(logging.DEBUG)
    server.fault("prep_renewal_brief", "raise_after")
    sent = order(BRIEF)
    receipt = server.executor().execute(sent)
    assert receipt.kind is ReceiptKind.UNKNOWN
    assert len(server.applied(sent.key)) == 1
    assert "Ida" not in repr(receipt)
    assert "Ida" not in caplog.text


def test_a_server_that_is_down_is_retryable_and_cannot_settle_a_doubt(mortal):
    mortal.kill()
    executor = mortal.executor()
    assert said(executor.execute(order(BRIEF))) == (ReceiptKind.RETRYABLE, "SERVER_UNREACHABLE")
    assert executor.reconcile(order(BRIEF)).kind is ReceiptKind.UNKNOWN
    assert executor.reconcile(order(MEETING)).kind is ReceiptKind.UNKNOWN


@pytest.mark.parametrize("protocol", ["new", "old"])
@pytest.mark.parametrize("action_type", [BRIEF, MEETING])
def test_a_server_killed_in_the_call_leaves_a_doubt_that_ends_after_its_restart(tmp_path, action_type, protocol):
    (tmp_path / protocol).touch()
    mortal = Server(tmp_path).start()
    executor, sent, receipts = mortal.executor(), order(action_type), []
    mortal.fault(action_type.lower(), "hang_after")
    calling = threading.Thread(target=lambda: receipts.append(executor.execute(sent)))
    calling.start()
    until((mortal.home / "reached").exists, "the call's arrival")
    mortal.kill()
    calling.join()
    assert [receipt.kind for receipt in receipts] == [ReceiptKind.UNKNOWN]
    assert executor.reconcile(sent).kind is ReceiptKind.UNKNOWN
    mortal.start()
    found = executor.reconcile(sent)
    assert found.kind in {ReceiptKind.SUCCEEDED, ReceiptKind.DISPATCHED}
    assert len(mortal.applied(sent.key)) == 1
    resent = [call for call in mortal.calls(sent.key) if call["tool"] == action_type.lower()]
    assert len(resent) == (2 if action_type == BRIEF else 1)
    mortal.kill()


def test_a_call_that_died_before_its_effect_is_resent_where_it_is_idempotent(mortal):
    executor, sent = mortal.executor(), order(BRIEF)
    mortal.fault("prep_renewal_brief", "die_before")
    assert executor.execute(sent).kind is ReceiptKind.UNKNOWN
    assert mortal.died()
    mortal.start()
    later = sent.model_copy(update={"at": sent.at + timedelta(hours=1)})
    assert said(executor.reconcile(later)) == (ReceiptKind.SUCCEEDED, "BRIEF_READY")
    first, second = mortal.calls(sent.key)
    assert first == second


def test_a_call_that_died_before_its_effect_is_found_not_sent_where_it_is_looked_up(mortal):
    executor, sent = mortal.executor(), order(MEETING)
    mortal.fault("request_renewal_meeting", "die_before")
    assert executor.execute(sent).kind is ReceiptKind.UNKNOWN
    assert mortal.died()
    mortal.start()
    assert executor.reconcile(sent).kind is ReceiptKind.NOT_SENT
    assert mortal.applied() == []
    assert said(executor.execute(sent)) == (ReceiptKind.FAILED, "KEY_CLOSED")


def test_what_is_sent_at_most_once_is_never_asked_about(server):
    sent = order(SPONSOR)
    assert server.executor().reconcile(sent).kind is ReceiptKind.UNKNOWN
    assert server.calls(sent.key) == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ('{"status": "found", "outcome": "DELIVERED"}', ReceiptKind.SUCCEEDED),
        ('{"status": "found", "outcome": "UNDELIVERED"}', ReceiptKind.FAILED),
        ('{"status": "dispatched"}', ReceiptKind.UNKNOWN),
        ('{"status": "retryable"}', ReceiptKind.UNKNOWN),
        ('{"status": "perhaps"}', ReceiptKind.UNKNOWN),
        ('!{"status": "not_found"}', ReceiptKind.UNKNOWN),
        ('{"state": "not_found"}', ReceiptKind.UNKNOWN),
    ],
)
def test_a_look_up_settles_only_what_it_says_plainly(server, fault, kind):
    server.fault("lookup", fault)
    assert server.executor().reconcile(order("NOTIFY_ACCOUNT_TEAM")).kind is kind


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("refuse", ReceiptKind.UNKNOWN),
        ('!{"status": "retryable"}', ReceiptKind.UNKNOWN),
        ("text:the brief is ready", ReceiptKind.UNKNOWN),
        ('!{"status": "failed"}', ReceiptKind.FAILED),
        ('{"status": "not_sent"}', ReceiptKind.NOT_SENT),
    ],
)
def test_a_second_call_settles_only_what_it_says_plainly(server, fault, kind):
    server.fault("prep_renewal_brief", fault)
    assert server.executor().reconcile(order(BRIEF)).kind is kind


def test_a_server_that_lacks_tools_fails_those_actions_and_says_which(tmp_path):
    (tmp_path / "without_lookup").touch()
    (tmp_path / "demanding").touch()
    bare = Server(tmp_path).start()
    executor = bare.executor()
    specs = [spec_of(name) for name in (BRIEF, MEETING, SPONSOR)]
    assert executor.reconcile(order(MEETING)).kind is ReceiptKind.UNKNOWN
    assert said(executor.execute(order(SPONSOR))) == (ReceiptKind.FAILED, "TOOL_DEMANDS_MORE")
    assert executor.gaps(specs) == [
        "REQUEST_RENEWAL_MEETING has no tool lookup: a person decides each doubt",
        "the tool engage_exec_sponsor demands mailbox, which is not sent",
    ]
    assert bare.executor("crm___").gaps(specs[:1]) == ["PREP_RENEWAL_BRIEF has no tool crm___prep_renewal_brief"]
    bare.kill()


def test_a_server_of_2025_is_served_alike(old):
    sent, silent = order(BRIEF), order(BRIEF)
    executor = old.executor()
    assert said(executor.execute(sent)) == (ReceiptKind.SUCCEEDED, "BRIEF_READY")
    assert said(executor.reconcile(sent)) == (ReceiptKind.SUCCEEDED, "BRIEF_READY")
    assert executor.reconcile(order(MEETING)).kind is ReceiptKind.NOT_SENT
    old.fault("prep_renewal_brief", "hang_after")
    assert old.executor(timeout=2).execute(silent).kind is ReceiptKind.UNKNOWN
    assert len(old.applied(sent.key)) == len(old.applied(silent.key)) == 1
    assert said(old.executor(token=OTHER).execute(sent)) == (ReceiptKind.RETRYABLE, "TOKEN_REFUSED")


def test_a_person_who_interrupts_the_call_is_obeyed(server):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts the tests in the background ignores it
    server.fault("prep_renewal_brief", "hang")
    (server.home / "reached").unlink(missing_ok=True)
    sent = order(BRIEF)

    def interrupt():
        until((server.home / "reached").exists, "the call's arrival")
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        server.executor().execute(sent)
