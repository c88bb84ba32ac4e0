"""However an exchange breaks, it is said whether the call may have left."""

import asyncio

import pytest

from oncourse.connectors import Line, NotLeftError, wire
from oncourse.connectors.line import InDoubtError

BREAKS = [
    asyncio.CancelledError("Ida"),
    BaseExceptionGroup("Ida", [asyncio.CancelledError(), ValueError("Ida")]),
    ExceptionGroup("Ida", [ExceptionGroup("Ida", [ValueError("Ida")])]),
    TimeoutError("Ida"),
]


def exchange(*, left):
    found = wire._Exchange(Line(url="http://127.0.0.1:9/mcp"))
    found.witness = wire.Witness()
    found.witness.left = left
    return found


async def breaking(error):
    raise error


@pytest.mark.parametrize("error", BREAKS)
def test_a_break_after_the_call_left_is_a_doubt_and_quotes_nobody(error):
    with pytest.raises(InDoubtError) as found:
        wire._run(exchange(left=True), breaking(error))
    assert "Ida" not in str(found.value)
    assert type(error).__name__ in str(found.value) or isinstance(error, BaseExceptionGroup)


@pytest.mark.parametrize("error", BREAKS)
def test_a_break_before_the_call_is_none(error):
    with pytest.raises(NotLeftError) as found:
        wire._run(exchange(left=False), breaking(error))
    assert (found.value.outcome, found.value.again) == ("SERVER_UNREACHABLE", True)


def test_an_answer_that_came_counts_although_the_end_broke():
    came = exchange(left=True)
    came.said = wire.Said(error=False, content=None, text="done")
    wire._run(came, breaking(BREAKS[1]))
    assert came.said.text == "done"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BaseExceptionGroup("", [SystemExit()])])
def test_an_order_to_stop_is_passed_on(error):
    with pytest.raises(type(error)):
        wire._run(exchange(left=True), breaking(error))
