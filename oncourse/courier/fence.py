"""The fence around what we call outside: a webhook reaches public HTTPS addresses and nothing inside (T15).

An address is checked when it is registered and again whenever something is sent, and the connection goes to the very
address that was checked: a name that is resolved anew to a place inside reaches nothing.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2

from orchestrator import BadInputError
from plan import Frozen

MAX_URL = 2000
_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
"""Teredo and 6to4, behind which stands an IPv4 address that nobody checks, and what is kept for documents."""
_RELAYS = (IPv4Address("192.88.99.0").packed[:3], IPv4Address("192.0.0.0").packed[:3])
Resolver = Callable[[str, int], list[str]]
"""Returns the addresses of a host; raises OSError where it has none."""


class FenceError(BadInputError):
    """An address that nothing is sent to."""

    code = "bad_address"


class Fence(Frozen):
    """Where webhooks may go."""

    ports: frozenset[int] = frozenset({443})
    loopback: bool = False
    """This machine may be called too, by plain http and on any port: for tests and development."""


class Target(Frozen):
    """A checked address: connect to `address`, and to nothing else."""

    url: str
    """With the address in place of the host."""
    host: str
    """What the certificate must be for."""
    header: str
    """Host and port as the `Host` header has them."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host as this machine knows them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check(url: str, fence: Fence, resolver: Resolver = resolve) -> Target:
    """Return where to connect to for a URL; raise FenceError with the reason where it must not be called."""
    parsed = _parsed(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    addresses = _addresses(parsed, port, resolver)
    if fence.loopback and all(address.is_loopback for address in addresses):
        return _target(parsed, addresses[0])
    if parsed.scheme != "https":
        raise FenceError("a webhook goes to https only; give an https:// address")
    if port not in fence.ports:
        allowed = ", ".join(map(str, sorted(fence.ports)))
        raise FenceError(f"port {port} is not allowed for webhooks ({allowed} is); see the setting webhook_ports")
    for address in addresses:
        if not is_public(address):
            raise FenceError("the host of this address does not lie in the public internet; nothing is sent there")
    return _target(parsed, addresses[0])


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one host of the public internet, and none that leads to another address."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and address.packed[:3] not in _RELAYS
    within = address in _UNICAST and not any(address in network for network in _TRANSLATED)
    return within and address.is_global and address.scope_id is None


def _parsed(url: str) -> httpx2.URL:
    """Return the one reading of a URL; the same is what is called, so that no two parsers can differ."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise FenceError(
            f"the address is no plain URL of at most {MAX_URL} ASCII letters; write it as https://host/path"
        )
    try:
        parsed = httpx2.URL(url)
        host = parsed.raw_host
    except (httpx2.InvalidURL, ValueError) as error:
        raise FenceError("the address cannot be read; write it as https://host/path") from error
    if parsed.scheme not in {"http", "https"} or not host:
        raise FenceError("a webhook goes to https only; write the address as https://host/path")
    if parsed.userinfo or "@" in url.partition("://")[2].partition("/")[0]:
        raise FenceError("the address holds a user name; leave it out, the signature says who sends")
    if parsed.fragment or parsed.port == 0:
        raise FenceError("the address holds a fragment or the port 0; leave them out")
    return parsed


def _addresses(parsed: httpx2.URL, port: int, resolver: Resolver) -> list[IPv4Address | IPv6Address]:
    """Return every address of the host; a number that only looks like one is refused."""
    host = parsed.raw_host.decode()
    try:
        return [ip_address(host)]
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if ":" in host or "%" in host or last.isdigit() or last.lower().startswith("0x"):
            raise FenceError("the host is a number that is no plain address; name the host") from None
    try:
        found = [ip_address(text) for text in resolver(host, port)]
    except (OSError, ValueError) as error:
        raise FenceError("the host of this address is not known; check its name") from error
    if not found:
        raise FenceError("the host of this address is not known; check its name")
    return found


def _target(parsed: httpx2.URL, address: IPv4Address | IPv6Address) -> Target:
    where = parsed.copy_with(host=str(address))
    return Target(url=str(where), host=parsed.raw_host.decode(), header=parsed.netloc.decode())
