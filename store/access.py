"""Who may come in, and how they prove it: of all tenants, since a secret alone says whose it is.

No secret that opens a door is in these rows, only its SHA-256; what makes codes cannot be hashed and stands as it is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    Update,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from plan import Frozen, Id, Instant, SortedStrings
from store.door_tables import credential, identity, link, session, token


class Session(Frozen):
    """Somebody who signed in."""

    session_hash: str
    tenant_id: Id
    principal_id: Id
    method: str
    made_at: Instant
    seen_at: Instant
    ends_at: Instant
    strong_at: Instant | None = None
    """When a second factor was last shown."""


class Token(Frozen):
    """What lets a machine in."""

    token_hash: str
    tenant_id: Id
    token_id: Id
    principal_id: Id
    scopes: SortedStrings
    made_by: Id
    made_at: Instant
    ends_at: Instant
    used_at: Instant | None = None
    revoked_at: Instant | None = None


class Link(Frozen):
    """What lets one person in once, to choose a password."""

    link_hash: str
    tenant_id: Id
    principal_id: Id
    made_at: Instant
    ends_at: Instant


class Credential(Frozen):
    """How one person proves who they are."""

    tenant_id: Id
    principal_id: Id
    password: str
    """Its argon2id hash."""
    second_factor: str | None = None
    offered_factor: str | None = None
    used_code: str | None = None
    failures: int = 0
    locked_until: Instant | None = None
    changed_at: Instant


class Whose(NamedTuple):
    """One person of one tenant."""

    tenant_id: str
    principal_id: str


class Access:
    """The sessions, tokens, links, credentials and identities of all tenants, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def session(self, session_hash: str) -> Session | None:
        """Return the session of a secret, ended or not."""
        row = self._row(session, session.c.session_hash == session_hash)
        return None if row is None else Session.model_validate(dict(row))

    def add_session(self, made: Session) -> None:
        """Keep a session."""
        self._connection.execute(insert(session).values(made.model_dump()))

    def see_session(self, session_hash: str, now: datetime) -> None:
        """Note that a session was used."""
        self._connection.execute(update(session).where(session.c.session_hash == session_hash).values(seen_at=now))

    def end_session(self, session_hash: str) -> bool:
        """Strike a session off; False where there is none (any more)."""
        return self._connection.execute(delete(session).where(session.c.session_hash == session_hash)).rowcount > 0

    def end_sessions(self, whose: Whose) -> int:
        """Strike off all sessions of one person; return how many."""
        return self._connection.execute(delete(session).where(_of(session, whose))).rowcount

    def forget_ended(self, now: datetime) -> None:
        """Delete the sessions and links whose time is over."""
        for table in (session, link):
            self._connection.execute(delete(table).where(table.c.ends_at <= now))

    def token(self, token_hash: str) -> Token | None:
        """Return the token of a secret, ended or not."""
        row = self._row(token, token.c.token_hash == token_hash)
        return None if row is None else _token(row)

    def tokens(self, tenant_id: str) -> list[Token]:
        """Return one tenant's tokens, oldest first."""
        wanted = select(token).where(token.c.tenant_id == tenant_id).order_by(token.c.made_at, token.c.token_id)
        return [_token(row) for row in self._connection.execute(wanted).mappings()]

    def add_token(self, made: Token) -> None:
        """Keep a token."""
        scopes = orjson.dumps(sorted(made.scopes)).decode()
        self._connection.execute(insert(token).values(made.model_dump() | {"scopes": scopes}))

    def use_token(self, token_hash: str, now: datetime) -> None:
        """Note that a token was used."""
        self._connection.execute(update(token).where(token.c.token_hash == token_hash).values(used_at=now))

    def revoke_token(self, tenant_id: str, token_id: str, now: datetime) -> bool:
        """Let a token open nothing any more; False where there is no such one, or it was revoked before."""
        open_one = and_(token.c.tenant_id == tenant_id, token.c.token_id == token_id, token.c.revoked_at.is_(None))
        return self._connection.execute(update(token).where(open_one).values(revoked_at=now)).rowcount > 0

    def add_link(self, made: Link) -> None:
        """Keep a link; earlier ones of the same person open nothing any more."""
        self._connection.execute(delete(link).where(_of(link, Whose(made.tenant_id, made.principal_id))))
        self._connection.execute(insert(link).values(made.model_dump()))

    def link(self, link_hash: str, now: datetime) -> Whose | None:
        """Return whose a link is, without using it up; None where it is unknown, used or over."""
        row = self._row(link, _fresh(link_hash, now))
        return None if row is None else Whose(row["tenant_id"], row["principal_id"])

    def take_link(self, link_hash: str, now: datetime) -> Whose | None:
        """Use a link up and return whose it was; None where it is unknown, used or over."""
        taken = update(link).where(_fresh(link_hash, now)).values(used_at=now)
        wanted = taken.returning(link.c.tenant_id, link.c.principal_id)
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else Whose(*row)

    def credential(self, whose: Whose, *, hold: bool = False) -> Credential | None:
        """Return how somebody proves who they are; `hold` keeps the row until the transaction ends."""
        wanted = select(credential).where(_of(credential, whose))
        row = self._connection.execute(wanted.with_for_update() if hold else wanted).mappings().one_or_none()
        return None if row is None else Credential.model_validate(dict(row))

    def put_credential(self, made: Credential) -> None:
        """Keep how somebody proves who they are, in place of what was."""
        self._connection.execute(delete(credential).where(_of(credential, Whose(made.tenant_id, made.principal_id))))
        self._connection.execute(insert(credential).values(made.model_dump()))

    def change_credential(self, whose: Whose, **values: object) -> None:
        """Change some of it."""
        self._connection.execute(_change(whose).values(values))

    def count_try(self, whose: Whose, number: int, locked_until: datetime | None) -> None:
        """Count a try before it is looked at, so that many at once are counted too."""
        self._connection.execute(_change(whose).values(failures=number, locked_until=locked_until))

    def count_nobodys_try(self, now: datetime) -> None:
        """Write as much as a try of somebody known writes, so that it takes as long."""
        nobody = Whose("", "")
        if not self._connection.execute(_change(nobody).values(changed_at=now)).rowcount:
            row = {"tenant_id": "", "principal_id": "", "password": "", "failures": 0, "changed_at": now}
            self._connection.execute(insert(credential).values(row))

    def uncount_try(self, whose: Whose) -> None:
        """Take back one try that was no mistake, and the lock that it brought."""
        fewer = credential.c.failures - 1
        self._connection.execute(_change(whose).where(fewer >= 0).values(failures=fewer, locked_until=None))

    def take_code(self, whose: Whose, number: str) -> bool:
        """Use up all codes up to one, by their fixed-width numbers; False where it was used before."""
        unused = or_(credential.c.used_code.is_(None), credential.c.used_code < number)
        return self._connection.execute(_change(whose).where(unused).values(used_code=number)).rowcount > 0

    def anybody(self) -> bool:
        """Tell whether somebody anywhere finished the set-up: has a password and a second factor."""
        wanted = select(func.count()).select_from(credential).where(credential.c.second_factor.is_not(None))
        return self._connection.execute(wanted).scalar_one() > 0

    def identity(self, tenant_id: str, issuer: str, subject: str) -> str | None:
        """Return the principal whom an identity provider knows under a subject."""
        wanted = and_(identity.c.tenant_id == tenant_id, identity.c.issuer == issuer, identity.c.subject == subject)
        found: str | None = self._connection.execute(select(identity.c.principal_id).where(wanted)).scalar_one_or_none()
        return found

    def add_identity(self, whose: Whose, issuer: str, subject: str, now: datetime) -> None:
        """Let an identity provider's subject be one principal, for good."""
        row = {"tenant_id": whose.tenant_id, "issuer": issuer, "subject": subject}
        self._connection.execute(insert(identity).values(row | {"principal_id": whose.principal_id, "made_at": now}))

    def forget_sign_ins(self) -> None:
        """Strike off all sessions and links: those of the database that this one was copied from."""
        for table in (session, link):
            self._connection.execute(delete(table))

    def _row(self, table: Table, wanted: ColumnElement[bool]) -> RowMapping | None:
        return self._connection.execute(select(table).where(wanted)).mappings().one_or_none()


def _of(table: Table, whose: Whose) -> ColumnElement[bool]:
    return and_(table.c.tenant_id == whose.tenant_id, table.c.principal_id == whose.principal_id)


def _fresh(link_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(link.c.link_hash == link_hash, link.c.used_at.is_(None), link.c.ends_at > now)


def _change(whose: Whose) -> Update:
    return update(credential).where(_of(credential, whose))


def _token(row: Mapping[Any, Any]) -> Token:
    return Token.model_validate(dict(row) | {"scopes": orjson.loads(row["scopes"])})
