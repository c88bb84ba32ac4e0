"""What one proposal may cost: each bound is a verdict, counted over all repairs, and looked at before it is broken."""

import json

import pytest

from agent import Budget, ClaudeDrafter, ProposalResult, replay_drafter
from agent.spending import Spent, spent_before
from plan import NoPlan, NoPlanReason, Proposal, Rejected, usage_of
from tests.agent.samples import GOOD, answering, brief, meeting, plan, request
from tests.agent.test_replay import recorded

LOOK = {"tools": [{"name": "get_history", "input": {"offset": 0}}]}
BAD = plan(brief(), meeting(contact_id="C8"))
FINDING = ("PG010 HARD steps: too many",)


def priced(turn: dict, *, model="claude-sonnet-5-5", tokens_in=10_000, tokens_out=1000, **usage) -> dict:
    """Return a turn as a model with a list price answers it."""
    content = (
        [{"type": "tool_use", "id": "toolu_local_1", "name": "get_history", "input": {"offset": 0}}]
        if "tools" in turn
        else [{"type": "text", "text": json.dumps({"answer": turn["answer"]})}]
    )
    body = {
        "id": "msg_local_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if "tools" in turn else "end_turn",
        "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out, **usage},
    }
    return {"body": body}


def ended(*turns, **budget) -> tuple[NoPlan, int]:
    """Return the verdict on a conversation under a budget, and how many requests left."""
    with answering(*turns, budget=Budget(**budget)) as (drafter, server):
        outcome = drafter.draft(request()).outcome
    assert isinstance(outcome, NoPlan)
    return outcome, len(server.seen)


def repaired(drafter: ClaudeDrafter, times: int) -> list[ProposalResult]:
    """Return the results of a proposal whose every answer the rules refuse, until it ends or was repaired so often."""
    asked, results = request(), []
    for _ in range(times + 1):
        results.append(drafter.draft(asked))
        if results[-1].answer is None:
            break
        again = Rejected(answer=results[-1].answer, findings=FINDING)
        asked = asked.model_copy(update={"rejected": (*asked.rejected, again)})
    return results


def test_a_greedy_model_runs_out_of_turns():
    told, calls = ended(LOOK, LOOK, LOOK, LOOK, LOOK, GOOD)
    assert (told.reason, calls) == (NoPlanReason.BUDGET_CALLS, 4)
    assert len(told.provenance.calls) == 4


def test_tool_calls_past_the_budget_are_refused_and_the_model_may_still_answer():
    many = {"tools": LOOK["tools"] * 9}
    with answering(many, GOOD) as (drafter, server):
        assert isinstance(drafter.draft(request()).outcome, Proposal)
    results = server.seen[1]["messages"][-1]["content"]
    assert [r["is_error"] for r in results] == [False] * 8 + [True]


def test_a_question_that_is_too_long_is_not_asked():
    told, calls = ended(GOOD, tokens=1000)
    assert (told.reason, calls) == (NoPlanReason.BUDGET_TOKENS, 0)
    assert told.provenance.calls == ()
    assert "1000 allowed" in told.suggestion


def test_the_tokens_of_the_next_question_are_estimated_before_they_are_spent():
    with answering(GOOD) as (drafter, _):
        first = usage_of(drafter.draft(request()).outcome.provenance.calls).input_tokens
    told, calls = ended(LOOK, GOOD, tokens=first * 3 // 2)
    assert (told.reason, calls) == (NoPlanReason.BUDGET_TOKENS, 1)
    assert usage_of(told.provenance.calls).input_tokens < first * 3 // 2


def test_what_a_call_took_counts_and_not_what_was_estimated():
    told, calls = ended(priced(LOOK, tokens_in=59_000), GOOD)
    assert (told.reason, calls) == (NoPlanReason.BUDGET_TOKENS, 1)


def test_cached_tokens_count_as_tokens_and_cost_their_own_price():
    with answering(priced(GOOD, tokens_in=100, cache_read_input_tokens=20_000)) as (drafter, _):
        used = usage_of(drafter.draft(request()).outcome.provenance.calls)
    assert used.input_tokens == 20_100
    assert used.cost_micro_usd == 100 * 2 + 20_000 // 10 + 1000 * 10


def test_an_endpoint_that_counts_nonsense_spends_the_budget_and_breaks_no_record():
    odd = priced(GOOD, tokens_in=10**30, tokens_out=-5, cache_read_input_tokens="many")
    with answering(odd, odd) as (drafter, server):
        first, second = repaired(drafter, times=1)
    (call,) = first.outcome.provenance.calls
    assert (call.input_tokens, call.output_tokens, call.cost_micro_usd) == (10**9, 0, None)
    assert (second.outcome.reason, len(server.seen)) == (NoPlanReason.BUDGET_TOKENS, 1)


def test_a_proposal_that_would_cost_more_than_allowed_ends():
    told, calls = ended(priced(LOOK, tokens_in=40_000), priced(GOOD))
    assert (told.reason, calls) == (NoPlanReason.BUDGET_COST, 1)
    assert usage_of(told.provenance.calls).cost_micro_usd == 90_000
    assert "0.10 USD" in told.suggestion


def test_a_question_that_alone_costs_too_much_is_not_asked():
    told, calls = ended(GOOD, micro_usd=1000)
    assert (told.reason, calls) == (NoPlanReason.BUDGET_COST, 0)


def test_where_no_price_is_listed_the_tokens_alone_bind():
    with answering(LOOK, GOOD, model="made-up", budget=Budget(micro_usd=1)) as (drafter, _):
        told = drafter.draft(request()).outcome
    assert isinstance(told, Proposal)
    assert usage_of(told.provenance.calls).cost_micro_usd is None


def test_a_conversation_that_takes_too_long_is_a_verdict():
    ticks = iter(range(0, 1000, 20))
    with answering(LOOK, LOOK, LOOK, GOOD) as (asking, server):
        told = ClaudeDrafter(asking._given, seconds=lambda: next(ticks)).draft(request()).outcome
    assert told.reason is NoPlanReason.BUDGET_TIME
    assert "90 seconds" in told.suggestion
    assert len(server.seen) < 4


def test_no_retry_begins_once_the_time_is_up():
    passed = [0.0]

    def busy_for_a_minute():
        passed[0] += 25
        return passed[0]

    busy = {"status": 529, "headers": {"retry-after-ms": "1"}}
    with answering([busy] * 9, max_retries=5) as (asking, server):
        told = ClaudeDrafter(asking._given, seconds=busy_for_a_minute).draft(request()).outcome
    assert told.reason is NoPlanReason.BUDGET_TIME
    assert 0 < len(server.seen) < 6
    assert len(told.provenance.calls) == len(server.seen)


def test_repairs_are_paid_from_the_same_budget():
    with answering(*[LOOK, BAD, GOOD, GOOD, GOOD]) as (drafter, server):
        first, second, third = repaired(drafter, times=3)
    assert [len(result.outcome.provenance.calls) for result in (first, second, third)] == [3, 1, 0]
    assert (third.outcome.reason, len(server.seen)) == (NoPlanReason.BUDGET_CALLS, 4)


def test_a_repair_has_no_second_chance_to_be_readable_where_the_first_was_used():
    with answering(BAD, GOOD, BAD, GOOD) as (drafter, server):
        _, second = repaired(drafter, times=1)
    assert (second.outcome.reason, len(server.seen)) == (NoPlanReason.UNREADABLE, 3)


def test_two_repairs_of_a_model_that_answers_at_once_fit_in():
    with answering(GOOD, GOOD, GOOD) as (drafter, server):
        results = repaired(drafter, times=2)
    assert all(isinstance(result.outcome, Proposal) for result in results)
    assert len(server.seen) == 3


def test_what_repairs_cost_adds_up():
    with answering(*[priced(GOOD, tokens_in=5000)] * 3) as (drafter, _):
        results = repaired(drafter, times=2)
    assert [spent_before([Rejected(answer=r.answer, findings=FINDING)]).micro_usd for r in results] == [
        20_000,
        40_000,
        60_000,
    ]


def test_no_time_passes_while_a_recording_plays():
    with answering(GOOD) as (drafter, _):
        assert drafter.draft(request()).answer["spent"]["seconds"] > 0
    assert replay_drafter(None, (recorded(GOOD),)).draft(request()).answer["spent"]["seconds"] == 0


@pytest.mark.parametrize("answer", [{}, {"turns": []}, {"spent": 3}, {"spent": {"turns": -1}}, {"spent": {"x": 1}}])
def test_an_answer_from_elsewhere_has_spent_nothing(answer):
    assert spent_before([Rejected(answer=answer, findings=FINDING)]) == Spent()
    assert spent_before([]) == Spent()
