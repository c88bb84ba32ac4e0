"""The post: one letter to one checked address, and what became of it. Only here is anything sent over HTTP."""

import asyncio
import ssl
from enum import StrEnum
from functools import cache
from typing import Protocol

import httpx2

from oncourse.courier.fence import Fence, FenceError, Resolver, Target, check, resolve
from oncourse.courier.letters import Letter
from plan import Frozen

TIMEOUT = 10.0
"""Seconds for one letter, from connection to the answer's status."""


class Came(StrEnum):
    """What became of a letter."""

    TAKEN = "taken"
    FAILED = "failed"
    GONE = "gone"
    """The receiver wants no more of them."""


class Answer(Frozen):
    """What became of a letter, in words that quote nobody."""

    came: Came
    status: int | None = None
    told: str = ""


class Post(Protocol):
    """Whatever carries letters."""

    def check(self, url: str) -> None:
        """Raise FenceError for an address that nothing is sent to."""
        ...

    def send(self, url: str, sent: Letter, headers: dict[str, str]) -> Answer:
        """Send a letter and return what became of it; it never raises."""
        ...


class HttpPost:
    """Sends letters over HTTP, behind the fence."""

    def __init__(self, fence: Fence, resolver: Resolver = resolve, timeout: float = TIMEOUT) -> None:
        self._fence, self._resolver, self._timeout = fence, resolver, timeout

    def check(self, url: str) -> None:
        """Raise FenceError for an address that nothing is sent to."""
        check(url, self._fence, self._resolver)

    def send(self, url: str, sent: Letter, headers: dict[str, str]) -> Answer:
        """Send a letter; redirects are not followed, and nothing of the answer but its status is read."""
        try:
            target = check(url, self._fence, self._resolver)
            status = asyncio.run(self._post(target, sent, headers))
        except FenceError as error:
            return Answer(came=Came.FAILED, told=str(error))
        except TimeoutError:
            return Answer(came=Came.FAILED, told=f"no answer within {self._timeout:.0f} seconds")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ssl.SSLError) as error:
            return Answer(came=Came.FAILED, told=f"not reached ({type(error).__name__})")
        if status == httpx2.codes.GONE:
            return Answer(came=Came.GONE, status=status, told="the receiver answered 410 Gone")
        if httpx2.codes.is_success(status):
            return Answer(came=Came.TAKEN, status=status)
        return Answer(came=Came.FAILED, status=status, told=f"the receiver answered {status}")

    async def _post(self, target: Target, sent: Letter, headers: dict[str, str]) -> int:
        async with (
            asyncio.timeout(self._timeout),  # the client's own limits start anew with every byte
            httpx2.AsyncClient(verify=_trust(), trust_env=False, follow_redirects=False, timeout=None) as client,
            client.stream(
                "POST",
                target.url,
                content=sent.body,
                headers=headers | {"host": target.header},
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            return answer.status_code


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates to trust, read once: reading them takes longer than a letter."""
    return httpx2.create_ssl_context()
