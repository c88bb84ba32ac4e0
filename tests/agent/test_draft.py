"""The shape of an answer: closed, small, and the same for equal catalogues."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from agent.aliases import Aliases, Sizes
from agent.draft import KINDS, REFS, answer_model, json_schema, set_by_code
from agent.structured import output_format
from agent.translation import outcome_of
from plan import PARAMS, NoPlan, NoPlanReason, Proposal, Provenance, private_fields
from tests.agent.samples import ACTIONS, GOOD, brief, known, meeting, plan, request, step

SMALL = Sizes(8, 8, 8)
NOBODY = Provenance(drafter="claude")


def read(answer: dict, changes=None) -> BaseModel:
    asked = request(changes)
    return answer_model(asked.approved_actions, Aliases(asked.situation).sizes).model_validate_json(json.dumps(answer))


def meant(answer: dict, changes=None) -> Proposal | NoPlan:
    asked = request(changes)
    return outcome_of(read(answer, changes), asked, Aliases(asked.situation), NOBODY)


def walk(schema):
    if isinstance(schema, dict):
        yield schema
        for item in schema.values():
            yield from walk(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from walk(item)


def test_equal_catalogues_give_the_same_bytes_and_the_same_class():
    assert answer_model(ACTIONS, SMALL) is answer_model(tuple(ACTIONS), Sizes(8, 8, 8))
    assert json.dumps(output_format(answer_model(ACTIONS, SMALL))) == json.dumps(
        output_format(answer_model(ACTIONS, SMALL))
    )


def test_the_schema_holds_the_approved_actions_and_no_other():
    schema = json.dumps(output_format(answer_model(("NOTIFY_ACCOUNT_TEAM", "PREP_RENEWAL_BRIEF"), SMALL)))
    assert "PREP_RENEWAL_BRIEF" in schema
    assert not [a for a in ACTIONS if a in schema and a not in {"NOTIFY_ACCOUNT_TEAM", "PREP_RENEWAL_BRIEF"}]


def test_one_approved_action_is_enough():
    model = answer_model(("PREP_RENEWAL_BRIEF",), SMALL)
    assert "PREP_RENEWAL_BRIEF" in json.dumps(output_format(model))
    assert model.model_validate_json(json.dumps(plan(brief())))


def test_every_object_is_closed_and_every_field_required():
    objects = [s for s in walk(output_format(answer_model(ACTIONS, SMALL))["schema"]) if s.get("type") == "object"]
    assert objects
    for each in objects:
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])


def test_the_grammar_stays_far_below_what_providers_take():
    wire = output_format(answer_model(ACTIONS, Sizes(64, 64, 64)))
    unions = [s for s in walk(wire) if "anyOf" in s]
    assert len(unions) <= 4
    assert len(json.dumps(wire)) < 12_000


@pytest.mark.parametrize("action_type", sorted(PARAMS))
def test_every_id_of_a_person_or_record_is_chosen_from_a_list_or_set_by_code(action_type):
    fields = PARAMS[action_type].model_fields
    people = {name for name in private_fields(action_type) if "PersonId" in repr(fields[name]) or name.endswith("_id")}
    ids = {name for name in fields if name.endswith(("_id", "_ids", "_ref", "_refs", "_owner"))} | people
    assert ids <= set(REFS) | set_by_code(action_type)


def test_every_listed_parameter_knows_what_it_names():
    assert set(REFS) == set(KINDS)


def test_a_good_draft_becomes_a_proposal_with_ids_and_what_code_adds():
    told = meant(GOOD | {})
    assert isinstance(told, Proposal)
    assert told.account_id == "acme"
    assert told.subject == ("k-1",)
    assert told.goal == "keep-95"
    first, second = told.steps
    assert first.evidence == ("sig-1",)
    assert first.rationale == "Because of sig-1."
    assert second.params["contact_id"] == "person-ben"
    assert second.params["language"] == "en"


def test_the_language_is_that_of_the_contact():
    assert meant(plan(brief(), meeting(contact_id="C2"))).steps[1].params["language"] == "de"


def test_the_executive_is_set_by_code_or_the_step_cannot_be_read():
    ask = step("exec", "ENGAGE_EXEC_SPONSOR", contact_id="C1", ask="Half an hour.")
    with pytest.raises(ValueError, match="no executive sponsor"):
        meant(plan(ask))
    account = known().account.model_copy(update={"exec_sponsor_id": "p-nora"})
    assert meant(plan(ask), {"account": account}).steps[0].params["exec_sponsor_id"] == "p-nora"


@pytest.mark.parametrize("percent", [0, 70, 100])
def test_how_sure_the_model_says_it_is_stands_in_the_proposal(percent):
    assert meant(plan(brief(), confidence_percent=percent)).confidence_percent == percent


def test_the_model_is_asked_how_sure_it_is_as_a_whole_number():
    (asked,) = [
        s["properties"]["confidence_percent"]
        for s in walk(output_format(answer_model(ACTIONS, SMALL)))
        if "confidence_percent" in s.get("properties", {})
    ]
    assert asked["type"] == "integer"
    assert "100" in asked["description"]


def test_a_no_plan_answer_becomes_a_typed_refusal():
    told = meant({"answer": {"kind": "no_plan", "reason": "nothing_contactable", "suggestion": "Call C1 first."}})
    assert told.reason is NoPlanReason.NOTHING_CONTACTABLE
    assert told.suggestion == "Call person-ben first."


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (plan(meeting(contact_id="C7")), "C7 names nothing"),
        (plan(brief(evidence=["E8"])), "E8 names nothing"),
        (plan(brief(), brief()), "stands twice"),
        (plan(meeting()), "waits for brief, which is no step"),
        (
            plan(step("e", "ESCALATE_SUPPORT_RISK", ticket_ids=["E1"], severity="HIGH", business_impact="x")),
            "E1 is a signal; a ticket is asked for",
        ),
        (
            plan(
                brief(), meeting() | {"depends_on": [{"key": "brief", "kind": "SUCCESS", "outcomes": ["BRIEF_READY"]}]}
            ),
            "outcomes belong to OUTCOME_IN",
        ),
        (
            plan(brief(), meeting() | {"depends_on": [{"key": "brief", "kind": "OUTCOME_IN", "outcomes": ["MAYBE"]}]}),
            "never ends with MAYBE",
        ),
        (plan(brief(), meeting(proposed_slots=9)), "less than or equal to 5"),
    ],
)
def test_what_means_nothing_is_told_step_by_step(wrong, told):
    with pytest.raises(ValueError, match=told):
        meant(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        plan(),
        plan(brief(start_day=-1)),
        plan(brief(key="1st step")),
        plan(brief(status="SUCCEEDED")),
        plan(step("x", "DELETE_ACCOUNT")),
        plan(meeting(email="x@evil.example")),
        plan(brief(), confidence_percent=101),
        plan(brief(), confidence_percent=-1),
        plan(brief(), confidence_percent=70.5),
        plan(brief(), confidence_percent=None),
        {"answer": {"kind": "plan", "summary": "Usage fell.", "steps": [brief()]}},
        {"answer": {"kind": "no_plan", "reason": "because", "suggestion": "None."}},
    ],
)
def test_what_the_shape_does_not_hold_is_refused_without_repeating_it(wrong):
    with pytest.raises(ValidationError) as caught:
        read(wrong)
    assert "70.5" not in str(caught.value)
    assert "evil.example" not in str(caught.value)


def test_the_schema_carries_no_pydantic_noise():
    text = json.dumps(json_schema(answer_model(ACTIONS, SMALL)))
    assert "discriminator" not in text
    assert '"title"' not in text
