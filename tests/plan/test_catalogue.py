"""The action catalogue hangs together."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from plan import (
    PARAMS,
    PLAYBOOKS,
    PRECONDITIONS,
    ActionSpec,
    Approval,
    Backoff,
    BackoffKind,
    Catalogue,
    CatalogueError,
    OnFailure,
    PlanType,
    Provider,
    RiskClass,
    catalogue,
    contacts_of,
    find_spec,
    highest,
    ids_of,
    spec_of,
)

SPECS = catalogue().actions
each = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.action_type)


def test_fourteen_actions_each_with_its_parameters():
    assert sorted(spec.action_type for spec in SPECS) == sorted(PARAMS)
    assert len(SPECS) == 14


@each
def test_what_an_action_requires_exists_and_can_end_so(spec):
    for requirement in spec.requires:
        for action in requirement.actions:
            assert action != spec.action_type
            assert set(requirement.outcomes) <= set(spec_of(action).outcomes)


@each
def test_the_preconditions_of_an_action_are_known(spec):
    assert set(spec.preconditions) <= set(PRECONDITIONS)


@each
def test_outcomes_are_closed_and_of_one_kind_each(spec):
    assert spec.outcomes_ok
    assert spec.outcomes_bad
    assert len(set(spec.outcomes)) == len(spec.outcomes)
    if spec.awaits_outcome:
        assert set(spec.retry.retry_on) <= set(spec.outcomes_bad)
        assert spec.timeout_outcome in spec.outcomes_bad


@each
def test_windows_and_waits_are_sane(spec):
    if spec.window_days_to_renewal is not None:
        nearest, farthest = spec.window_days_to_renewal
        assert 0 <= nearest < farthest <= 365
    assert timedelta() < spec.typical_duration <= spec.outcome_timeout
    backoff = spec.retry.backoff
    assert timedelta() <= backoff.first <= backoff.cap
    assert (backoff.first > timedelta()) == (spec.retry.max_attempts > 1)
    for cooldown in spec.cooldowns.model_dump().values():
        assert cooldown is None or cooldown > timedelta()


@each
def test_nothing_leaves_the_company_alone(spec):
    if spec.external or spec.risk is RiskClass.HIGH:
        assert spec.approval is not Approval.AUTO
    if not spec.reversible:
        assert spec.risk is RiskClass.HIGH
        assert spec.provider is Provider.AT_MOST_ONCE
    if spec.approval is Approval.AUTO:
        assert not spec.awaits_outcome


@each
def test_an_action_is_for_renewals_and_its_template_steps_exist(spec):
    assert spec.plan_types == (PlanType.RENEWAL_DEFENSE,)
    assert find_spec(spec.action_type) is spec


def test_every_requirement_can_be_met_without_a_circle():
    met = set()
    while more := {
        spec.action_type
        for spec in SPECS
        if spec.action_type not in met and all(set(r.actions) & met for r in spec.requires)
    }:
        met |= more
    assert met == set(PARAMS)


def test_an_unknown_action_is_refused_by_name():
    with pytest.raises(CatalogueError, match="unknown action 'DANCE'; known: CONFIRM_RENEWAL_OWNER, "):
        spec_of("DANCE")
    assert find_spec("DANCE") is None


def test_a_required_step_that_would_be_skipped_pauses_instead():
    brief = spec_of("PREP_RENEWAL_BRIEF")
    assert brief.on_failure is OnFailure.SKIP
    assert brief.failure_effect(required=True) is OnFailure.PAUSE
    assert brief.failure_effect(required=False) is OnFailure.SKIP
    assert spec_of("MAP_STAKEHOLDERS").failure_effect(required=True) is OnFailure.CONTINUE


def _refused(action, **changes):
    spec = spec_of(action).model_dump() | changes
    with pytest.raises(ValidationError) as refused:
        ActionSpec.model_validate(spec)
    return str(refused.value)


def test_an_incoherent_action_is_refused():
    assert "has no parameter model" in _refused("PREP_RENEWAL_BRIEF", action_type="DANCE")
    assert "must count as one of its bad outcomes" in _refused("RUN_VALUE_REVIEW", timeout_outcome="VALUE_CONFIRMED")
    assert "must count as one of its bad outcomes" in _refused("RUN_VALUE_REVIEW", timeout_outcome=None)
    assert "unknown parameters ['colour']" in _refused("RUN_VALUE_REVIEW", bound_at_step=["colour"])
    with pytest.raises(ValidationError, match="an action type stands twice"):
        Catalogue(version="1", actions=(SPECS[0], SPECS[0]))


def test_parameters_bound_at_the_step_may_be_left_open():
    for spec in SPECS:
        for name in spec.bound_at_step:
            assert PARAMS[spec.action_type].model_fields[name].default is None


@pytest.mark.parametrize(
    ("kind", "waits"),
    [(BackoffKind.FIXED, [10, 10, 10, 10, 10]), (BackoffKind.EXPONENTIAL, [10, 10, 20, 40, 45])],
)
def test_waits_grow_as_their_kind_says_up_to_the_cap(kind, waits):
    backoff = Backoff(kind=kind, first=timedelta(minutes=10), cap=timedelta(minutes=45))
    assert [backoff.wait(attempts) for attempts in range(5)] == [timedelta(minutes=wait) for wait in waits]


def test_the_highest_risk_counts_and_none_is_low():
    assert highest([]) is RiskClass.LOW
    assert highest([RiskClass.MEDIUM, RiskClass.HIGH, RiskClass.LOW]) is RiskClass.HIGH
    assert [risk.rank for risk in RiskClass] == [1, 2, 3]


def test_contacts_and_ids_are_read_from_one_or_many():
    assert contacts_of({"contact_id": "a", "contact_ids": ["b", 7, "c"], "other": "d"}) == ("a", "b", "c")
    assert ids_of({"x": None, "y": 3}, "x", "y", "z") == ()
    assert contacts_of(None) == ()


@pytest.mark.parametrize("playbook", list(PLAYBOOKS.values()), ids=lambda playbook: playbook.plan_type)
def test_a_playbooks_template_is_made_of_known_actions_in_order(playbook):
    seen = set()
    for template in playbook.template:
        assert playbook.plan_type in spec_of(template.action_type).plan_types
        assert {dependency.key for dependency in template.depends_on} <= seen
        assert template.key not in seen
        seen.add(template.key)
    actions = {template.action_type for template in playbook.template if template.required}
    assert set(playbook.must_have) <= actions
    assert playbook.last_days < playbook.first_days
