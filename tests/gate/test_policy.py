"""The policy bundle: read with one clear line for every mistake, addressed by its digest."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import BadPolicyError, Severity, bundle_digest, default_bundle, load_bundle, rules

TEXT = files("gate").joinpath("default_policy.yaml").read_text(encoding="utf-8")


def changed(old, new):
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_the_default_policy_asks_people_for_every_plan():
    bundle = default_bundle()
    assert bundle.auto_approve_max_risk == 0
    assert bundle.enabled_plan_types == ("RENEWAL_DEFENSE",)


def test_the_digest_is_of_the_meaning_not_of_the_text():
    assert bundle_digest(load_bundle("# another comment\n" + TEXT)) == bundle_digest(default_bundle())


def test_one_changed_number_is_another_policy():
    assert bundle_digest(load_bundle(changed("max_steps: 12", "max_steps: 11"))) != bundle_digest(default_bundle())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no mapping"),
        ("- a\n- b", "no mapping"),
        ("name: [", "no YAML"),
        (changed("max_steps: 12", "max_steps: twelve"), "max_steps"),
        (changed("max_steps: 12", "max_steps: 12\nmax_step: 3"), "max_step"),
        (changed("max_steps: 12", "max_steps: 12\nmax_steps: 3"), "stands twice"),
        (changed("ENGAGE_EXEC_SPONSOR: {risk: HIGH", "ENGAGE_EXEC_SPONSOR: {risk: LOW"), "never lower it"),
        (changed("PREP_RENEWAL_BRIEF: {", "BUY_FLOWERS: {"), "no action of"),
        (changed("severities: {}", "severities: {PG010: SOFT}"), "never lowered"),
        (changed("severities: {}", "severities: {PG555: HARD}"), "no code"),
        (changed("auto_approve_max_risk: 0", "auto_approve_max_risk: 1"), "auto_approve_max_risk"),
        (changed("  HIGH: {role: senior_approver, persons: 1, two_persons_above_minor: 5000000}\n", ""), "HIGH"),
        (changed("enabled_plan_types: [RENEWAL_DEFENSE]", "enabled_plan_types: [EXPANSION]"), "no approved action"),
        ("a: !!python/object/apply:os.system [ls]", "no YAML"),
        ("name: 2026-13-45", "no YAML"),
        ("? [a, b]\n: c", "a key is one word"),
        ("[" * 5000, "nested too deep"),
        (changed("version: 1", f"version: {2**53}"), "version"),
        (changed("name: default", 'name: "\\0"'), "name"),
        (changed("HIGH: 72}", "HIGH: 0}"), "approval_ttl_hours.HIGH"),
        (changed("role: plan_approver", "role: anyone"), "authority.MEDIUM.role"),
        (changed("HIGH: {role: senior_approver", "HIGH: {role: plan_approver"), "never less"),
        (changed("when: support_risk_is_open", "when: support_risk_is_opne"), "no precondition"),
        (changed("before: ESCALATE_SUPPORT_RISK", "before: ESCALATE"), "unknown actions: ESCALATE"),
        (changed("[PREP_RENEWAL_BRIEF]", "[PREP_RENEWAL]"), "unknown actions: PREP_RENEWAL"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused_in_one_line(text, says):
    with pytest.raises(BadPolicyError) as told:
        load_bundle(text)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_a_severity_may_be_raised():
    assert load_bundle(changed("severities: {}", "severities: {PG010: HARD}")).severities


@pytest.mark.parametrize("doc", [doc for doc in rules() if doc.floor.rank], ids=lambda doc: doc.code)
def test_no_floor_can_be_lowered(doc):
    for lower in (severity for severity in Severity if severity.rank < doc.floor.rank):
        with pytest.raises(BadPolicyError, match=doc.code):
            load_bundle(changed("severities: {}", f"severities: {{{doc.code}: {lower}}}"))


@given(st.text(max_size=60), st.integers(0, len(TEXT)), st.integers(0, 40))
def test_a_damaged_policy_is_a_policy_or_one_clear_line(piece, place, gone):
    for text in (piece, TEXT[:place] + piece + TEXT[place + gone :]):
        try:
            told = load_bundle(text).name
        except BadPolicyError as error:
            told = str(error)
        assert told
        assert "\n" not in told
