"""The drafter that asks a model, at Anthropic or at any address that speaks its Messages API."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from agent.aliases import Aliases
from agent.contract import ProposalRequest, ProposalResult
from agent.conversation import answer_of
from agent.prompt import prompt_of
from agent.settings import ClaudeSettings
from agent.spending import Purse, spent_before
from agent.stops import StoppedError
from agent.translation import outcome_of
from plan import NoPlan, Provenance

if TYPE_CHECKING:
    import anthropic
    import httpx2
    from anthropic import Middleware

    from agent.tape import Tape


class ClaudeDrafter:
    """Drafts with a model; whatever goes wrong at the provider is a typed refusal.

    `http` makes the client that carries the requests, where they do not go out over the network.
    """

    def __init__(
        self,
        settings: ClaudeSettings,
        tape: "Tape | None" = None,
        *,
        name: Literal["claude", "replay", "local"] = "claude",
        http: "Callable[[], httpx2.Client] | None" = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._given, self._tape, self._http, self._seconds = settings, tape, http, seconds
        self._drafter: Literal["claude", "replay", "local"] = name

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Hold one conversation and return what it came to, with a record of every call."""
        from agent.loop import Loop
        from agent.wire import Deadline, Meter, provider_of

        prompt = prompt_of(request.plan_type)
        meter = Meter(prompt, provider_of(self._given.base_url), self._label, request.now)
        before = spent_before(request.rejected)
        purse = Purse(self._given.budget, before, meter.calls, request.now, self._seconds)
        try:
            with self._client(Deadline(purse.check_time), meter) as client:
                heard = Loop(client, purse, prompt, request, self._given).run()
        except StoppedError as stop:
            provenance = Provenance(drafter=self._drafter, calls=tuple(meter.calls))
            return ProposalResult(outcome=NoPlan(reason=stop.reason, suggestion=stop.suggestion, provenance=provenance))
        provenance = Provenance(drafter=self._drafter, calls=tuple(meter.calls))
        outcome = outcome_of(heard.answer, request, Aliases(request.situation), provenance)
        return ProposalResult(outcome=outcome, answer=answer_of(heard.turns, purse.spent))

    def _client(self, *middleware: "Middleware") -> "anthropic.Anthropic":
        from agent.wire import open_client, warn_of_end

        given, http = self._given, self._http() if self._http else None
        if self._tape is not None:
            from agent.tape import LoudReplay

            middleware, http = (LoudReplay(self._tape), *middleware), self._tape.client()
        else:
            warn_of_end(given.model)
        return open_client(
            given.api_key.get_secret_value(),
            given.base_url,
            *middleware,
            retries=given.max_retries,
            seconds=given.answer_seconds,
            http=http,
        )

    def _label(self, digest: str) -> str:
        """Return the source of the recording that answers a request; empty for a live call."""
        recordings = self._tape.recordings if self._tape else ()
        return next((r.meta.source for r in recordings for e in r.exchanges if e.digest == digest), "")


def claude_drafter(settings: ClaudeSettings) -> ClaudeDrafter:
    """Return the drafter that asks a model."""
    return ClaudeDrafter(settings)
