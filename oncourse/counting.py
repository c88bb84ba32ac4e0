"""Counts over the ledger, kept up to date by reading on from where the last look ended; they begin with the process.

A scrape never reads the whole ledger: what was written before the first one is not counted, as with any counter that
began anew.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from threading import Lock

from ledger import Entry
from orchestrator import Clock
from plan import ActorKind
from store import Store

AT_ONCE = 2000
"""Entries of one tenant that one look reads at most; the rest is left to the next."""
BUCKETS = (5.0, 60.0, 900.0, 3600.0, 14400.0, 86400.0, 259200.0, 604800.0)
"""Seconds from a draft to its decision; who decides within the first has hardly read it."""
_DRAFTED = ("plan.proposed.v1", "plan.edited.v1")
_RESULTS = {"plan.proposed.v1": "drafted", "proposal.refused.v1": "refused", "proposal.none.v1": "no_plan"}
_DECISIONS = {
    "plan.endorsed.v1": "endorsed",
    "plan.approved.v1": "approved",
    "plan.rejected.v1": "rejected",
    "plan.sent_back.v1": "sent_back",
}
_ENDED = {"plan.completed.v1": "COMPLETED", "plan.aborted.v1": "ABORTED", "plan.expired.v1": "EXPIRED"}

Key = tuple[str, ...]


class Counts:
    """What was counted so far; each key begins with the tenant."""

    def __init__(self) -> None:
        self.proposals: Counter[Key] = Counter()
        """By result."""
        self.refusals: Counter[Key] = Counter()
        """By the gate's code."""
        self.decisions: Counter[Key] = Counter()
        """By what was decided."""
        self.endings: Counter[Key] = Counter()
        """By status and reason."""
        self.moves: Counter[Key] = Counter()
        """Of steps, by what happened."""
        self.calls: Counter[Key] = Counter()
        self.tokens: Counter[Key] = Counter()
        """By direction."""
        self.micro_usd: Counter[Key] = Counter()
        self.delays: dict[Key, list[float]] = {}
        """Seconds from draft to decision, summed up: how many up to each bucket, how many in all, and their sum."""

    def add(self, tenant: str, entry: Entry) -> None:
        """Count one entry."""
        if result := _RESULTS.get(entry.type):
            self.proposals[tenant, result] += 1
        denied = entry.type == "proposal.refused.v1" or entry.data.get("verdict") == "DENY"
        for code in entry.data.get("codes", ()) if denied else ():
            self.refusals[tenant, str(code)] += 1
        if (decided := _DECISIONS.get(entry.type)) and entry.actor.kind is ActorKind.HUMAN:
            self.decisions[tenant, decided] += 1
        if status := _ENDED.get(entry.type):
            self.endings[tenant, status, entry.reason.code if entry.reason else ""] += 1
        family, _, move = entry.type.removesuffix(".v1").partition(".")
        if family == "step":
            self.moves[tenant, move] += 1
        for call in entry.model:
            self.calls[tenant,] += 1
            self.tokens[tenant, "input"] += call.input_tokens
            self.tokens[tenant, "output"] += call.output_tokens
            self.micro_usd[tenant,] += call.cost_micro_usd or 0

    def waited(self, tenant: str, delay: timedelta) -> None:
        """Count how long a draft waited for its decision."""
        seconds = delay.total_seconds()
        told = self.delays.setdefault((tenant,), [0.0] * (len(BUCKETS) + 2))
        for number, most in enumerate(BUCKETS):
            told[number] += seconds <= most
        told[-2] += 1
        told[-1] += seconds


def decided(entry: Entry) -> bool:
    """Tell whether an entry is a person's decision over a draft."""
    return entry.type in _DECISIONS and entry.actor.kind is ActorKind.HUMAN


class Counting:
    """The counts of one process, over the ledgers of all tenants."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._counts, self._read, self._lock = Counts(), dict[str, int](), Lock()
        self._began = False

    def look(self, sizes: Mapping[str, int]) -> Counts:
        """Read on in each ledger, whose size is told, and return what was counted; the first look only begins."""
        with self._lock:
            for tenant, size in sizes.items():
                # a tenant that came later is counted from its first entry
                read = self._read.setdefault(tenant, 0 if self._began else size)
                if size > read:
                    self._read_on(tenant, read)
            self._began = True
            return self._counts

    def behind(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """Return how many entries of each tenant are still to be counted."""
        return {tenant: max(0, size - self._read.get(tenant, size)) for tenant, size in sizes.items()}

    def _read_on(self, tenant: str, read: int) -> None:
        with self._store.unit(tenant, self._clock.now(), reading=True) as unit:
            found = unit.entries_after(read, AT_ONCE)
        for _, entry in found:
            self._counts.add(tenant, entry)
        self._time(tenant, [entry for _, entry in found if decided(entry)])
        if found:
            self._read[tenant] = found[-1][0]

    def _time(self, tenant: str, decisions: Iterable[Entry]) -> None:
        with self._store.figures(tenant) as figures:
            for entry in decisions:
                since = figures.last_before(tenant, entry.stream, entry.seq, _DRAFTED)
                if since is not None:
                    self._counts.waited(tenant, entry.at - since)
