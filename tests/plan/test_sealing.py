"""Private text and personal ids never enter the bytes that rows, entries and digests are made of."""

import hashlib
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan import (
    ERASED,
    PARAMS,
    Approval,
    Dependency,
    PlanStatus,
    RevenuePlanV1,
    RiskClass,
    Sealer,
    StepStatus,
    canonical,
    content_digest,
    content_of,
    private_fields,
    references,
    reveal,
    seal,
    seal_params,
    unseal,
)
from tests.plan.samples import NOW, plan, step, steps, terms

WORD = "Quetzalcoatl-7 éß漢"
"""Unlike anything that a plan says of itself."""

PARAMETERS = {
    "PREP_RENEWAL_BRIEF": {"sections": ["USAGE"]},
    "CONFIRM_RENEWAL_OWNER": {"candidate_owner": WORD},
    "MAP_STAKEHOLDERS": {"roles_required": ["CHAMPION"]},
    "REQUEST_RENEWAL_MEETING": {"contact_id": WORD, "purpose": "COMMERCIAL", "proposed_slots": 2, "language": "en"},
    "ESCALATE_SUPPORT_RISK": {"ticket_ids": ["T-1"], "severity": "HIGH", "business_impact": WORD},
    "ENGAGE_EXEC_SPONSOR": {"exec_sponsor_id": WORD, "contact_id": WORD + "2", "ask": WORD + "3"},
    "RUN_VALUE_REVIEW": {"agenda": WORD},
    "LAUNCH_ADOPTION_PLAY": {"contact_id": WORD, "play": "REONBOARD_TEAM", "target_metric": "wau"},
    "REBUILD_CHAMPION": {"contact_ids": [WORD, WORD + "2"]},
    "RESOLVE_BILLING_BLOCKER": {"invoice_ids": ["I-1"], "contact_id": WORD},
    "REQUEST_DISCOUNT_APPROVAL": {"discount_bp": 500, "lever": "VOLUME", "reason": WORD},
    "SEND_RENEWAL_PROPOSAL": {"opportunity_id": "O-1", "contact_id": WORD, "discount_bp": 0, "quote_ref": None},
    "RECORD_COMMITMENT": {"opportunity_id": "O-1", "evidence_ref": None},
    "NOTIFY_ACCOUNT_TEAM": {"channel": "SLACK", "message": WORD},
}


def sealer(known=None):
    numbers = count(1)
    return Sealer(lambda: hashlib.sha256(str(next(numbers)).encode()).digest(), known)


def contents(used):
    return {blob.ref: blob.content for blob in used.blobs}


def test_no_private_text_and_no_personal_id_stands_in_the_committed_bytes():
    committed = canonical(seal(plan(), sealer()))
    for private in ("Zoë", "Zoe", "zoe", "Tuesdays", "Facts before", "budget", "tread"):
        assert private.encode() not in committed
    for public in ("REQUEST_RENEWAL_MEETING", "COMMERCIAL", "SLACK", "k-1"):
        assert public.encode() in committed


@pytest.mark.parametrize("action_type", sorted(PARAMS))
def test_the_private_parameters_of_every_action_are_sealed_and_the_others_are_not(action_type):
    given_ones = PARAMETERS[action_type]
    used = sealer()
    sealed = seal_params(action_type, given_ones, used)
    assert WORD.encode() not in canonical(sealed)
    assert reveal(sealed, contents(used)) == given_ones
    spoken = {name for name, value in given_ones.items() if WORD in str(value)}
    assert {name for name in given_ones if sealed[name] != given_ones[name]} == spoken
    assert spoken <= (private_fields(action_type) or frozenset())
    assert set(PARAMETERS[action_type]) >= (private_fields(action_type) or frozenset())


def test_every_action_with_a_person_or_a_text_has_private_parameters():
    assert set(PARAMETERS) == set(PARAMS)
    without = {name for name in PARAMS if not private_fields(name)}
    assert without == {"PREP_RENEWAL_BRIEF", "MAP_STAKEHOLDERS", "RECORD_COMMITMENT"}


def test_of_an_unknown_action_and_under_an_unknown_name_every_text_is_private():
    params = {"who": WORD, "deep": {"list": [WORD, 1, None, True]}}
    for action_type in ("UNHEARD_OF", "NOTIFY_ACCOUNT_TEAM"):
        used = sealer()
        sealed = seal_params(action_type, params, used)
        assert WORD.encode() not in canonical(sealed)
        assert reveal(sealed, contents(used)) == params
    assert private_fields("UNHEARD_OF") is None


def test_unsealing_what_was_sealed_gives_the_plan_back():
    used = sealer()
    assert unseal(seal(plan(), used), contents(used)) == plan()


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(texts, texts, st.sampled_from(["NOTIFY_ACCOUNT_TEAM", "UNHEARD_OF"])), max_size=4))
def test_unsealing_gives_back_any_text(told):
    spoken = plan(
        steps=tuple(
            step(number, "NOTIFY_ACCOUNT_TEAM", {"channel": "SLACK", "message": message}, rationale=rationale)
            .model_copy(update={"action_type": action_type})
            for number, (message, rationale, action_type) in enumerate(told, start=1)
        )
    )  # fmt: skip
    used = sealer()
    committed = seal(spoken, used)
    assert unseal(committed, contents(used)) == spoken
    assert references(committed.model_dump(mode="json")) == {blob.ref for blob in used.blobs}


def test_erased_texts_read_erased_and_the_content_digest_still_holds():
    used = sealer()
    committed = seal(plan(), used)
    bound = content_digest(committed)
    kept = {ref: text for ref, text in contents(used).items() if "Zoë" not in text and "zoe" not in text}
    left = unseal(committed, kept)
    assert left.steps[0].rationale == ERASED
    assert left.steps[1].params == {
        "contact_id": ERASED,
        "purpose": "COMMERCIAL",
        "proposed_slots": 2,
        "language": "de",
    }
    assert left.steps[2].params == {"channel": "SLACK", "message": ERASED}
    stored = RevenuePlanV1.model_validate_json(committed.model_dump_json())
    assert content_digest(stored) == bound
    assert content_digest(left) != bound


def test_an_unchanged_text_keeps_its_reference():
    first = sealer()
    before = seal(plan(), first)
    known = {blob.content: blob.ref for blob in first.blobs}
    second = Sealer(lambda: b"\xff" * 32, known)
    edited = plan(steps=(*steps()[:2], step(3, "NOTIFY_ACCOUNT_TEAM", {"channel": "TEAMS", "message": "New."})))
    after = seal(edited, second)
    assert after.steps[:2] == before.steps[:2]
    assert [blob.content for blob in second.blobs] == ["New."]
    assert content_digest(seal(plan(), Sealer(lambda: b"\xff" * 32, known))) == content_digest(before)


def test_the_same_text_under_another_salt_has_another_reference():
    one, other = Sealer(lambda: b"\x01" * 32), Sealer(lambda: b"\x02" * 32)
    assert one.seal(WORD) != other.seal(WORD)
    assert one.seal(WORD) == one.seal(WORD)
    assert len(one.blobs) == 1


def _digest(**changes):
    return content_digest(plan(**changes))


def _step(**changes):
    return _digest(steps=(steps()[0].model_copy(update=changes), *steps()[1:]))


@pytest.mark.parametrize(
    "changed",
    [
        _digest(owner="u-2"),
        _digest(status=PlanStatus.ACTIVE),
        _step(status=StepStatus.RUNNING),
        _step(attempts=1),
        _step(outcome="BRIEF_READY"),
        _step(wait_until=NOW),
    ],
)
def test_how_a_plan_fares_is_not_its_content(changed):
    assert changed == _digest()


CONTENT = {
    "revision": _digest(revision=2),
    "objective": _digest(objective="Another"),
    "subject": _digest(subject=("k-1", "k-2")),
    "goal": _digest(goal="g-1"),
    "terms": _digest(objective_params=terms(min_retained_bp=8999)),
    "risk": _digest(risk=RiskClass.HIGH),
    "window": _digest(expires_at=NOW),
    "constraints": _digest(constraints={"no_external_contact_without_approval": False}),
    "account": _digest(account_id="other"),
    "order": _digest(steps=tuple(reversed(steps()))),
    "fewer steps": _digest(steps=steps()[:2]),
    "params": _step(params={"sections": ["USAGE"]}),
    "approval": _step(approval=Approval.TASK),
    "required": _step(required=False),
    "dependency": _step(depends_on=(Dependency(step_id=UUID(int=3)),)),
    "not_before": _step(not_before=NOW.replace(hour=10)),
    "due_by": _step(due_by=NOW),
    "evidence": _step(evidence=("S-1",)),
    "rationale": _step(rationale="Another."),
    "action": _step(action_type="MAP_STAKEHOLDERS"),
    "id": _step(step_id=UUID(int=7)),
}


@pytest.mark.parametrize("what", list(CONTENT))
def test_whatever_an_approver_read_is_bound(what):
    others = [digest for name, digest in CONTENT.items() if name != what]
    assert CONTENT[what] not in [*others, _digest()]


def test_the_content_names_what_it_binds():
    assert set(content_of(plan())) == {
        "schema_version", "plan_id", "revision", "tenant_id", "account_id", "plan_type", "subject", "goal", "objective",
        "objective_params", "risk", "expires_at", "constraints", "steps",
    }  # fmt: skip
