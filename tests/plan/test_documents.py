"""Plan documents from elsewhere: what is missing is filled, what is wrong is said in one line."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan import PlanError, PlanStatus, PlanType, RiskClass, StepStatus, load_document, published_schema
from tests.plan.samples import DEADLINE, NOW, defaults, ids

EXAMPLE = """
{"plan_type": "RENEWAL_DEFENSE", "account_id": "acme", "objective": "Secure renewal before day -30",
 "steps": [{"action_type": "REQUEST_RENEWAL_MEETING", "status": "DONE"},
           {"action_type": "PREP_RENEWAL_BRIEF", "status": "AUTO_EXECUTED"},
           {"action_type": "ESCALATE_SUPPORT_RISK", "status": "PENDING_APPROVAL"}],
 "constraints": {"no_external_contact_without_approval": true}}
"""


def load(document):
    return load_document(document, defaults(), ids())


def changed(**changes):
    """Return the example with one thing changed; `...` takes a field away."""
    document = orjson.loads(EXAMPLE) | changes
    return orjson.dumps({name: value for name, value in document.items() if value is not ...})


def with_step(**changes):
    return changed(steps=[{"action_type": "PREP_RENEWAL_BRIEF"} | changes])


def refusal(document):
    with pytest.raises(PlanError) as refused:
        load(document)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_the_source_documents_own_example_loads():
    plan = load(EXAMPLE)
    assert (plan.plan_type, plan.account_id) == (PlanType.RENEWAL_DEFENSE, "acme")
    assert plan.status is PlanStatus.ACTIVE
    assert [s.status for s in plan.steps] == [StepStatus.DONE, StepStatus.AUTO_EXECUTED, StepStatus.PENDING_APPROVAL]
    assert [s.params for s in plan.steps] == [None, None, None]
    assert [s.approval.value for s in plan.steps] == ["DRAFT", "AUTO", "APPROVE"]
    assert plan.constraints.no_external_contact_without_approval is True
    assert len({s.step_id for s in plan.steps} | {plan.plan_id}) == 4
    assert (plan.tenant_id, plan.owner, plan.subject) == ("t-1", "u-1", ("k-1",))
    assert (plan.created_at, plan.expires_at) == (NOW, DEADLINE)
    assert plan.risk is RiskClass.MEDIUM


def test_a_document_without_a_settled_step_is_a_draft():
    assert load(with_step(status="PENDING_APPROVAL")).status is PlanStatus.DRAFT
    assert load(with_step(status="SKIPPED")).status is PlanStatus.ACTIVE
    assert (
        load(with_step(status="SKIPPED").replace(b'"plan_type"', b'"status":"PAUSED","plan_type"')).status == "PAUSED"
    )


def test_what_a_document_does_say_stands():
    params = {"sections": ["USAGE"]}
    plan = load(with_step(params=params, not_before="2026-02-01T00:00:00+01:00", step_id="0" * 31 + "7"))
    assert plan.steps[0].params == params
    assert plan.steps[0].not_before.isoformat() == "2026-01-31T23:00:00+00:00"
    assert plan.steps[0].step_id.int == 7


def test_cyclic_steps_and_false_parameters_are_left_to_the_gate():
    one, two = "0" * 31 + "1", "0" * 31 + "2"
    cyclic = changed(
        steps=[
            {"action_type": "PREP_RENEWAL_BRIEF", "step_id": one, "depends_on": [{"step_id": two}]},
            {"action_type": "PREP_RENEWAL_BRIEF", "step_id": two, "depends_on": [{"step_id": one}]},
        ]
    )
    assert len(load(cyclic).steps) == 2
    assert load(with_step(params={"unheard_of": 1})).steps[0].params == {"unheard_of": 1}
    assert load(changed(steps=[])).steps == ()


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b'{"a": NaN}', "is not JSON"),
        (b"[]", "is no JSON object"),
        (b"null", "is no JSON object"),
        (b"{}", "no list of steps"),
        (changed(steps={}), "no list of steps"),
        (changed(steps=["brief"]), "steps[0] is no object"),
        (changed(steps=[{}]), "steps[0]: unknown action 'None'"),
        (changed(steps=[{"action_type": "DROP_TABLES"}]), "steps[0]: unknown action 'DROP_TABLES'; known: CONFIRM_"),
        (changed(steps=[{"action_type": ["A"]}]), "steps[0]: unknown action"),
        (with_step(status="LATER"), "steps[0] is no step: status: Input should be"),
        (with_step(status=[]), "steps[0] is no step: status: Input should be"),
        (with_step(attempts="many"), "steps[0] is no step: attempts: "),
        (with_step(due_by="2026-02-01T00:00:00"), "steps[0] is no step: due_by: "),
        (with_step(params={"discount_bp": 1.5}), "params.discount_bp is a float"),
        (with_step(params={"n": 2**53}), "not below 2**53"),
        (with_step(params={"ä": 1}), "keys are printable ASCII"),
        (with_step(params={"text": "a\x00b"}), "holds U+0000"),
        (with_step(params={"deep": orjson.loads("[" * 200 + "]" * 200)}), "nested more than 32 deep"),
        (with_step(params=[1]), "steps[0] is no step: params: "),
        (with_step(mood="good"), "steps[0] is no step: mood: Extra inputs"),
        (with_step(depends_on=[{"step_id": "7"}]), "steps[0] is no step: depends_on.0.step_id: "),
        (changed(plan_type="WORLD_PEACE"), "plan_type: Input should be"),
        (changed(plan_type=...), "plan_type: Field required"),
        (changed(account_id="a b"), "account_id: "),
        (changed(objective="a\x00b"), "objective: "),
        (changed(schema_version=2), "schema_version: "),
        (changed(revision=2**60), "revision: "),
        (changed(revision=1.5), "revision: "),
        (changed(expires_at="9999-12-31T23:59:59-14:00"), "expires_at: lies outside the years"),
        (changed(**{"two\nlines": 1}), "'two\\nlines': Extra inputs"),
        (changed(steps=[{"action_type": "PREP_RENEWAL_BRIEF"}] * 41), "steps: Tuple should have at most 40"),
        (changed(objective=1, account_id=2), "(and 1 more)"),
    ],
)
def test_a_bad_document_is_refused_in_one_line_that_says_where(document, says):
    assert says in refusal(document)


def test_a_lone_surrogate_is_refused():
    assert "is not JSON" in refusal('{"objective": "\\ud800"}')
    assert "is not JSON" in refusal("\ud800")


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(orjson.loads(published_schema())["properties"])
STEP_FIELDS = sorted(orjson.loads(published_schema())["$defs"]["PlanStep"]["properties"])


@given(
    st.dictionaries(st.sampled_from(FIELDS), json, max_size=3),
    st.dictionaries(st.sampled_from(STEP_FIELDS), json, max_size=3),
)
def test_whatever_stands_in_a_field_the_answer_is_a_plan_or_one_line(fields, step_fields):
    document = orjson.loads(EXAMPLE) | {"steps": [{"action_type": "PREP_RENEWAL_BRIEF"} | step_fields]} | fields
    try:
        plan = load(orjson.dumps(document))
    except PlanError as error:
        said = str(error)
    else:
        said = f"{plan.account_id} has a plan"
    assert said
    assert "\n" not in said
