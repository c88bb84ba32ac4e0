"""What asking a model came to, summed and in words."""

import pytest

from plan import ModelCall, Usage, describe_usage, digest_bytes, usage_of

DIGEST = digest_bytes(b"")


def call(micro_usd=None, *, tokens=(0, 0), model="claude-sonnet-5-5", **changes) -> ModelCall:
    told = {
        "provider": "anthropic",
        "model_asked": "claude-sonnet-5-5",
        "model_answered": model,
        "prompt": "renewal_defense@v2",
        "prompt_digest": DIGEST,
        "request_digest": DIGEST,
        "response_digest": DIGEST,
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "cost_micro_usd": micro_usd,
    }
    return ModelCall.model_validate(told | changes)


def test_calls_add_up():
    assert usage_of([call(30_000, tokens=(1000, 20)), call(1, tokens=(5, 0))]) == Usage(
        calls=2, input_tokens=1005, output_tokens=20, cost_micro_usd=30_001
    )


def test_one_call_without_a_price_leaves_the_sum_without_one():
    assert usage_of([call(5), call(None)]).cost_micro_usd is None


def test_nobody_asked_costs_nothing_and_says_nothing():
    assert usage_of([]) == Usage(calls=0, input_tokens=0, output_tokens=0, cost_micro_usd=0)
    assert describe_usage([]) == ""


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ([call(36_500, tokens=(14_210, 820))], "claude-sonnet-5-5: 1 call, 14,210 tokens in, 820 out, 0.0365 USD"),
        ([call(1, tokens=(1, 0))], "claude-sonnet-5-5: 1 call, 1 tokens in, 0 out, 0.0001 USD"),
        (
            [call(None, model="authored", tokens=(5, 1), cassette="authored:aurora")],
            "recorded answers of authored: 1 call, 5 tokens in, 1 out, unpriced",
        ),
        ([call(0, model=""), call(2_000_000)], "claude-sonnet-5-5: 2 calls, 0 tokens in, 0 out, 2.0000 USD"),
        ([call(0), call(0, model="b")], "claude-sonnet-5-5, b: 2 calls, 0 tokens in, 0 out, 0.0000 USD"),
    ],
)
def test_usage_in_words_names_who_was_asked_and_what_it_took(calls, words):
    assert describe_usage(calls) == words


@pytest.mark.parametrize("name", ["input_tokens", "output_tokens", "cost_micro_usd"])
def test_a_count_that_no_reader_agrees_on_is_no_call(name):
    with pytest.raises(ValueError, match="less than"):
        call(**{"micro_usd" if name == "cost_micro_usd" else name: 2**53})
