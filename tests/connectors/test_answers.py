"""What a tool says is read word by word; a text proves only that the call arrived."""

import pytest

from oncourse.connectors.answers import Said, read_action
from orchestrator import ReceiptKind
from plan import catalogue, spec_of

BRIEF, MEETING = spec_of("PREP_RENEWAL_BRIEF"), spec_of("REQUEST_RENEWAL_MEETING")


def content(**body):
    return Said(error=False, content=body, text="")


def text(words):
    return Said(error=False, content=None, text=words)


def test_json_in_a_text_counts_like_structured_content():
    receipt = read_action(text('{"status": "succeeded", "outcome": "BRIEF_READY", "reference": 17}'), BRIEF)
    assert (receipt.kind, receipt.outcome, receipt.reference) == (ReceiptKind.SUCCEEDED, "BRIEF_READY", "17")


@pytest.mark.parametrize("words", ["sent", "", "[1]", '"succeeded"', '{"result": "sent"}', "{"])
def test_a_plain_text_says_only_that_the_call_arrived(words):
    for spec in catalogue().actions:
        assert read_action(text(words), spec).kind is ReceiptKind.DISPATCHED


def test_a_success_without_an_outcome_has_the_first_good_one():
    assert read_action(content(status="succeeded"), BRIEF).outcome == "BRIEF_READY"
    assert read_action(content(status="succeeded"), MEETING).outcome == ""


@pytest.mark.parametrize("outcome", ["Dear Ida", "booked", "A" * 81, 7, ["X"], "X\n"])
def test_an_outcome_that_is_no_code_never_enters_the_record(outcome):
    receipt = read_action(content(status="failed", outcome=outcome), BRIEF)
    assert (receipt.kind, receipt.outcome) == (ReceiptKind.FAILED, "UNREADABLE_OUTCOME")


@pytest.mark.parametrize("status", ["SUCCEEDED", "queued", "", None, {"a": 1}, "found", "not_found"])
def test_a_status_that_means_nothing_here_is_unknown(status):
    assert read_action(content(status=status), BRIEF).kind is ReceiptKind.UNKNOWN


def test_a_reference_is_cut_and_printable():
    receipt = read_action(content(status="dispatched", reference="a\x1b[2J\n" + "b" * 300), MEETING)
    assert receipt.reference.startswith("a[2Jbb")
    assert len(receipt.reference) == 200
