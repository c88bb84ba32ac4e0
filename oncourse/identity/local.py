"""Accounts of this installation: a password and, for whoever may do more than read, a second factor."""

from datetime import datetime, timedelta
from hmac import compare_digest

from oncourse.identity.codes import new_factor, number_of, uri_of
from oncourse.identity.doorkeeper import ENROLLING, LOCAL, OIDC
from oncourse.identity.passwords import Passwords, check_password
from oncourse.identity.people import IDLE, ends_when_idle, find_active, needs_second_factor
from oncourse.identity.refusals import (
    CodeNeededError,
    LinkRefusedError,
    NotSignedInError,
    SignInRefusedError,
    StepUpNeededError,
)
from oncourse.identity.secret import Chance, hash_of
from oncourse.identity.sessions import Opened, Sessions
from orchestrator import BadInputError, Clock
from plan import ActorKind, Frozen, Instant, Principal
from store import Credential, Session, Store, Whose

FREE = 4
"""Failed tries that cost nothing."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
FRESH = timedelta(minutes=10)
"""How long ago a second factor may have been shown to change the password."""


class Entry(Frozen):
    """What came of a sign-in."""

    session: Opened
    person: Principal
    complete: bool = True
    """False: a second factor must be enrolled first, and the session serves for nothing else."""
    otpauth: str = ""
    """The second factor to enrol, for an authenticator; told once."""
    strong_at: Instant | None = None
    """When a second factor was last shown."""


class Local:
    """The local accounts of all tenants."""

    def __init__(self, store: Store, clock: Clock, chance: Chance) -> None:
        self._store, self._clock, self._chance = store, clock, chance
        self._sessions = Sessions(store, clock, chance)
        self._passwords = Passwords(chance)

    def sign_in(self, whose: Whose, password: str, code: str = "", *, instead_of: str | None = None) -> Entry:
        """Open a session for whoever shows what proves who they are.

        Somebody unknown, locked out or gone is answered as a wrong password is, after the same work.
        Raises: SignInRefusedError, CodeNeededError.
        """
        known = self._count(whose)
        right = self._passwords.fits(known.password if known else None, password)
        person = self._person(whose)
        if known is None or person is None or not right:
            raise SignInRefusedError
        if known.second_factor is not None:
            return self._with_code(known, person, code, instead_of)
        self._clear(whose, known, password)
        return self._without_code(person, instead_of)

    def enrol(self, link: str, password: str, *, instead_of: str | None = None) -> Entry:
        """Use a one-time link up: choose a password, and be shown a second factor where one is needed.

        What proved who they are before proves nothing any more, and all their sessions end.
        Raises: LinkRefusedError, BadInputError.
        """
        now = self._clock.now()
        with self._store.access(reading=True) as access:
            whose = access.link(hash_of(link), now)
        person = None if whose is None else self._person(whose)
        if whose is None or person is None:
            raise LinkRefusedError
        check_password(password, whose.principal_id)
        kept = self._passwords.hash(password)
        with self._store.access() as access:
            if access.take_link(hash_of(link), now) is None:
                raise LinkRefusedError
            made = Credential(tenant_id=whose.tenant_id, principal_id=whose.principal_id, password=kept, changed_at=now)
            access.put_credential(made)
            access.end_sessions(whose)
        return self._without_code(person, instead_of)

    def offer(self, secret: str, seen: str = "") -> Entry:
        """Offer a second factor to whoever has none yet; it counts once a code of it was shown.

        A new one, but for whoever has `seen` the key of the last: an authenticator may hold that already.
        """
        found, person, known = self._signed_in(secret)
        if known.second_factor is not None:
            raise BadInputError("there is a second factor already; to replace it, ask for a new link")
        kept = Opened(secret=secret, ends_at=found.ends_at)
        if seen and known.offered_factor is not None and compare_digest(seen.encode(), known.offered_factor.encode()):
            otpauth = uri_of(seen, person.principal_id, person.tenant_id)
        else:
            otpauth = self._offered(person)
        return Entry(session=kept, person=person, complete=found.method != ENROLLING, otpauth=otpauth)

    def confirm(self, secret: str, code: str) -> Entry:
        """Take the second factor that was offered for good, by a code of it; the session goes on under a new secret."""
        _, person, _ = self._signed_in(secret)
        whose = _whose(person)
        known = self._count(whose)
        if known is None or known.offered_factor is None or known.second_factor is not None:
            raise SignInRefusedError
        self._take(whose, known.offered_factor, code)
        with self._store.access() as access:
            access.change_credential(
                whose, second_factor=known.offered_factor, offered_factor=None, changed_at=self._clock.now()
            )
        return self._shown(secret, person)

    def step_up(self, secret: str, code: str) -> Entry:
        """Note that a second factor was shown just now; the session goes on under a new secret."""
        found, person, _ = self._signed_in(secret)
        known = self._count(_whose(person))
        if known is None or known.second_factor is None or found.method == ENROLLING:
            raise SignInRefusedError
        self._take(_whose(person), known.second_factor, code)
        return self._shown(secret, person)

    def change_password(self, secret: str, password: str) -> Entry:
        """Take a new password from somebody who showed a second factor just now; all other sessions end."""
        found, person, known = self._signed_in(secret)
        now = self._clock.now()
        strong = found.strong_at is not None and now - found.strong_at <= FRESH
        if known.second_factor is None or not strong:
            raise StepUpNeededError
        check_password(password, person.principal_id)
        kept = self._passwords.hash(password)
        with self._store.access() as access:
            access.change_credential(_whose(person), password=kept, changed_at=now)
            access.end_sessions(_whose(person))
        opened = self._sessions.open(_whose(person), LOCAL, found.strong_at)
        return Entry(session=opened, person=person, strong_at=found.strong_at)

    def _without_code(self, person: Principal, instead_of: str | None) -> Entry:
        if needs_second_factor(person.roles):
            offered = self._offered(person)
            opened = self._sessions.open(_whose(person), ENROLLING, instead_of=instead_of)
            return Entry(session=opened, person=person, complete=False, otpauth=offered)
        return Entry(session=self._sessions.open(_whose(person), LOCAL, instead_of=instead_of), person=person)

    def _with_code(self, known: Credential, person: Principal, code: str, instead_of: str | None) -> Entry:
        whose, now = _whose(person), self._clock.now()
        if not code:
            with self._store.access() as access:
                access.uncount_try(whose)
            raise CodeNeededError
        self._take(whose, known.second_factor or "", code)
        opened = self._sessions.open(whose, LOCAL, now, instead_of=instead_of)
        return Entry(session=opened, person=person, strong_at=now)

    def _count(self, whose: Whose) -> Credential | None:
        """Count a try before it is looked at; None for somebody unknown or locked out."""
        now = self._clock.now()
        with self._store.access() as access:
            known = access.credential(whose, hold=True)
            if known is None or (known.locked_until is not None and known.locked_until > now):
                access.count_nobodys_try(now)
                return None
            access.count_try(whose, known.failures + 1, _locked_until(known.failures + 1, now))
        return known

    def _clear(self, whose: Whose, known: Credential, password: str) -> None:
        """Forget the failed tries, and keep the password by today's figures."""
        fresher = {"password": self._passwords.hash(password)} if self._passwords.old(known.password) else {}
        with self._store.access() as access:
            access.change_credential(whose, failures=0, locked_until=None, **fresher)

    def _take(self, whose: Whose, factor: str, code: str) -> None:
        number = number_of(factor, code, self._clock.now())
        with self._store.access() as access:
            if number is None or not access.take_code(whose, number):
                raise SignInRefusedError
            access.change_credential(whose, failures=0, locked_until=None)

    def _offered(self, person: Principal) -> str:
        factor = new_factor(self._chance)
        with self._store.access() as access:
            access.change_credential(_whose(person), offered_factor=factor)
        return uri_of(factor, person.principal_id, person.tenant_id)

    def _shown(self, secret: str, person: Principal) -> Entry:
        now = self._clock.now()
        return Entry(session=self._sessions.change(secret, LOCAL, now), person=person, strong_at=now)

    def _signed_in(self, secret: str) -> tuple[Session, Principal, Credential]:
        """Return a session that has not ended, whose it is, and what they sign in with; raise NotSignedInError else."""
        found = self._sessions.find(secret)
        whose = Whose(found.tenant_id, found.principal_id)
        with self._store.access(reading=True) as access:
            known = access.credential(whose)
        person = self._person(whose)
        if known is None and person is not None and found.method == OIDC:
            raise BadInputError(
                "this session came through the identity provider, and so does its second factor: "
                "open /v1/sign-in/oidc?step_up=true"
            )
        idle = person is not None and ends_when_idle(person.roles) and self._clock.now() - found.seen_at > IDLE
        if known is None or person is None or idle:
            raise NotSignedInError
        return found, person, known

    def _person(self, whose: Whose) -> Principal | None:
        return find_active(self._store, whose, ActorKind.HUMAN, self._clock.now())


def _whose(person: Principal) -> Whose:
    return Whose(person.tenant_id, person.principal_id)


def _locked_until(failures: int, now: datetime) -> datetime | None:
    """Return until when nothing more is looked at: nothing for the first few, then twice as long each time."""
    beyond = failures - FREE
    if beyond <= 0:
        return None
    doubled: timedelta = FIRST_WAIT * 2 ** min(beyond - 1, 20)
    return now + min(doubled, LONGEST_WAIT)
