"""Where a recording came from, by what can be seen of it. It stops accidents, not forgers."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from agent import Exchange, Recording, requests_digest
from plan import OncourseError

_SECRETS = re.compile(r"sk-ant-|\bBearer [\w.-]{8,}|\"(x-api-key|authorization|cookie|set-cookie)\"", re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class UnprovenSourceError(OncourseError):
    """A recording whose source cannot be shown is not written."""

    code = "unproven_source"


def source_of(uri: str, exchange: Exchange) -> str:
    """Return the source of one exchange as it passed; raise UnprovenSourceError where nothing proves one."""
    address, headers = urlsplit(uri), exchange.response_headers
    if address.scheme == "https" and address.hostname == "api.anthropic.com" and _claude(exchange):
        return "claude"
    named = headers.get("x-recording-source", "")
    if address.hostname in _LOOPBACK and _local(exchange, named):
        return named
    raise UnprovenSourceError(
        f"{address.hostname} answered as {exchange.response.get('model')!r} and nothing proves who that is; record "
        "from api.anthropic.com, or with --authored or --local"
    )


def one_source(sources: Iterable[str]) -> str:
    """Return the source that all exchanges share; raise UnprovenSourceError where they differ."""
    found = sorted(set(sources))
    if len(found) != 1:
        raise UnprovenSourceError(f"one recording has one source, this has {', '.join(found) or 'none'}")
    return found[0]


def faults(recording: Recording) -> list[str]:
    """Return what is wrong with a recording's claim of where it came from; empty where it stands."""
    meta, found = recording.meta, []
    if meta.requests_digest != requests_digest(recording.exchanges):
        found.append("the requests are not those that were recorded")
    for exchange in recording.exchanges:
        named = exchange.response_headers.get("x-recording-source")
        if meta.source == "claude":
            proven = _claude(exchange) and named is None
        else:
            proven = _local(exchange, meta.source) and named == meta.source
        if not proven:
            found.append(f"an answer does not bear out the source {meta.source}")
        if exchange.response.get("model") != meta.model_answered or exchange.request.get("model") != meta.model_asked:
            found.append("an exchange names another model than the recording")
    if _SECRETS.search(recording.dump()):
        found.append("it holds what looks like a key")
    return found


def _claude(exchange: Exchange) -> bool:
    ids = (exchange.response_headers.get("request-id", ""), str(exchange.response.get("id", "")))
    return ids[0].startswith("req_") and ids[1].startswith("msg_") and not ids[1].startswith("msg_local")


def _local(exchange: Exchange, named: str) -> bool:
    """Tell whether an answer says of itself what a server of ours says: a script's, or that of a local model."""
    kind, _, name = named.partition(":")
    model = {"authored": "authored", "local-model": name}.get(kind)
    return exchange.response.get("model") == model and str(exchange.response.get("id", "")).startswith("msg_local_")
