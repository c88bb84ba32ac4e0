"""Prices come from a list that ships with its library; what is on no list is unpriced."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.pricing import price_of, price_of_asking
from tests.agent.samples import NOW

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
COUNTS = st.fixed_dictionaries(
    {},
    optional={
        name: JSON | st.integers(0, 10**30)
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    },
)


def answer(model, **usage):
    return {"model": model, "usage": {"input_tokens": 0, "output_tokens": 0} | usage}


@pytest.mark.parametrize(
    ("model", "usage", "micro_usd"),
    [
        ("claude-sonnet-5-5", {"input_tokens": 1000}, 2000),
        ("claude-sonnet-5-5", {"output_tokens": 1000}, 10_000),
        ("claude-sonnet-5-5", {"cache_read_input_tokens": 1000}, 100),
        ("claude-sonnet-5-5", {"cache_creation_input_tokens": 1000}, 2500),
        ("claude-opus-5-5", {"input_tokens": 1000, "output_tokens": 1000}, 24_000),
        ("claude-haiku-5-5", {"input_tokens": 1}, 1),
        ("claude-sonnet-4-5-20250929", {"input_tokens": 1000}, 3000),
    ],
)
def test_an_answer_has_its_list_price_rounded_up(model, usage, micro_usd):
    assert price_of(answer(model, **usage), NOW) == micro_usd


@pytest.mark.parametrize("model", ["authored", "local-model", "", "gpt-5", None, 7])
def test_a_model_on_no_list_is_unpriced(model):
    assert price_of(answer(model, input_tokens=1000), NOW) is None


@pytest.mark.parametrize("told", [{}, {"model": "claude-sonnet-5-5"}, {"model": "claude-sonnet-5-5", "usage": None}])
def test_an_answer_without_counts_is_unpriced(told):
    assert price_of(told, NOW) is None


def test_a_question_costs_its_tokens_alone():
    assert price_of_asking("claude-sonnet-5-5", 10_000, NOW) == 20_000
    assert price_of_asking("made-up", 10_000, NOW) is None


@given(st.fixed_dictionaries({"model": st.sampled_from(["claude-sonnet-5-5", "x"]) | JSON, "usage": COUNTS | JSON}))
def test_whatever_an_endpoint_says_is_priced_or_not_and_never_fails(told):
    price = price_of(told, NOW)
    assert price is None or 0 <= price < 2**53


def test_prices_are_read_without_the_network_and_load_only_when_asked():
    code = (
        "import sys, socket; socket.getaddrinfo = None; from datetime import datetime, UTC; import agent.pricing as p;"
        " early = 'genai_prices' in sys.modules;"
        " print(early, p.price_of_asking('claude-sonnet-5-5', 10, datetime(2026, 3, 2, tzinfo=UTC)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout.replace("False", "[0,").strip() + "]") == [0, 20]
