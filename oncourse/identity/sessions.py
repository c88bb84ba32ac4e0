"""Sessions: opened, changed for a new one whenever what they prove changes, and ended."""

from datetime import datetime

from oncourse.identity.doorkeeper import ENROLLING
from oncourse.identity.people import WHOLE
from oncourse.identity.refusals import NotSignedInError
from oncourse.identity.secret import Chance, hash_of, new_secret
from orchestrator import Acting, Clock, NotAllowedError
from plan import ActorKind, Frozen, Instant, Role
from store import Session, Store, Whose

GRANT = "AUTH-SIGN-OUT"


class Opened(Frozen):
    """A session that was just opened, with its secret: it is shown once."""

    secret: str
    ends_at: Instant


class Sessions:
    """The sessions of all tenants."""

    def __init__(self, store: Store, clock: Clock, chance: Chance) -> None:
        self._store, self._clock, self._chance = store, clock, chance

    def open(
        self, whose: Whose, method: str, strong_at: datetime | None = None, *, instead_of: str | None = None
    ) -> Opened:
        """Open a session under a new secret; the one that the browser showed before ends."""
        now = self._clock.now()
        secret = new_secret(self._chance)
        made = Session(
            session_hash=hash_of(secret),
            tenant_id=whose.tenant_id,
            principal_id=whose.principal_id,
            method=method,
            made_at=now,
            seen_at=now,
            ends_at=now + WHOLE,
            strong_at=strong_at,
        )
        with self._store.access() as access:
            access.forget_ended(now)
            if instead_of is not None:
                access.end_session(hash_of(instead_of))
            access.add_session(made)
        return Opened(secret=secret, ends_at=made.ends_at)

    def change(self, secret: str, method: str, strong_at: datetime) -> Opened:
        """Go on under a new secret after a second factor was shown; it ends when the old one would have ended."""
        now = self._clock.now()
        fresh = new_secret(self._chance)
        with self._store.access() as access:
            found = access.session(hash_of(secret))
            if found is None or not access.end_session(found.session_hash):
                raise NotSignedInError
            ends_at = now + WHOLE if found.method == ENROLLING else found.ends_at
            told = {"session_hash": hash_of(fresh), "method": method, "seen_at": now, "strong_at": strong_at}
            access.add_session(found.model_copy(update=told | {"ends_at": ends_at}))
        return Opened(secret=fresh, ends_at=ends_at)

    def find(self, secret: str) -> Session:
        """Return a session that has not ended, be it one that only enrols; raise NotSignedInError for any other."""
        with self._store.access(reading=True) as access:
            found = access.session(hash_of(secret))
        if found is None or found.ends_at <= self._clock.now():
            raise NotSignedInError
        return found

    def end(self, secret: str) -> None:
        """Sign out; a session that there is no more is no mistake."""
        with self._store.access() as access:
            access.end_session(hash_of(secret))

    def end_all_as(self, whose: Whose, who: Acting) -> int:
        """Sign somebody out everywhere in the name of themselves or of an administrator; raise NotAllowedError else."""
        person = who.principal
        here = person.tenant_id == whose.tenant_id and person.active and person.kind is ActorKind.HUMAN
        if not here or (person.principal_id != whose.principal_id and Role.TENANT_ADMIN not in person.roles):
            raise NotAllowedError(
                f"{person.principal_id} may not sign {whose.principal_id} out ({GRANT}): it takes a tenant_admin", GRANT
            )
        return self.end_all(whose)

    def end_all(self, whose: Whose) -> int:
        """Sign somebody out everywhere; return how many sessions they had."""
        with self._store.access() as access:
            return access.end_sessions(whose)
