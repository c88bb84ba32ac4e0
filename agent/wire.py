"""The client of the Messages API: bounded waiting, a record of every attempt."""

import json
import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import anthropic
import httpx2
from anthropic import APIRequest, APIResponse, CallNext, Middleware
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from agent.pricing import price_of
from agent.prompt import Prompt
from agent.recordings import canonical_body
from plan import ModelCall, NoPlanReason, digest_bytes

_LOG = logging.getLogger("oncourse.agent")
PUBLIC_URL = "https://api.anthropic.com"
LONGEST_WAIT = 20
"""Seconds that a provider may ask us to wait; beyond it, the account is proposed for again another time."""
SECONDS_TO_CONNECT = 5
_TOO_LARGE = re.compile(r"\bgrammar\b|\bschemas?\b.{0,40}\btoo (complex|large|many)\b", re.IGNORECASE | re.DOTALL)
"""Providers say: the compiled grammar is too large; the schema is too complex; too many optional parameters."""
_MOST = 1_000_000_000
"""No answer takes more tokens; a count beyond it is nonsense and taken for this."""


def open_client(
    key: str,
    base_url: str | None,
    *middleware: Middleware,
    retries: int = 2,
    seconds: int = 60,
    http: httpx2.Client | None = None,
) -> anthropic.Anthropic:
    """Return a client that never waits long; it reads no address and no key from the environment."""
    return anthropic.Anthropic(
        api_key=key,
        base_url=base_url or PUBLIC_URL,
        timeout=httpx2.Timeout(seconds, connect=SECONDS_TO_CONNECT),
        max_retries=retries,
        http_client=http,
        middleware=[RetryCap(), *middleware],
    )


class RetryCap(Middleware):
    """Turns a provider's wish for a long wait into a plain failure: the SDK would obey it to the second."""

    def handle(self, request: APIRequest, call_next: CallNext) -> APIResponse[Any]:
        """Pass on one attempt."""
        response = call_next(request)
        headers = response.http_response.headers
        if not response.http_response.is_success and _seconds(headers) > LONGEST_WAIT:
            headers["x-should-retry"] = "false"
        return response


class Deadline(Middleware):
    """Lets no attempt begin, a retry no more than another, once a check finds that the time is up."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check

    def handle(self, request: APIRequest, call_next: CallNext) -> APIResponse[Any]:
        """Pass on one attempt."""
        self._check()
        return call_next(request)


class Meter(Middleware):
    """Keeps one record of each attempt: who answered, digests, tokens, price; no text."""

    def __init__(self, prompt: Prompt, provider: str, label: Callable[[str], str], now: datetime) -> None:
        self._prompt, self._provider, self._label, self._now = prompt, provider, label, now
        self.calls: list[ModelCall] = []

    def handle(self, request: APIRequest, call_next: CallNext) -> APIResponse[Any]:
        """Record one attempt."""
        response = call_next(request)
        raw = response.http_response.read()
        told = _object(raw)
        usage = told.get("usage")
        tokens_in = _sum(usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        tokens_out = _sum(usage, "output_tokens")
        asked = request.json if isinstance(request.json, dict) else {}
        digest = digest_bytes(canonical_body(asked))
        self.calls.append(
            ModelCall(
                provider=self._provider,
                model_asked=str(asked.get("model", ""))[:120],
                model_answered=str(told.get("model", ""))[:120],
                prompt=self._prompt.name,
                prompt_digest=self._prompt.digest,
                request_digest=digest,
                response_digest=digest_bytes(raw),
                request_id=str(response.http_response.headers.get("request-id") or told.get("request_id") or "")[:120],
                cassette=self._label(digest),
                input_tokens=tokens_in,
                output_tokens=tokens_out,
                cost_micro_usd=price_of(told, self._now) if tokens_in + tokens_out else 0,
            )
        )
        return response


def provider_of(base_url: str | None) -> str:
    """Return the provider's name in records: `anthropic`, or the host that stands in for it."""
    host = urlsplit(base_url or PUBLIC_URL).hostname or "unknown"
    return "anthropic" if host == urlsplit(PUBLIC_URL).hostname else host[:80]


@cache
def warn_of_end(model: str) -> None:
    """Log, once for each model, the day on which its provider stops answering for it, where one is set."""
    end = DEPRECATED_MODELS.get(model)
    if end is not None:
        _LOG.warning("the model %s reaches its end on %s; name another in the settings (ONCOURSE_MODEL)", model, end)


def reason_of(error: anthropic.AnthropicError) -> NoPlanReason:
    """Return whether a provider is down, for now, or refuses what it is asked, until somebody changes it."""
    if not isinstance(error, anthropic.APIStatusError):
        return NoPlanReason.PROVIDER_DOWN
    passing = error.status_code >= 500 or error.status_code in {408, 409, 429}  # noqa: PLR2004 - HTTP status codes
    return NoPlanReason.PROVIDER_DOWN if passing else NoPlanReason.PROVIDER_REFUSES


def is_too_large(error: anthropic.BadRequestError) -> bool:
    """Tell whether a provider refuses a request because its schema makes too large a grammar."""
    return _TOO_LARGE.search(str(error)) is not None


def explain(error: anthropic.AnthropicError) -> str:
    """Return what a person can do about a provider's failure, without what was sent."""
    if isinstance(error, anthropic.AuthenticationError | anthropic.PermissionDeniedError):
        return "The provider refuses the key; correct it, or draft from the playbook."
    if isinstance(error, anthropic.BadRequestError) and is_too_large(error):
        return "The provider finds an answer's schema too large; approve fewer actions, or draft from the playbook."
    if not isinstance(error, anthropic.APIStatusError):
        told = "The provider cannot be reached or gives no readable answer"
    elif reason_of(error) is NoPlanReason.PROVIDER_REFUSES:
        return f"The provider refuses the request ({error.status_code}); check the model's name and the address."
    else:
        told = f"The provider is busy or failing ({error.status_code})"
    return f"{told}; propose again later, or draft from the playbook."


def _object(raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _sum(usage: Any, *names: str) -> int:
    counts = [usage.get(name) for name in names] if isinstance(usage, dict) else []
    return sum(min(count, _MOST) for count in counts if isinstance(count, int) and count > 0)


def _seconds(headers: httpx2.Headers) -> float:
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is not None:
            try:
                return float(value) / unit
            except ValueError:
                return LONGEST_WAIT + 1.0
    return 0.0
