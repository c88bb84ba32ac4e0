"""Nothing inside a data block can leave it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agent.fence import TEXT_LIMIT, encode, fence

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_fenced_reads_back_and_holds_no_markup(value):
    text = encode(value)
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


@given(st.text(alphabet='</data>"\\n ', max_size=60))
def test_only_the_fence_itself_closes_the_block(note):
    block = fence("notes", [note])
    assert block.count("</data>") == 1
    assert block.endswith("</data>")


def test_a_long_text_is_cut_visibly():
    told = json.loads(encode({"note": "x" * 5000}))["note"]
    assert len(told) == TEXT_LIMIT
    assert told.endswith("[cut]")


def test_invisible_characters_become_visible():
    hidden = "a\u202eb\u200bc\U000e0041d\u2028e"
    text = encode(hidden)
    assert all(char.isascii() for char in text)
    assert json.loads(text) == hidden


def test_letters_of_other_languages_stay_readable():
    assert "Zoë 東京" in encode("Zoë 東京")
