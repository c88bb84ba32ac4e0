"""However an exchange breaks, it is said whether the call may have left."""

import asyncio
import socket
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import httpx2
import pytest

from oncourse.connectors import Line, NotLeftError, wire
from oncourse.connectors.line import InDoubtError

BREAKS = [
    asyncio.CancelledError("Ida"),
    BaseExceptionGroup("Ida", [asyncio.CancelledError(), ValueError("Ida")]),
    ExceptionGroup("Ida", [ExceptionGroup("Ida", [ValueError("Ida")])]),
    TimeoutError("Ida"),
]


CALL, LIST = {"method": "tools/call"}, {"method": "tools/list"}


def witnessed(body, answer):
    """Return whether a call may have left after one request that was answered so."""

    def handle(request):
        if isinstance(answer, int):
            return httpx2.Response(answer)
        raise answer("Ida", request=request)

    async def post():
        async with wire.Witness(transport=httpx2.MockTransport(handle)) as client:
            with suppress(httpx2.TransportError):
                await client.post("http://127.0.0.1:9/mcp", json=body)
            return client.left

    return asyncio.run(post())


@pytest.mark.parametrize("answer", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, 401, 403, 429])
def test_a_call_that_met_no_connection_or_was_turned_away_has_not_left(answer):
    assert witnessed(CALL, answer) is False


@pytest.mark.parametrize("answer", [httpx2.ReadError, httpx2.ReadTimeout, httpx2.WriteError, 200, 400, 404, 500, 503])
def test_a_call_that_a_connection_took_may_have_left(answer):
    assert witnessed(CALL, answer) is True


@pytest.mark.parametrize("answer", [httpx2.ReadError, 200, 500])
def test_what_is_no_call_leaves_nothing(answer):
    assert witnessed(LIST, answer) is False


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


def test_a_server_that_drips_its_answer_is_left_after_the_whole_time():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip():
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                taken.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(200):
                    taken.sendall(b"x-more: to come\r\n")
                    time.sleep(0.05)

        dripping = threading.Thread(target=drip)
        dripping.start()
        with pytest.raises(NotLeftError, match="TimeoutError"):
            wire.tools(Line(url=f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", timeout=1))
        dripping.join()


def test_the_tools_of_every_page_are_known():
    pages = {None: ("a", "2"), "2": ("b", "3"), "3": ("c", None)}

    class Paged:
        async def list_tools(self, cursor):
            name, following = pages[cursor]
            return SimpleNamespace(tools=[SimpleNamespace(name=name)], next_cursor=following)

    found = exchange(left=False)
    asyncio.run(found._list(Paged()))
    assert list(found.tools) == ["a", "b", "c"]
