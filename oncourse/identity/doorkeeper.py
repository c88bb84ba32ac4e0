"""Who is at the door: a secret is looked up by its hash, and what it says is checked anew each time."""

from datetime import datetime, timedelta

from oncourse.identity.people import IDLE, ends_when_idle, find_active, needs_second_factor
from oncourse.identity.secret import TOKEN_PREFIX, hash_of
from orchestrator import Acting, Clock
from plan import ActorKind, Frozen, Id, Instant, SortedStrings
from store import Session, Store, Token, Whose

SCOPES = frozenset({"read", "propose", "events"})
LOCAL, OIDC, ENROLLING = "local", "oidc", "enrolling"
"""How a session came about; one that enrols opens nothing but the choice of a second factor."""
_SEEN = timedelta(minutes=1)
"""Use is noted at most so often."""


class Signed(Frozen):
    """Somebody who proved who they are."""

    tenant_id: Id
    acting: Acting
    scopes: SortedStrings
    ends_at: Instant


class Doorkeeper:
    """Knows people by their sessions and machines by their tokens; the tenant comes from nothing else."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def by_token(self, secret: str) -> Signed | None:
        """Return the machine of a token; None for one that is unknown, revoked, over, or whose machine left."""
        if not secret.startswith(TOKEN_PREFIX):
            return None
        now = self._clock.now()
        with self._store.access(reading=True) as access:
            found = access.token(hash_of(secret))
        if found is None or found.revoked_at is not None or found.ends_at <= now:
            return None
        principal = find_active(self._store, Whose(found.tenant_id, found.principal_id), ActorKind.AGENT, now)
        if principal is None:
            return None
        self._note_token(found)
        acting = Acting(principal=principal, authenticated="token", behind=found.made_by)
        return Signed(tenant_id=found.tenant_id, acting=acting, scopes=found.scopes & SCOPES, ends_at=found.ends_at)

    def by_session(self, secret: str) -> Signed | None:
        """Return the person of a session; None for one that is unknown, ended, idle too long, or whose person left."""
        now = self._clock.now()
        with self._store.access(reading=True) as access:
            found = access.session(hash_of(secret))
        if found is None or found.method == ENROLLING or found.ends_at <= now:
            return None
        principal = find_active(self._store, Whose(found.tenant_id, found.principal_id), ActorKind.HUMAN, now)
        if principal is None:
            return None
        if ends_when_idle(principal.roles) and now - found.seen_at > IDLE:
            return None
        if found.method == LOCAL and found.strong_at is None and needs_second_factor(principal.roles):
            return None  # the roles grew since; what was shown then is too little now
        self._note_session(found)
        acting = Acting(principal=principal, authenticated="session", strong_at=self._in_tenants_time(found))
        return Signed(tenant_id=found.tenant_id, acting=acting, scopes=SCOPES, ends_at=found.ends_at)

    def _in_tenants_time(self, found: Session) -> datetime | None:
        """Return when a second factor was shown, by the tenant's clock: made-up time keeps how long ago it was."""
        now = self._clock.now()
        with self._store.unit(found.tenant_id, now, reading=True) as unit:
            made_up = unit.virtual_now()
        return found.strong_at if found.strong_at is None or made_up is None else made_up - (now - found.strong_at)

    def _note_session(self, found: Session) -> None:
        now = self._clock.now()
        if now - found.seen_at >= _SEEN:
            with self._store.access() as access:
                access.see_session(found.session_hash, now)

    def _note_token(self, found: Token) -> None:
        now = self._clock.now()
        if found.used_at is None or now - found.used_at >= _SEEN:
            with self._store.access() as access:
                access.use_token(found.token_hash, now)
