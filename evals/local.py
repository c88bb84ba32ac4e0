"""Real answers of a real, weak model: the local one, behind the same small server as the authored answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from agent import (
    LOCAL_MODEL,
    LOCAL_SETTINGS,
    ClaudeSettings,
    Complete,
    Drafter,
    ProposalRequest,
    ProposalResult,
    Recording,
    local_model,
    local_reply,
    player,
)
from evals.serving import MessagesServer, Reply

if TYPE_CHECKING:
    from agent.tape import Tape


def local_server(complete: Complete) -> MessagesServer:
    """Return a server that the local model answers, or the function given in its place."""

    def answer(asked: dict[str, Any]) -> Reply:
        headers, body = local_reply(asked, complete)
        return Reply(200, headers, json.dumps(body).encode())

    return MessagesServer(answer)


@contextmanager
def local_settings(complete: Complete | None = None) -> Iterator[ClaudeSettings]:
    """Yield where the local model is asked; raise MissingExtraError where it is not installed."""
    with local_server(complete or local_model()) as server:
        yield LOCAL_SETTINGS.model_copy(update={"base_url": server.url})


class Once:
    """A drafter that is not asked to mend what the rules refuse."""

    def __init__(self, drafter: Drafter) -> None:
        self.name = drafter.name
        self._drafter = drafter

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Answer a request, and hand back nothing that findings could be put to."""
        return self._drafter.draft(request).model_copy(update={"answer": None})


def as_asked(drafter: Drafter, model: str) -> Drafter:
    """Return a drafter as it is recorded: the local model once a case, for each of its answers takes minutes."""
    return Once(drafter) if model == LOCAL_MODEL else drafter


def player_of(recording: Recording, tape: "Tape") -> Drafter:
    """Return a drafter that a tape with one recording answers, asked as it was when it was recorded."""
    model = recording.meta.model_asked
    return as_asked(player(tape, LOCAL_SETTINGS if model == LOCAL_MODEL else None), model)
