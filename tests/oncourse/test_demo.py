"""The demo says what is so: where its drafts came from."""

import pytest

from oncourse.demo import sources
from plan import ModelCall


def call(cassette=""):
    zero = "sha256:" + "0" * 64
    return ModelCall(
        provider="anthropic",
        model_asked="m",
        model_answered="m",
        prompt="p",
        prompt_digest=zero,
        request_digest=zero,
        response_digest=zero,
        cassette=cassette,
    )


@pytest.mark.parametrize(
    ("born", "says"),
    [
        ([(), (call("authored:x"),)], "2 drafts: 1 from recordings (authored), 1 by the playbook. No model was asked."),
        ([(call(),), ()], "2 drafts: 0 from recordings, 1 by the playbook. A model was asked for 1."),
        ([(), ()], "2 drafts: 0 from recordings, 2 by the playbook. No model was asked."),
    ],
)
def test_the_demo_says_whether_a_model_was_asked(born, says):
    assert " ".join(sources(born)) == says
