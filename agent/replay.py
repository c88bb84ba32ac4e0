"""The drafter that plays recordings: what answers where there is no key."""

from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import SecretStr

from agent.aliases import Aliases
from agent.claude import ClaudeDrafter
from agent.contract import Drafter, ProposalRequest, ProposalResult
from agent.conversation import opening
from agent.recordings import Recording, StaleRecordingError, read_recordings
from agent.settings import ClaudeSettings

if TYPE_CHECKING:
    from agent.tape import Tape


class ReplayDrafter:
    """Plays the recording whose request is the very same; the rest goes to the fallback."""

    name = "replay"

    def __init__(self, fallback: Drafter | None, recordings: tuple[Recording, ...]) -> None:
        self._fallback, self._recordings = fallback, recordings

    def draft(self, request: ProposalRequest) -> ProposalResult:
        """Answer from a recording.

        Raises StaleRecordingError where none fits and there is no fallback: it names the nearest and what differs.
        """
        if self._fallback is None:
            return self._player.draft(request)
        if not self._known(request):
            return self._fallback.draft(request)
        try:
            return self._player.draft(request)
        except StaleRecordingError:
            return self._fallback.draft(request)

    def _known(self, request: ProposalRequest) -> bool:
        """Tell cheaply whether any recording begins like this; only then are the model libraries worth loading."""
        first = opening(request, Aliases(request.situation))[0]
        return any(e.request["messages"][0] == first for r in self._recordings for e in r.exchanges)

    @cached_property
    def _player(self) -> ClaudeDrafter:
        return player(open_tape(self._recordings))


def open_tape(recordings: tuple[Recording, ...] = (), *, record: bool = False, once: bool = False) -> "Tape":
    """Return a tape that plays recordings (each answer a single time where `once`), or records what passes."""
    from agent.tape import Tape

    return Tape(recordings, record=record, once=once)


def player(tape: "Tape", asked: ClaudeSettings | None = None) -> ClaudeDrafter:
    """Return a drafter that this tape alone answers; no time passes while it plays.

    `asked` says how the model was asked, where not as by default.
    """
    given = asked or ClaudeSettings(api_key=SecretStr("none"), max_retries=0)
    return ClaudeDrafter(given, tape, name="replay", seconds=lambda: 0.0)


def replay_drafter(fallback: Drafter | None, recordings: tuple[Recording, ...] | None = None) -> ReplayDrafter:
    """Return the drafter that plays recordings: those that ship with this version, where none are given."""
    return ReplayDrafter(fallback, read_recordings() if recordings is None else recordings)
