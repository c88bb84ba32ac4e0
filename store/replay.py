"""Are the rows what their ledger says? Every stream is folded again, one at a time, and compared."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, select

from ledger import AccountState, Entry, LedgerError, PlanState, PolicyState, State, TenantState, fold, state_digest
from plan import Principal
from store.accounts import Accounts
from store.blobs import Blobs
from store.errors import StoreError
from store.plan_rows import rows_of
from store.plans import Plans
from store.principals import Policies, Principals
from store.proofs import AT_ONCE, Proofs
from store.tables import entry


class Replay:
    """One tenant's rows beside its ledger."""

    def __init__(self, connection: Connection, tenant: dict[str, Any], state: TenantState | None) -> None:
        """Take the tenant's row as it was read, and the state in it."""
        tenant_id = tenant["tenant_id"]
        self._connection, self._tenant_id, self._tenant, self._state = connection, tenant_id, tenant, state
        self._blobs = blobs = Blobs(connection, tenant_id)
        self._plans = Plans(connection, tenant_id, blobs)
        self._accounts = Accounts(connection, tenant_id)
        self._principals, self._policies = Principals(connection, tenant_id), Policies(connection, tenant_id)
        self._proofs = Proofs(connection, tenant_id)
        self._own = f"tenant/{tenant_id}"

    def differences(self, size: int, only: Collection[str] | None = None) -> Iterator[list[str]]:
        """Yield the lines of each stream, of some alone where they are named, and of the ledger as a whole."""
        yield list(self._whole(size))
        said, seen = self._proofs.streams(), set[str]()
        for name, entries in self._proofs.by_stream():
            seen.add(name)
            if only is None or name in only:
                yield list(self._stream(name, entries, said.get(name)))
        yield list(self._unexplained(seen))
        lost = sorted(name for name, (last, _) in said.items() if last and name not in seen)
        yield [f"{name}: the stream's row has no entries" for name in lost]

    def _stream(self, name: str, entries: Iterator[Entry], said: tuple[int, str | None] | None) -> Iterator[str]:
        counted = _Counted(entries)
        try:
            state = fold(counted)
        except LedgerError as error:
            yield str(error)
            return
        except ValueError:
            yield f"{name}: entry {counted.number + 1} cannot be read"
            return
        yield from self.compare(name, state)
        if said != (counted.number, state_digest(state)):
            yield f"{name}: the stream's row is not at its last entry"

    def _whole(self, size: int) -> Iterator[str]:
        """Yield what differs of the ledger as a whole."""
        mine = entry.c.tenant_id == self._tenant_id
        wanted = select(entry.c.pos).where(mine).order_by(entry.c.pos)
        positions = self._connection.execute(wanted, execution_options={"yield_per": AT_ONCE}).scalars()
        count = 0
        for pos in positions:
            count += 1
            if pos != count:
                yield f"position {pos} stands where {count} must"
        published = select(entry.c.body).where(mine, entry.c.type == "policy.published.v1")
        last = self._connection.execute(published.order_by(entry.c.pos.desc()).limit(1)).scalar_one_or_none()
        if (None if last is None else orjson.loads(last)["data"]["digest"]) != self._tenant["policy"]:
            yield "the policy in force is not the one that was published last"
        if count != size:
            yield "the ledger's size differs from its head"
        yield from (f"the text {ref} is not what its commitment says" for ref in self._blobs.altered())

    def compare(self, name: str, state: State | None) -> list[str]:
        """Return one line where a stream's row is not this state."""
        if isinstance(state, PlanState):
            try:
                same = self._plans.read_rows(state.plan.plan_id) == rows_of(state)
            except StoreError:
                same = False
        elif isinstance(state, PolicyState):
            same = self._policies.states().get(state.digest) == state
        elif isinstance(state, Principal):
            same = self._principals.get(state.principal_id) == state
        elif isinstance(state, AccountState):
            same = self._accounts.state(name.removeprefix("account/")) == state
        elif isinstance(state, TenantState):
            same = name == self._own and self._state == state
        else:
            same = True
        return [] if same else [f"{name}: the row differs from its ledger"]

    def _unexplained(self, streams: set[str]) -> Iterator[str]:
        rows = [f"plan/{plan_id}" for plan_id in self._plans.ids()]
        rows += [f"principal/{p.principal_id}" for p in self._principals.every()]
        rows += [f"policy/{digest.removeprefix('sha256:')}" for digest in self._policies.states()]
        rows += [f"account/{account_id}" for account_id in self._accounts.states()]
        rows += [self._own] if self._state is not None else []
        yield from (f"{name}: the row has no ledger" for name in rows if name not in streams)


class _Counted:
    """Entries that are counted while they are read."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries, self.number = entries, 0

    def __iter__(self) -> Iterator[Entry]:
        for one in self._entries:
            self.number += 1
            yield one
