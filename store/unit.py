"""The unit of work: whatever changes a plan is recorded as entries, folded, and written as rows in one transaction."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, select, tuple_, update

from ledger import (
    MAX_ENTRY_BYTES,
    AccountState,
    Actor,
    Anchor,
    Authority,
    Checkpoint,
    Entry,
    EvidenceRef,
    Frontier,
    Keyring,
    KeyRotated,
    LedgerError,
    LogOpened,
    LogReopened,
    PlanState,
    PolicyState,
    Proof,
    Proven,
    Reason,
    State,
    TenantState,
    Verification,
    evolve,
    inclusion_proof,
    state_digest,
)
from plan import Cause, Frozen, Mode, ModelCall, RevenuePlanV1, Sealer, Tenant, canonical
from plan import seal as seal_plan
from store.accounts import Accounts
from store.blobs import Blobs
from store.claims import Claim, Claims, Expected
from store.effects import Effects
from store.erasure import Erasure
from store.errors import NotFoundError, StaleError, StoreError
from store.events import Events, event_named
from store.heads import Known, Log
from store.model_use import ModelUse
from store.notices import Notices
from store.origins import new_origin, next_origin
from store.plans import Plans
from store.principals import Policies, Principals
from store.proofs import Proofs
from store.replay import Replay
from store.seeking import EVERYTHING, Sought, conditions
from store.tables import entry as entry_table
from store.tables import policy as policy_table
from store.tables import stream as stream_table
from store.tables import tenant as tenant_table
from store.webhooks import Webhooks

_AT_ONCE = 200
"""Addresses in one statement."""
_TENANT = (
    select(tenant_table, policy_table.c.bundle)
    .outerjoin(
        policy_table,
        (policy_table.c.tenant_id == tenant_table.c.tenant_id) & (policy_table.c.digest == tenant_table.c.policy),
    )
    .where(tenant_table.c.tenant_id == bindparam("mine"))
)
_STREAM = select(stream_table.c.last_seq, stream_table.c.state_digest).where(
    stream_table.c.tenant_id == bindparam("mine"), stream_table.c.stream == bindparam("wanted")
)


@cache
def _stream_update(*names: str) -> Update:
    """Return the statement that writes these columns of a stream's row."""
    mine = (stream_table.c.tenant_id == bindparam("mine"), stream_table.c.stream == bindparam("wanted"))
    return update(stream_table).where(*mine).values({name: bindparam(name) for name in names})


class Cursor:
    """Where one stream stands inside this unit."""

    def __init__(self, seq: int, digest: str | None) -> None:
        self.seq, self.digest, self.new = seq, digest, True
        self.before: State | None = None
        self.state: State | None = None
        self.row_version = 0
        self.believed = True
        """The row is what its ledger came to; once it was not, it stays so whatever is written after."""


class Unit:
    """One tenant's rows in one transaction. What `record` was told becomes rows and entries at the end, or nothing."""

    def __init__(
        self,
        connection: Connection,
        tenant_id: str,
        now: datetime,
        salt: Callable[[], bytes],
        connector: str = "",
        claim: Claim | None = None,
        expected: Expected | None = None,
        *,
        keys: Keyring | None = None,
        known: Known | None = None,
    ) -> None:
        """Take what carries out the steps that are sent as `connector`: judging a plan needs its name.

        A `claim` is written with the entries, so that what it asked for happens once; nothing is written where a plan
        is not as `expected`. Without the `keys` that sign the ledger a unit can only read.
        """
        self.tenant_id, self.now, self.connector = tenant_id, now, connector
        self._connection, self._salt = connection, salt
        self._cursors: dict[str, Cursor] = {}
        self._entries: list[Entry] = []
        self._sealers: dict[str, Sealer] = {}
        self._wakes: dict[str, datetime | None] = {}
        self._told: dict[str, Any] | None = None
        """The tenant's row with the policy in force, until the unit waits for somebody."""
        self.blobs = Blobs(connection, tenant_id)
        self.plans = Plans(connection, tenant_id, self.blobs)
        self.accounts = Accounts(connection, tenant_id)
        self.erasure = Erasure(connection, tenant_id)
        self.effects = Effects(connection, tenant_id)
        self.events = Events(connection, tenant_id)
        self.principals = Principals(connection, tenant_id)
        self.policies = Policies(connection, tenant_id)
        self.claims = Claims(connection, tenant_id)
        self.model_use = ModelUse(connection, tenant_id)
        self.webhooks = Webhooks(connection, tenant_id)
        self.notices = Notices(connection, tenant_id)
        self.proofs = Proofs(connection, tenant_id)
        self._claim, self._expected = claim, expected
        self._log = Log(connection, tenant_id, keys, {} if known is None else known)

    def tenant(self) -> Tenant:
        """Return the tenant, in the mode that its own stream says."""
        return _tenant(self._tenant_told()["body"], self.tenant_state().mode)

    def tenant_state(self) -> TenantState:
        """Return how the tenant runs, with what was recorded so far; SHADOW where nothing ever was."""
        name = self.tenant_stream
        if name in self._cursors:
            found = self._cursors[name].state
            return found if isinstance(found, TenantState) else TenantState()
        return _state_of(self._tenant_told()) or TenantState()

    def policy(self) -> tuple[str, str]:
        """Return digest and bytes of the bundle in force; raise NotFoundError where none is."""
        row = self._tenant_told()
        if row["bundle"] is None:
            name = self.policies.in_force()  # says what is missing: a policy in force, or its text
            return name, self.policies.text(name)
        return row["policy"], row["bundle"]

    def hold_account(self, account_id: str) -> None:
        """Hold an account's row until the transaction ends, and believe nothing of the tenant that was read before."""
        self.accounts.lock(account_id)
        self._told = None

    @property
    def tenant_stream(self) -> str:
        """Return the stream that tells how the tenant runs."""
        return f"tenant/{self.tenant_id}"

    def _tenant_state_row(self) -> TenantState | None:
        return _state_of(self._tenant_row())

    def put_tenant(self, value: Tenant) -> None:
        """Change what the tenant row says; its id stays, and its mode is not told here."""
        self._set_tenant(body=_body(value))

    def virtual_now(self) -> datetime | None:
        """Return the tenant's virtual time; None where the real clock holds."""
        found: datetime | None = self._tenant_row()["virtual_now"]
        return found

    def set_virtual_now(self, at: datetime | None) -> None:
        """Set the tenant's virtual clock, or give it the real one."""
        self._set_tenant(virtual_now=at)

    def open_tenant(self, value: Tenant, actor: Actor) -> None:
        """Make a tenant and open its ledger; raise StoreError where it exists."""
        wanted = select(tenant_table.c.tenant_id).where(tenant_table.c.tenant_id == self.tenant_id)
        if self._connection.execute(wanted).first() is not None:
            raise StoreError(f"tenant {self.tenant_id} exists already; use it, or choose another --tenant")
        self._connection.execute(insert(tenant_table).values({"tenant_id": self.tenant_id, "body": _body(value)}))
        self._log.open(new_origin(self._salt))
        self.record(
            "log",
            "log.opened.v1",
            LogOpened(tenant_id=self.tenant_id),
            actor=actor,
            authority=Authority(role="system", grant="AUTH-SYSTEM"),
            cause=Cause(kind="person", ref=actor.id),
        )

    def wake(self, plan_id: object, at: datetime | None) -> None:
        """Set, with the commit, when a plan wants to be looked at next; None: nothing is left to wait for."""
        self._wakes[str(plan_id)] = at

    def postpone(self, target: str, until: datetime) -> None:
        """Let a plan with its waiting events, or an event that has no plan, wait until an instant."""
        kind, _, name = target.partition("/")
        if kind == "plan":
            self.wake(name, until)
            waiting = self.events.waiting(self.now, name)
        else:
            one = self.events.get(*event_named(name))
            waiting = [one] if one is not None and one.processed_at is None else []
        for event in waiting:
            self.events.postpone(event, until)

    def sealer(self, stream: str) -> Sealer:
        """Return the sealer of a stream; the texts it seals are kept with the unit's commit."""
        self._cursor(stream)
        return self._sealers.setdefault(stream, Sealer(self._salt))

    def seal(self, plan: RevenuePlanV1) -> RevenuePlanV1:
        """Return a plan in committed form; its texts are kept with the unit's commit."""
        return seal_plan(plan, self.sealer(f"plan/{plan.plan_id}"))

    def record(
        self,
        stream: str,
        kind: str,
        body: Frozen,
        *,
        actor: Actor,
        authority: Authority,
        cause: Cause,
        reason: tuple[str, str] | None = None,
        policy: str | None = None,
        evidence: Iterable[EvidenceRef] = (),
        model: Iterable[ModelCall] = (),
    ) -> Entry:
        """Add one entry to a stream and fold it; the reason's sentence is sealed. Returns the entry."""
        cursor = self._cursor(stream)
        self._check_cause(cause, cursor, stream)
        code, text = reason or ("", "")
        sealed = self.sealer(stream).seal(text) if text else ""
        draft = Entry(
            stream=stream,
            seq=cursor.seq + 1,
            type=kind,
            at=self.now,
            actor=actor,
            authority=authority,
            cause=cause,
            reason=Reason(code=code, text=sealed) if reason else None,
            before=cursor.digest,
            policy=policy,
            evidence=tuple(evidence),
            data=body.model_dump(mode="json"),
            model=tuple(model),
        )
        cursor.state = evolve(cursor.state, draft)
        cursor.seq, cursor.digest = draft.seq, state_digest(cursor.state)
        entry = draft.model_copy(update={"after": cursor.digest})
        self._entries.append(entry)
        return entry

    def text(self, ref: str) -> str:
        """Return a private text by its commitment, also one that this unit has only just sealed."""
        fresh = {blob.ref: blob.content for sealer in self._sealers.values() for blob in sealer.blobs}
        return fresh[ref] if ref in fresh else self.blobs.reveal(ref)

    def state(self, plan_id: object) -> PlanState:
        """Return a plan's state as it stands inside this unit, with what was recorded so far."""
        state = self._cursor(f"plan/{plan_id}").state
        if not isinstance(state, PlanState):
            raise NotFoundError(f"there is no plan {plan_id}; list them with: oncourse plan list")
        return state

    def entries(self, stream: str) -> list[Entry]:
        """Return a stream's committed entries in order."""
        rows = self._connection.execute(
            select(entry_table.c.body)
            .where(entry_table.c.tenant_id == self.tenant_id, entry_table.c.stream == stream)
            .order_by(entry_table.c.seq)
        ).scalars()
        return [Entry.model_validate_json(body) for body in rows]

    def entries_at(self, addresses: Iterable[str]) -> list[Entry]:
        """Return the committed entries that stand at some addresses (`principal/p-1#3`), in ledger order."""
        named = [(stream, int(seq)) for stream, _, seq in (one.rpartition("#") for one in sorted(addresses))]
        found: list[tuple[int, Entry]] = []
        for start in range(0, len(named), _AT_ONCE):
            wanted = tuple_(entry_table.c.stream, entry_table.c.seq).in_(named[start : start + _AT_ONCE])
            rows = self._connection.execute(
                select(entry_table.c.pos, entry_table.c.body).where(entry_table.c.tenant_id == self.tenant_id, wanted)
            )
            found += [(row.pos, Entry.model_validate_json(row.body)) for row in rows]
        return [entry for _, entry in sorted(found, key=itemgetter(0))]

    def entries_of(self, kinds: Iterable[str], since: datetime) -> list[Entry]:
        """Return the entries of some types from an instant on, in ledger order."""
        rows = self._connection.execute(
            select(entry_table.c.body)
            .where(
                entry_table.c.tenant_id == self.tenant_id,
                entry_table.c.type.in_(sorted(kinds)),
                entry_table.c.at >= since,
            )
            .order_by(entry_table.c.pos)
        ).scalars()
        return [Entry.model_validate_json(body) for body in rows]

    def head(self) -> int:
        """Return the position of the ledger's last entry."""
        return self._log.head().size

    def checkpoint(self) -> Checkpoint:
        """Return what the head says of all that is committed."""
        return self._log.head().checkpoint

    @property
    def written(self) -> Checkpoint | None:
        """Return the checkpoint that this unit's commit signed; None where it wrote no entry."""
        return None if self._log.written is None else self._log.written.checkpoint

    def entries_after(
        self, pos: int, most: int, stream: str | None = None, kinds: Iterable[str] = ()
    ) -> list[tuple[int, Entry]]:
        """Return up to so many entries behind a position, each with its own; of one stream or some types if named."""
        wanted = select(entry_table.c.pos, entry_table.c.body).where(
            entry_table.c.tenant_id == self.tenant_id, entry_table.c.pos > pos
        )
        if stream is not None:
            wanted = wanted.where(entry_table.c.stream == stream)
        if chosen := sorted(kinds):
            wanted = wanted.where(entry_table.c.type.in_(chosen))
        rows = self._connection.execute(wanted.order_by(entry_table.c.pos).limit(most))
        return [(row.pos, Entry.model_validate_json(row.body)) for row in rows]

    def entries_before(self, pos: int | None, most: int, sought: Sought = EVERYTHING) -> list[tuple[int, Entry]]:
        """Return up to so many of the entries sought before a position (None: the last), newest first."""
        wanted = select(entry_table.c.pos, entry_table.c.body).where(*conditions(self.tenant_id, sought))
        if pos is not None:
            wanted = wanted.where(entry_table.c.pos < pos)
        rows = self._connection.execute(wanted.order_by(entry_table.c.pos.desc()).limit(most))
        return [(row.pos, Entry.model_validate_json(row.body)) for row in rows]

    def every_entry(self) -> Iterator[tuple[int, Entry]]:
        """Yield position and entry of the tenant's whole ledger, in order."""
        rows = self._connection.execute(
            select(entry_table.c.pos, entry_table.c.body)
            .where(entry_table.c.tenant_id == self.tenant_id)
            .order_by(entry_table.c.pos)
        )
        for row in rows:
            yield row.pos, Entry.model_validate_json(row.body)

    def replay(self) -> list[str]:
        """Fold every stream again and return one line for each row that differs; empty is proof."""
        return [line for lines in self.replaying() for line in lines]

    def replaying(self, only: Collection[str] | None = None) -> Iterator[list[str]]:
        """Fold every stream again, or some, and yield the lines of each, so that the reader can tell how far it is."""
        row = self._tenant_row()
        return Replay(self._connection, row, _state_of(row)).differences(self.head(), only)

    def compared(self, stream: str, state: State | None) -> list[str]:
        """Return one line where a stream's row is not this state."""
        row = self._tenant_row()
        return Replay(self._connection, row, _state_of(row)).compare(stream, state)

    def verification(
        self, trusted: Iterable[bytes] = (), anchors: Iterable[Anchor] = (), start: Frontier | None = None
    ) -> Verification:
        """Return a pass over the ledger, to be given `proofs.rows` and concluded.

        Without `trusted` public keys the ones that sign here count; raise KeylessError where there are none.
        """
        return Verification(self.tenant_id, tuple(trusted) or self._log.current_keys, anchors, start)

    def verify(self) -> Proven:
        """Prove the ledger's bytes, order, tree and signature against the keys that sign here."""
        found = self.verification()
        for rows in self.proofs.rows():
            found.take(rows)
        return self.conclude(found)

    def conclude(self, found: Verification) -> Proven:
        """Hold a pass that has taken all rows against the head."""
        head = self._log.head()
        return found.conclude(head.note, head.origin, head.size, head.frontier)

    def next_key(self) -> KeyRotated | None:
        """Return the rotation to the newest key, which signs the checkpoint of this unit's commit beside the old one.

        None where the newest one signs already.
        """
        return self._log.next_key()

    def reopened(self, lost: Anchor | None) -> LogReopened:
        """Return the log's continuation under another origin, which this unit's commit signs."""
        head = self._log.held()
        after = next_origin(head.origin)
        self._log.sign_next(after)
        said = head.checkpoint.text.split("\n")[2]
        note = "" if lost is None else lost.checkpoint
        return LogReopened(origin=after, previous=head.origin, size=head.size, root=said, lost=note)

    def anchor(self, at: datetime) -> Anchor:
        """Return a copy of the head, to be kept outside; raise AlteredHeadError for one that was not signed."""
        head, tree = self._log.believed()
        return Anchor.of(head.note, tree, at)

    def prove(self, address: str) -> tuple[Proof, bytes]:
        """Return the proof that an entry stands in the log that the head signs, and the entry's bytes."""
        head, _ = self._log.believed()
        pos, body = self.proofs.entry(address)
        path = inclusion_proof(pos - 1, head.size, self.proofs.leaves(head.size))
        return Proof(index=pos - 1, path=tuple(path), checkpoint=head.note), body.encode()

    @property
    def recorded(self) -> list[tuple[Entry, State | None]]:
        """Return what was recorded and is not written yet, each with what its stream came to."""
        return [(entry, self._cursors[entry.stream].state) for entry in self._entries]

    def commit(self) -> None:
        """Write what was recorded: rows of each changed state, then blobs, the head, and its entries."""
        self._check_expected()
        grown = {entry.stream for entry in self._entries}
        for name, cursor in self._cursors.items():
            self._write_state(name, cursor)
            if name in grown:
                self._write_stream(name, cursor)
        for name, sealer in self._sealers.items():
            self.blobs.add(sealer.blobs, name)
        for plan_id, at in self._wakes.items():
            self.plans.wake(plan_id, at)
        if self._entries:
            if calls := sum(len(entry.model) for entry in self._entries):
                self.model_use.add_calls(self.now, calls)
            if self._claim is not None:
                self.claims.add(self._claim, self.now)
            self._append()
        self._cursors, self._entries, self._sealers, self._wakes = {}, [], {}, {}

    def _write_state(self, name: str, cursor: Cursor) -> None:
        after, before = cursor.state, cursor.before
        if after is None or after is before:
            return
        if isinstance(after, PlanState):
            plan_id = name.removeprefix("plan/")
            wake = {"next_wake_at": self._wakes.pop(plan_id)} if plan_id in self._wakes else {}
            self.plans.write(before if isinstance(before, PlanState) else None, after, cursor.row_version, **wake)
        elif isinstance(after, PolicyState):
            self.policies.write(before if isinstance(before, PolicyState) else None, after)
            self._told = None
        elif isinstance(after, TenantState):
            self._set_tenant(state=canonical(after).decode())
        elif isinstance(after, AccountState):
            self.accounts.write_state(name.removeprefix("account/"), after)
        else:
            self.principals.write(after)

    def _write_stream(self, name: str, cursor: Cursor) -> None:
        values = {"last_seq": cursor.seq} | ({"state_digest": cursor.digest} if cursor.believed else {})
        if cursor.new:
            row = {"tenant_id": self.tenant_id, "stream": name}
            self._connection.execute(insert(stream_table).values(row | values))
        else:
            self._connection.execute(_stream_update(*values), values | {"mine": self.tenant_id, "wanted": name})

    def _append(self) -> None:
        """Write the entries, last of all: the lock on the head is the last that a transaction takes."""
        rows, bodies = list[dict[str, Any]](), list[bytes]()
        for entry in self._entries:
            body = canonical(entry)
            if len(body) > MAX_ENTRY_BYTES:
                raise LedgerError(f"{entry.address} has {len(body)} bytes; an entry holds at most {MAX_ENTRY_BYTES}")
            row = {"stream": entry.stream, "seq": entry.seq, "type": entry.type, "at": entry.at}
            rows.append(row | {"body": body.decode()})
            bodies.append(body)
        self._log.append(rows, bodies)

    def _cursor(self, stream: str) -> Cursor:
        if stream not in self._cursors:
            family, _, name = stream.partition("/")
            row = self.plans.ledger(name) if family == "plan" else None
            row = row or self._connection.execute(_STREAM, {"mine": self.tenant_id, "wanted": stream}).first()
            cursor = Cursor(*row) if row else Cursor(0, None)
            cursor.new = row is None
            if family == "plan" and row is not None:
                found = self.plans.get(name)
                cursor.state, cursor.row_version = found.state, found.row_version
                cursor.believed = found.state_digest == cursor.digest
                self._sealers.setdefault(stream, Sealer(self._salt, dict(found.known)))
            elif family == "principal" and row is not None:
                cursor.state = self.principals.get(name)
            elif family == "policy" and row is not None:
                cursor.state = self.policies.states().get(f"sha256:{name}")
            elif family == "tenant" and row is not None:
                cursor.state = self._tenant_state_row()
            elif family == "account" and row is not None:
                cursor.state = self.accounts.state(name)
            cursor.before = cursor.state
            self._cursors[stream] = cursor
        return self._cursors[stream]

    def _check_cause(self, cause: Cause, cursor: Cursor, stream: str) -> None:
        if cause.kind != "entry":
            return
        name, _, seq = cause.ref.partition("#")
        there = cursor if name == stream else self._cursor(name)
        if not seq.isdigit() or not 0 < int(seq) <= there.seq:
            raise LedgerError(f"the cause {cause.ref} does not lie in the past")

    def _check_expected(self) -> None:
        wanted = self._expected
        cursor = self._cursors.get(f"plan/{wanted.plan_id}") if wanted is not None else None
        if wanted is None or cursor is None or not isinstance(cursor.before, PlanState) or not self._entries:
            return
        if not wanted.meets(cursor.before):
            raise StaleError(f"plan {wanted.plan_id} changed since it was read; look again and repeat")

    def _tenant_told(self) -> dict[str, Any]:
        if self._told is None:
            self._told = self._tenant_row()
        return self._told

    def _tenant_row(self) -> dict[str, Any]:
        row = self._connection.execute(_TENANT, {"mine": self.tenant_id}).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"there is no tenant {self.tenant_id}; make it with: oncourse init")
        return dict(row)

    def _set_tenant(self, **values: object) -> None:
        self._told = None
        self._connection.execute(update(tenant_table).where(tenant_table.c.tenant_id == self.tenant_id).values(values))


@lru_cache(maxsize=64)
def _tenant(body: str, mode: Mode) -> Tenant:
    return Tenant.model_validate_json(body).model_copy(update={"mode": mode})


def _state_of(row: dict[str, Any]) -> TenantState | None:
    return None if row["state"] is None else TenantState.model_validate_json(row["state"])


def _body(value: Tenant) -> str:
    """Return what the tenant row says; the mode stands in the state alone."""
    return value.model_dump_json(exclude={"mode"})
