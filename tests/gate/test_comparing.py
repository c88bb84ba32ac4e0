"""Two bundles side by side."""

from importlib.resources import files

import pytest

from gate import default_bundle, load_bundle, policy_differences

TEXT = files("gate").joinpath("default_policy.yaml").read_text(encoding="utf-8")
OLD = default_bundle()


def told(*changes):
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return [one.sentence for one in policy_differences(OLD, load_bundle(text))]


def test_a_bundle_differs_in_nothing_from_itself():
    assert policy_differences(OLD, OLD) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("max_steps: 12", "max_steps: 9", "max_steps: 12 -> 9"),
        ("severities: {}", "severities: {PG999: HARD}", "severities.PG999: added HARD"),
        (
            "HIGH: {role: senior_approver, persons: 1",
            "HIGH: {role: senior_approver, persons: 2",
            "authority.HIGH.persons: 1 -> 2",
        ),
        (", two_persons_above_minor: 5000000", "", "authority.HIGH.two_persons_above_minor: 5000000 -> none"),
        ("trusted_sources: [crm, esign]", "trusted_sources: [crm]", "trusted_sources: removed esign"),
        ("trusted_sources: [crm, esign]", "trusted_sources: [esign, crm]", "trusted_sources: crm, esign -> esign, crm"),
        (
            "    RECORD_COMMITMENT: {risk: LOW, max_count: 1}\n",
            "",
            "actions.RENEWAL_DEFENSE.RECORD_COMMITMENT: removed risk LOW, max_count 1",
        ),
        (
            "{per: contact, days: 7, most: 2}",
            "{per: contact, days: 7, most: 1}",
            "contact_caps: added per contact, days 7, most 1",
        ),
    ],
)
def test_each_difference_is_one_sentence(old, new, says):
    assert says in told((old, new))


def test_there_and_back_names_the_same_fields():
    new = load_bundle(
        TEXT.replace("max_steps: 12", "max_steps: 9").replace(
            "blackouts: []", "blackouts: [{first: 2026-12-24, last: 2026-12-26, why: feast}]"
        )
    )
    there, back = policy_differences(OLD, new), policy_differences(new, OLD)
    assert {d.field for d in there} == {d.field for d in back} == {"max_steps", "blackouts"}
    assert {d.kind for d in there} == {"changed", "added"}
    assert {d.kind for d in back} == {"changed", "removed"}
