"""Subscriptions: people say which addresses outside are told, with which secret, and try them out."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import Field, SecretStr

from ledger import DATA
from oncourse.clock import random_salt
from oncourse.courier.deliveries import LEASE, TURN
from oncourse.courier.letters import headers, letter, ping
from oncourse.courier.post import Answer, Came, Post
from orchestrator import Acting, BadInputError, Clock, Ids, NotAllowedError
from plan import ActorKind, Frozen, Id, Instant, Principal, Role, SortedStrings
from store import NotFoundError, Store, Undelivered, Webhook

MAX_WEBHOOKS = 50
"""Of one tenant."""
MAX_OVERLAP = timedelta(days=7)
"""How long an old secret may go on signing."""
AGAIN = 20
"""Letters that are sent again at once."""
_MAY = frozenset({Role.REVOPS, Role.TENANT_ADMIN})
_GRANT = "AUTH-WEBHOOKS"


class Subscription(Frozen):
    """A webhook as people see it: everything but its secrets."""

    webhook_id: Id
    url: str
    types: SortedStrings
    active: bool
    made_by: Id
    made_at: Instant
    told_pos: int
    """Up to where in the ledger everything was told or given up."""
    behind: int = Field(ge=0)
    """Entries of the ledger behind that."""
    attempts: int
    next_at: Instant | None
    trouble: str | None
    old_secret_until: Instant | None


class Secret(Frozen):
    """A webhook with its new secret, which is shown once."""

    webhook: Subscription
    secret: SecretStr


class SentAgain(Frozen):
    """What became of letters that had been given up."""

    delivered: tuple[int, ...]
    """Positions in the ledger."""
    trouble: str | None = None
    """Why the next one was not taken; the rest was not tried."""


def may_see_webhooks(person: Principal) -> bool:
    """Tell whether somebody sets the system up: an address may be as secret as a password."""
    return person.kind is ActorKind.HUMAN and person.active and bool(person.roles & _MAY)


class Subscriptions:
    """One tenant's webhooks, for people who set the system up."""

    def __init__(
        self,
        store: Store,
        tenant_id: str,
        *,
        clock: Clock,
        ids: Ids,
        post: Post,
        salt: Callable[[], bytes] = random_salt,
    ) -> None:
        """Take a source of random bytes for secrets."""
        self._store, self._tenant, self._clock, self._ids = store, tenant_id, clock, ids
        self._post, self._salt = post, salt

    def add(self, url: str, types: frozenset[str], who: Acting) -> Secret:
        """Tell an address of what happens from now on; raise FenceError for one that nothing is sent to."""
        self._check(who)
        if unknown := sorted(types - DATA.keys()):
            raise BadInputError(f"{', '.join(unknown)[:200]} is no type of entry; see docs/webhooks.md for all of them")
        self._post.check(url)
        secret, now = self._secret(), self._clock.now()
        with self._store.unit(self._tenant, now) as unit:
            if len(unit.webhooks.every()) >= MAX_WEBHOOKS:
                raise BadInputError(f"a tenant has at most {MAX_WEBHOOKS} webhooks; remove one first")
            made = Webhook(
                webhook_id=str(self._ids.new()),
                url=url,
                types=types,
                secret=secret,
                made_by=who.principal.principal_id,
                made_at=now,
                told_pos=unit.head(),
            )
            unit.webhooks.add(made)
        return Secret(webhook=_shown(made, made.told_pos), secret=secret)

    def every(self, who: Acting) -> list[Subscription]:
        """Return all webhooks, the oldest first."""
        self._check(who)
        with self._store.unit(self._tenant, self._clock.now(), reading=True) as unit:
            head = unit.head()
            return [_shown(hook, head) for hook in unit.webhooks.every()]

    def get(self, webhook_id: str, who: Acting) -> Subscription:
        """Return one webhook; raise NotFoundError for an unknown id."""
        self._check(who)
        with self._store.unit(self._tenant, self._clock.now(), reading=True) as unit:
            return _shown(unit.webhooks.get(webhook_id), unit.head())

    def remove(self, webhook_id: str, who: Acting) -> None:
        """Tell an address nothing more."""
        self._check(who)
        with self._store.unit(self._tenant, self._clock.now()) as unit:
            unit.webhooks.remove(webhook_id)

    def rotate(self, webhook_id: str, overlap: timedelta, who: Acting) -> Secret:
        """Give a webhook a new secret; the one before goes on signing beside it for a while."""
        self._check(who)
        if not timedelta() <= overlap <= MAX_OVERLAP:
            raise BadInputError(f"the old secret may go on for 0 to {MAX_OVERLAP.days * 24} hours")
        secret, now = self._secret(), self._clock.now()
        with self._store.unit(self._tenant, now) as unit:
            unit.webhooks.rotate(webhook_id, secret, now + overlap)
            return Secret(webhook=_shown(unit.webhooks.get(webhook_id), unit.head()), secret=secret)

    def test(self, webhook_id: str, who: Acting) -> Answer:
        """Send a ping now; where it is taken, a webhook that waits or was switched off goes on at once."""
        hook, now = self._hook(webhook_id, who), self._clock.now()
        sent = ping(self._tenant, self._ids.new().hex, now)
        answer = self._post.send(hook.url, sent, headers(hook, sent, now))
        if answer.came is Came.TAKEN:
            after = self._clock.now() + LEASE
            with self._store.unit(self._tenant, self._clock.now()) as unit:
                unit.webhooks.wake(webhook_id, after)
        return answer

    def undelivered(self, webhook_id: str, who: Acting, most: int = 100) -> list[Undelivered]:
        """Return what was given up, in ledger order."""
        self._hook(webhook_id, who)
        with self._store.unit(self._tenant, self._clock.now(), reading=True) as unit:
            return unit.webhooks.undelivered(webhook_id, most)

    def redeliver(self, webhook_id: str, who: Acting, pos: int | None = None) -> SentAgain:
        """Send what was given up again now, under the same ids, until one is not taken; or only one entry."""
        hook, began = self._hook(webhook_id, who), self._clock.now()
        with self._store.unit(self._tenant, began, reading=True) as unit:
            known = [one.pos for one in unit.webhooks.undelivered(webhook_id, 10_000)]
        if pos is not None and pos not in known:
            raise NotFoundError(f"webhook {webhook_id} gave up no entry {pos}; see: oncourse webhook undelivered")
        done: list[int] = []
        for one in [pos] if pos is not None else known[:AGAIN]:
            if (now := self._clock.now()) - began > TURN:
                break
            answer = self._again(hook, one, now)
            if answer.came is not Came.TAKEN:
                return SentAgain(delivered=tuple(done), trouble=answer.told)
            done.append(one)
        return SentAgain(delivered=tuple(done))

    def _again(self, hook: Webhook, pos: int, now: datetime) -> Answer:
        with self._store.unit(self._tenant, now, reading=True) as unit:
            entry = unit.entries_after(pos - 1, 1)[0][1]
        sent = letter(self._tenant, pos, entry)
        answer = self._post.send(hook.url, sent, headers(hook, sent, now))
        if answer.came is Came.TAKEN:
            with self._store.unit(self._tenant, now) as unit:
                unit.webhooks.delivered(hook.webhook_id, pos)
        return answer

    def _hook(self, webhook_id: str, who: Acting) -> Webhook:
        self._check(who)
        with self._store.unit(self._tenant, self._clock.now(), reading=True) as unit:
            return unit.webhooks.get(webhook_id)

    def _check(self, who: Acting) -> None:
        """Raise NotAllowedError unless an active person of this tenant who sets it up asks."""
        one = who.principal
        if one.tenant_id != self._tenant or not may_see_webhooks(one):
            raise NotAllowedError(
                f"{one.principal_id} may not see or change webhooks ({_GRANT}): it takes a person who is revops or "
                "tenant_admin",
                _GRANT,
            )

    def _secret(self) -> SecretStr:
        return SecretStr("whsec_" + base64.b64encode(self._salt()).decode())


def _shown(hook: Webhook, head: int) -> Subscription:
    hidden = {"secret", "old_secret", "old_until"}
    told = hook.model_dump(exclude=hidden) | {"behind": max(head - hook.told_pos, 0)}
    return Subscription(**told, old_secret_until=hook.old_until)
