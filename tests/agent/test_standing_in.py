"""While a provider is down the playbook drafts in its stead, under its own name."""

import pytest

from agent import playbook_drafter, stand_in
from plan import NoPlan, NoPlanReason, Proposal
from tests.agent.samples import GOOD, answering, request
from tests.agent.test_redrafting import sent_back

SOON = {"headers": {"retry-after-ms": "1"}}


def drafted(*turns, asked=None, **settings):
    with answering(*turns, **settings) as (drafter, _):
        return stand_in(drafter, playbook_drafter()).draft(asked or request())


def test_a_model_that_answers_needs_nobody_in_its_stead():
    result = drafted(GOOD)
    assert result.outcome.provenance.drafter == "claude"
    assert result.answer is not None


@pytest.mark.parametrize("status", [429, 500, 529])
def test_while_the_provider_is_down_the_playbook_drafts_and_the_failed_calls_are_kept(status):
    result = drafted({"status": status, **SOON}, max_retries=2)
    assert isinstance(result.outcome, Proposal)
    assert result.outcome.provenance.drafter == "playbook"
    assert len(result.outcome.provenance.calls) == 3
    assert result.answer is None, "the playbook has nothing to mend"


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        ({"status": 401}, NoPlanReason.PROVIDER_REFUSES),
        ({"status": 404}, NoPlanReason.PROVIDER_REFUSES),
        ({"stop": "refusal"}, NoPlanReason.REFUSED),
        ({"stop": "max_tokens"}, NoPlanReason.CUT_OFF),
    ],
)
def test_every_other_verdict_stands(turn, reason):
    outcome = drafted(turn).outcome
    assert isinstance(outcome, NoPlan)
    assert (outcome.reason, outcome.provenance.drafter) == (reason, "claude")


def test_where_the_playbook_has_no_plan_either_the_provider_is_what_is_told():
    outcome = drafted({"status": 529, **SOON}, asked=sent_back()).outcome
    assert (outcome.reason, outcome.provenance.drafter) == (NoPlanReason.PROVIDER_DOWN, "claude")


def test_it_bears_the_name_of_the_first():
    with answering(GOOD) as (drafter, _):
        assert stand_in(drafter, playbook_drafter()).name == "claude"
