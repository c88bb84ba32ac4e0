"""The tools read one account, and only a little of it at a time."""

import json

import pytest

from agent.aliases import Aliases
from agent.tools import call, tools_for, wire_tools
from tests.agent.samples import ACTIONS, request, signal

LIMIT = 4000


def told(name: str, given: dict, **changes) -> list:
    asked = request(changes)
    text, failed = call(tools_for(asked, Aliases(asked.situation)), name, given, LIMIT)
    assert not failed
    assert len(text) <= LIMIT
    return json.loads(text.split("\n", 1)[1].rsplit("\n", 1)[0])


def test_no_tool_takes_an_id():
    asked = request()
    wire = wire_tools(tools_for(asked, Aliases(asked.situation)))
    assert [t["name"] for t in wire] == ["get_signals", "get_history", "get_goals", "list_action_types"]
    assert {name for t in wire for name in t["input_schema"]["properties"]} <= {"offset"}
    assert all(t["input_schema"]["additionalProperties"] is False for t in wire)


def test_the_tools_of_two_accounts_are_the_same_bytes():
    one, other = request(), request({"signals": (), "contacts": ()})
    assert json.dumps(wire_tools(tools_for(one, Aliases(one.situation)))) == json.dumps(
        wire_tools(tools_for(other, Aliases(other.situation)))
    )


def test_pages_follow_each_other_newest_first():
    many = tuple(signal(n, note="") for n in range(1, 46))
    pages = [told("get_signals", {"offset": offset}, signals=many) for offset in (0, 20, 40, 60)]
    assert [len(page) for page in pages] == [20, 20, 5, 0]
    assert [row["id"] for page in pages for row in page] == [f"E{n}" for n in range(1, 46)]


def test_a_long_answer_is_cut_to_its_budget_at_a_row():
    many = tuple(signal(n, note="x" * 600) for n in range(1, 21))
    assert 0 < len(told("get_signals", {"offset": 0}, signals=many)) < 20


def test_goals_and_actions_can_be_read_again():
    assert told("get_goals", {}) == [{"metric": "retained ARR", "target_bp": 9500, "until": "2026-03-02", "main": True}]
    assert [row["action"] for row in told("list_action_types", {})] == list(ACTIONS)[
        : len(told("list_action_types", {}))
    ]


@pytest.mark.parametrize("given", [None, "offset", [1], {"offset": "many"}, {"offset": 0, "tenant": "other"}])
def test_an_argument_that_does_not_fit_is_an_error_and_no_exception(given):
    asked = request()
    text, failed = call(tools_for(asked, Aliases(asked.situation)), "get_history", given, LIMIT)
    assert failed
    assert text
