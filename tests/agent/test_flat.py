"""A provider that finds the schema too large is asked in a flat form; what may be answered stays the same."""

import json

import pytest

from agent.aliases import Aliases, Sizes
from agent.draft import answer_model
from agent.flat import flat_model, params_text, widened
from agent.structured import output_format
from plan import PARAMS, NoPlan, NoPlanReason, Proposal, Rejected
from tests.agent.samples import ACTIONS, GOOD, answering, brief, known, meeting, plan, request, step
from tests.agent.test_conversation import assert_only_grows
from tests.agent.test_redrafting import sent_back
from tests.agent.test_replay import recorded

SIZES = Sizes(8, 8, 8)
LOOK = {"tools": [{"name": "get_history", "input": {"offset": 0}}]}
SAID = (
    "The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas.",
    "output_config.format.schema: Invalid schema: The compiled grammar is too large",
    "Schema is too complex for compilation.",
    "Schemas contains too many optional parameters (27), which would make grammar compilation inefficient.",
    "Schemas contains too many parameters with union types (18).",
    "Grammar compilation timed out.",
)
"""How providers say that a schema is too large for them."""


def refusing(words: str = SAID[0]) -> dict:
    told = {"type": "error", "error": {"type": "invalid_request_error", "message": words}, "request_id": "local_error"}
    return {"status": 400, "body": told}


def flattened(turn: dict) -> dict:
    """Return an authored plan as the flat form has it."""
    return {"answer": turn["answer"] | {"steps": [_flat(each) for each in turn["answer"]["steps"]]}}


def _flat(told: dict) -> dict:
    action = dict(told["action"])
    params = [
        {"name": name, "value": str(item)}
        for name, value in action.items()
        if name != "action_type" and value is not None
        for item in (value if isinstance(value, list) else [value])
    ]
    rest = {name: value for name, value in told.items() if name != "action"}
    return rest | {"action_type": action["action_type"], "params": params}


FLAT = flattened(GOOD)
EVERY = plan(
    step("brief", "PREP_RENEWAL_BRIEF", sections=["USAGE", "RISKS"]),
    step("owner", "CONFIRM_RENEWAL_OWNER", candidate_owner="P1"),
    step("map", "MAP_STAKEHOLDERS", roles_required=["CHAMPION", "ADMIN"]),
    meeting(proposed_slots=2),
    step("help", "ESCALATE_SUPPORT_RISK", ticket_ids=["E3"], severity="HIGH", business_impact="The renewal."),
    step("exec", "ENGAGE_EXEC_SPONSOR", contact_id="C1", ask="Half an hour."),
    step("review", "RUN_VALUE_REVIEW", agenda="What was reached."),
    step(
        "play",
        "LAUNCH_ADOPTION_PLAY",
        contact_id="C2",
        play="REONBOARD_TEAM",
        target_metric="logins",
        target_delta_bp=900,
    ),
    step("voice", "REBUILD_CHAMPION", contact_ids=["C1", "C2"]),
    step("bill", "RESOLVE_BILLING_BLOCKER", invoice_ids=["E4"], contact_id="C1"),
    step("price", "REQUEST_DISCOUNT_APPROVAL", discount_bp=500, lever="VOLUME", reason="Asked for it."),
    step("offer", "SEND_RENEWAL_PROPOSAL", opportunity_id="E5", contact_id="C1", discount_bp=0),
    step("signed", "RECORD_COMMITMENT", opportunity_id="E5"),
    step("team", "NOTIFY_ACCOUNT_TEAM", channel="SLACK", message="Look here."),
)
"""A plan with each action there is, every parameter filled."""


@pytest.mark.parametrize("words", SAID)
def test_a_schema_that_is_too_large_is_asked_for_in_the_flat_form(words):
    with answering([refusing(words), FLAT]) as (drafter, server):
        told = drafter.draft(request()).outcome
    assert isinstance(told, Proposal)
    full, flat = server.seen
    assert full["messages"] == flat["messages"]
    assert flat["output_config"]["format"] == output_format(flat_model(ACTIONS))
    assert [tool.get("strict") for tool in flat["tools"]] == [None] * 4
    assert len(told.provenance.calls) == 2


def test_the_flat_form_brings_the_same_proposal_as_the_full_one():
    with answering([refusing(), FLAT], GOOD) as (drafter, _):
        flat = drafter.draft(request()).outcome
    with answering(GOOD) as (drafter, _):
        full = drafter.draft(request()).outcome
    blank = {"provenance": flat.provenance}
    assert full.model_copy(update=blank) == flat.model_copy(update=blank)


def test_every_parameter_of_every_action_passes_the_flat_form():
    assert {each["action"]["action_type"] for each in EVERY["answer"]["steps"]} == set(ACTIONS) == set(PARAMS)
    model = answer_model(ACTIONS, Aliases(known()).sizes)
    through = model.model_validate(widened(flattened(EVERY)))
    assert through == model.model_validate(EVERY)


def test_a_parameter_that_may_be_nothing_may_be_left_out():
    play = {"contact_id": "C1", "play": "REONBOARD_TEAM", "target_metric": "logins"}
    told = plan(step("play", "LAUNCH_ADOPTION_PLAY", **play))
    wide = widened(flattened(told))
    assert wide["answer"]["steps"][0]["action"] == {
        "action_type": "LAUNCH_ADOPTION_PLAY",
        "target_delta_bp": None,
        **play,
    }


@pytest.mark.parametrize(
    "params",
    [
        [],
        [{"name": "contact_id", "value": "C1"}],
        [{"name": "email", "value": "x@evil.example"}],
        [{"name": "exec_sponsor_id", "value": "P1"}],
        "C1",
        None,
        [None],
        [{"name": ["contact_id"], "value": "C1"}],
        [{"name": "contact_id"}],
        {"contact_id": "C1"},
    ],
)
def test_what_the_full_form_does_not_allow_the_flat_form_does_not_either(params):
    wrong = json.loads(json.dumps(FLAT))
    told = wrong["answer"]["steps"][1]["params"]
    extra = isinstance(params, list) and bool(params)
    wrong["answer"]["steps"][1]["params"] = [*told, *params] if extra else params
    with answering([refusing(), wrong], wrong, GOOD) as (drafter, server):
        outcome = drafter.draft(request()).outcome
    assert isinstance(outcome, NoPlan)
    assert (outcome.reason, len(server.seen)) == (NoPlanReason.UNREADABLE, 3)


@pytest.mark.parametrize("action_type", ["DELETE_ACCOUNT", None, [], {}, 7])
def test_an_action_that_is_not_approved_is_none_in_the_flat_form_either(action_type):
    wrong = json.loads(json.dumps(FLAT))
    wrong["answer"]["steps"][0]["action_type"] = action_type
    with answering([refusing(), wrong], FLAT) as (drafter, _):
        assert isinstance(drafter.draft(request()).outcome, Proposal)
    with answering([refusing(), wrong], wrong) as (drafter, _):
        assert drafter.draft(request()).outcome.reason is NoPlanReason.UNREADABLE


@pytest.mark.parametrize("told", [None, [], "x", {}, {"answer": 3}, {"answer": {"steps": {}}}, {"answer": {}}])
def test_what_is_no_plan_at_all_stays_as_it_is(told):
    assert widened(told) == told


def test_the_model_may_say_in_the_flat_form_that_no_plan_is_right():
    none = {"answer": {"kind": "no_plan", "reason": "nothing_contactable", "suggestion": "Call C1 first."}}
    with answering([refusing(), none]) as (drafter, _):
        assert drafter.draft(request()).outcome.reason is NoPlanReason.NOTHING_CONTACTABLE


def test_the_flat_conversation_only_grows():
    with answering([refusing(), LOOK], FLAT) as (drafter, server):
        assert isinstance(drafter.draft(request()).outcome, Proposal)
    assert len(server.seen) == 3
    assert_only_grows(server.seen[1:])


def test_a_repair_starts_with_the_full_form_again_and_keeps_the_turns():
    with answering([refusing(), FLAT], [refusing(), FLAT]) as (drafter, server):
        first = drafter.draft(request())
        again = (Rejected(answer=first.answer, findings=("PG010 HARD steps: too many",)),)
        assert isinstance(drafter.draft(request(rejected=again)).outcome, Proposal)
    assert len(server.seen) == 4
    assert_only_grows([server.seen[1], server.seen[3]])


def test_a_draft_that_was_sent_back_is_answered_in_the_flat_form_too():
    turn = plan(brief(), meeting(proposed_slots=2, contact_id="C2"))
    turn["answer"]["answers"] = [{"reason_number": n, "answer": "It is done."} for n in (1, 2)]
    with answering([refusing(), flattened(turn)]) as (drafter, _):
        assert [answer.reason_number for answer in drafter.draft(sent_back()).outcome.answers] == [1, 2]


def test_a_provider_that_refuses_the_flat_form_too_is_a_verdict():
    with answering([refusing()]) as (drafter, server):
        told = drafter.draft(request()).outcome
    assert (told.reason, len(server.seen)) == (NoPlanReason.PROVIDER_REFUSES, 2)
    assert "schema too large" in told.suggestion


@pytest.mark.parametrize("words", ["messages.0: Input does not match the expected shape.", "max_tokens: too large"])
def test_another_fault_of_a_request_is_no_reason_to_ask_again(words):
    with answering([refusing(words), FLAT]) as (drafter, server):
        assert drafter.draft(request()).outcome.reason is NoPlanReason.PROVIDER_REFUSES
    assert len(server.seen) == 1


def test_a_schema_is_refused_at_once_or_never():
    with answering(LOOK, [refusing(), FLAT]) as (drafter, server):
        assert drafter.draft(request()).outcome.reason is NoPlanReason.PROVIDER_REFUSES
    assert len(server.seen) == 2


def test_a_recording_holds_the_refusal_and_plays_it_again():
    played = recorded([refusing(), FLAT])
    assert [exchange.status for exchange in played.exchanges] == [400, 200]


def walk(schema):
    if isinstance(schema, dict):
        yield schema
        for item in schema.values():
            yield from walk(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from walk(item)


@pytest.mark.parametrize("replying", [False, True])
def test_the_flat_grammar_is_small_and_has_nothing_that_blows_up(replying):
    wire = output_format(flat_model(ACTIONS, replying=replying))
    full = output_format(answer_model(ACTIONS, SIZES, replying=replying))
    assert len(json.dumps(wire)) < 3600 < len(json.dumps(full))
    objects = [part for part in walk(wire["schema"]) if part.get("type") == "object"]
    assert all(set(part["required"]) == set(part["properties"]) for part in objects)
    assert len([part for part in walk(wire) if "anyOf" in part]) == 1


def test_equal_catalogues_give_the_same_flat_bytes():
    assert flat_model(ACTIONS) is flat_model(tuple(ACTIONS))
    assert params_text(ACTIONS, SIZES) == params_text(tuple(ACTIONS), SIZES)


def test_what_the_flat_schema_leaves_out_is_told_in_the_system_text():
    with answering([refusing(), FLAT]) as (drafter, server):
        drafter.draft(request())
    full, flat = server.seen
    assert flat["system"][: len(full["system"])] == full["system"]
    (told,) = flat["system"][len(full["system"]) :]
    rows = json.loads(told["text"].partition("\n\n")[2].partition("\n\n")[2])
    assert {row["action"] for row in rows} == set(ACTIONS)
    (asked,) = [row["params"] for row in rows if row["action"] == "REQUEST_RENEWAL_MEETING"]
    assert asked["contact_id"] == "ContactRef"
    assert asked["purpose"]["enum"] == ["SOFT_RENEWAL_QUESTION", "VALUE_CHECK", "COMMERCIAL"]
    assert "action_type" not in asked
