"""Canonical bytes: one value, one form, on every machine."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from plan import (
    INT_BOUND,
    Calendar,
    PlanError,
    Principal,
    Role,
    canonical,
    check_plain,
    commitment,
    digest,
    digest_bytes,
)
from tests.plan.samples import plan, situation

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
numbers = st.integers(-INT_BOUND + 1, INT_BOUND - 1)
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(keys, plain, max_size=5)


@given(objects)
def test_canonical_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(objects)
def test_the_order_of_keys_never_matters(value):
    assert digest(value) == digest(dict(reversed(value.items())))


@given(objects, objects)
def test_two_values_share_a_digest_only_where_they_are_equal(one, other):
    assert (digest(one) == digest(other)) == (rfc8785.dumps(one) == rfc8785.dumps(other))


def test_a_digest_is_sha_256_in_hex_with_its_name():
    assert digest({"b": 1, "a": None}) == "sha256:" + hashlib.sha256(b'{"a":null,"b":1}').hexdigest()
    assert digest_bytes(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (0.5, "value.x is a float; use whole numbers"),
        (float("nan"), "is a float"),
        (1.0, "is a float"),
        (INT_BOUND, "not below 2**53"),
        (-INT_BOUND, "not below 2**53"),
        ("a\x00b", "value.x holds U+0000"),
        ("\ud800", "value.x holds a lone surrogate"),
        ("ok\udfff", "value.x holds a lone surrogate"),
        ({"ä": 1}, "has the key 'ä'; keys are printable ASCII text"),
        ({"\x00": 1}, "keys are printable ASCII text"),
        ({"\ud800": 1}, "keys are printable ASCII text"),
        ({"a\nb": 1}, "keys are printable ASCII text"),
        ({1: 1}, "keys are printable ASCII text"),
        ([0, [1.5]], "value.x[1][0] is a float"),
        ({"y": {"z": 2.5}}, "value.x.y.z is a float"),
        (b"bytes", "is a bytes"),
        ({1, 2}, "is a set"),
        (date(2026, 1, 1), "is a date"),
    ],
)
def test_what_has_no_one_form_is_refused_in_one_line(bad, says):
    with pytest.raises(PlanError) as refused:
        canonical({"x": bad})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_largest_whole_numbers_are_fine():
    assert canonical({"x": [INT_BOUND - 1, 1 - INT_BOUND]}) == b'{"x":[9007199254740991,-9007199254740991]}'


def test_nesting_ends_before_the_stack_does():
    def nested(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    check_plain(nested(32))
    with pytest.raises(PlanError, match="nested more than 32 deep; flatten it"):
        check_plain(nested(33))
    with pytest.raises(PlanError, match="nested more than 32 deep"):
        check_plain(nested(5000))


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), texts)
def test_a_commitment_is_bound_to_its_salt(one, other, text):
    assert commitment(one, text) == "ref:sha256:" + hashlib.sha256(one + text.encode()).hexdigest()
    assert (commitment(one, text) == commitment(other, text)) == (one == other)


TOLD = """
from tests.plan.test_digests import told
print(told())
"""


def told() -> str:
    """Return digests of values that hold sets, for another interpreter to repeat."""
    holidays = frozenset(date(2026, 12, day) for day in range(1, 29))
    principal = Principal(principal_id="u-1", tenant_id="t-1", roles=frozenset(Role))
    return " ".join(map(digest, (plan(), situation(), principal, Calendar(holidays=holidays))))


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_digests_are_the_same_under_every_hash_seed(seed):
    again = subprocess.run(
        [sys.executable, "-c", TOLD],
        env=os.environ | {"PYTHONHASHSEED": seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.strip() == told()
