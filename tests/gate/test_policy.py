"""The policy bundle: read with one clear line for every mistake, addressed by its digest."""

from importlib.resources import files

import pytest

from gate import BadPolicyError, bundle_digest, default_bundle, load_bundle

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
        (changed("  HIGH: {role: senior_approver, persons: 2}\n", ""), "HIGH"),
        (changed("enabled_plan_types: [RENEWAL_DEFENSE]", "enabled_plan_types: [EXPANSION]"), "no approved action"),
        ("a: !!python/object/apply:os.system [ls]", "no YAML"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused_in_one_line(text, says):
    with pytest.raises(BadPolicyError) as told:
        load_bundle(text)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_a_severity_may_be_raised():
    assert load_bundle(changed("severities: {}", "severities: {PG010: HARD}")).severities
