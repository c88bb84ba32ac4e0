"""What others read of an entry: other people's libraries take it, and a table can do nobody harm."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from ledger import Actor, Authority, Entry, Reason, cloud_event, csv_line, csv_row, log_record
from plan import ActorKind, Cause, ModelCall, canonical

REF = "ref:sha256:" + "0" * 64
DIGEST = "sha256:" + "0" * 64
CALL = ModelCall(
    provider="anthropic", model_asked="claude", model_answered="claude-1", prompt="p-1", prompt_digest=DIGEST,
    request_digest=DIGEST, response_digest=DIGEST, input_tokens=7, output_tokens=3,
)  # fmt: skip


def entry(**more):
    told = {
        "stream": "plan/0b1c6e9e-1f5e-4d8e-9d54-1c2b3a4d5e6f",
        "seq": 4,
        "type": "plan.sent_back.v1",
        "at": datetime(2026, 3, 2, 7, 0, 1, 250_000, UTC),
        "actor": Actor(kind=ActorKind.HUMAN, id="p-otto"),
        "authority": Authority(role="plan_approver", grant="AUTH-1"),
        "cause": Cause(kind="person", ref="p-otto"),
        "reason": Reason(code="sent_back", text=REF),
        "data": {"target": "DRAFT", "revision": 1},
    }
    return Entry.model_validate(told | more)


def row(one, reveal=lambda _ref: "Ask Ben."):
    text = csv_row(one, 212, reveal, {}, {one.stream.removeprefix("plan/"): "aurora"})
    [cells] = csv.reader(io.StringIO(text))
    return cells


def test_a_cloud_event_is_one_for_the_librarys_own_reader():
    body = canonical(entry())
    event = JSONFormat().read(CloudEvent, cloud_event(body, "oncourse.log/ab/1", 212))
    assert event.get_specversion() == "1.0"
    assert event.get_id() == "plan/0b1c6e9e-1f5e-4d8e-9d54-1c2b3a4d5e6f#4"
    assert event.get_source() == "//oncourse.log/ab/1"
    assert event.get_type() == "oncourse.plan.sent_back.v1"
    assert event.get_subject() == entry().stream
    assert event.get_time() == entry().at
    assert event.get_extension("sequence") == "000000000212"
    assert canonical(Entry.model_validate(event.get_data())) == body


def test_a_log_record_carries_the_hashed_bytes_and_names_the_model():
    one = entry(trace="a" * 32 + "-" + "b" * 16, model=(CALL,))
    told = json.loads(log_record(canonical(one), one, "oncourse.log/ab/1", 212))
    [resource] = told["resourceLogs"]
    [record] = resource["scopeLogs"][0]["logRecords"]
    assert record["body"]["stringValue"].encode() == canonical(one)
    assert record["timeUnixNano"] == "1772434801250000000"
    assert (record["traceId"], record["spanId"]) == ("a" * 32, "b" * 16)
    assert record["eventName"] == "oncourse.plan.sent_back.v1"
    named = {a["key"]: a["value"] for a in record["attributes"]}
    assert named["gen_ai.request.model"] == {"stringValue": "claude"}
    assert named["gen_ai.usage.input_tokens"] == {"intValue": "7"}
    assert named["oncourse.position"] == {"intValue": "212"}
    assert "traceId" not in log_record(canonical(entry()), entry(), "o", 1).decode()


def test_a_row_tells_who_what_and_why_each_in_its_column():
    assert row(entry()) == [
        "212", "plan/0b1c6e9e-1f5e-4d8e-9d54-1c2b3a4d5e6f#4", "2026-03-02 07:00:01", "p-otto", "human",
        "plan_approver", "sent the plan back to draft.", "Ask Ben.", "p-otto",
        "0b1c6e9e-1f5e-4d8e-9d54-1c2b3a4d5e6f", "aurora",
    ]  # fmt: skip


def test_a_reason_in_words_stands_beside_the_text_that_was_given():
    assert row(entry(type="plan.paused.v1", reason=Reason(code="human", text=REF)))[6:8] == [
        "paused the plan.",
        "a person wanted it so: Ask Ben.",
    ]
    lent = entry(
        actor=Actor(kind=ActorKind.AGENT, id="helper", on_behalf_of="p-otto"),
        authority=Authority(role="editor", grant="A", on_behalf_of="p-mara"),
        reason=None,
        type="plan.accepted.v1",
    )
    assert row(lent)[3:8] == ["helper (asked for by p-otto)", "agent", "editor for p-mara", "accepted the plan.", ""]


def test_a_withdrawn_approval_is_another_deed_also_in_a_table():
    one = entry(
        type="plan.reopened.v1", reason=Reason(code="withdrawn", text=REF), data={"target": "DRAFT", "revision": 2}
    )
    assert row(one)[6:8] == ["took the approval of the plan back: a draft again, as revision 2.", "Ask Ben."]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
)
def test_no_text_is_a_formula_for_a_spreadsheet(text):
    [cells] = csv.reader(io.StringIO(csv_line("a", text)))
    assert cells[1].startswith("'")


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_whatever_the_texts_a_row_is_one_line_of_so_many_cells_and_none_a_formula(texts):
    line = csv_line(*texts)
    assert line.endswith("\r\n")
    assert len(line.splitlines()) == 1
    [cells] = csv.reader(io.StringIO(line, newline=""))
    assert len(cells) == len(texts)
    assert not any(cell.lstrip()[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") for cell in cells if cell.strip())
