"""One-time links: how a person gets in who has no password yet, or lost it; and where the first person gets in."""

from datetime import timedelta
from ipaddress import ip_address

from oncourse.identity.people import find_active
from oncourse.identity.refusals import IdentityError
from oncourse.identity.secret import Chance, hash_of, new_secret
from orchestrator import BadInputError, Clock
from plan import ActorKind, Role
from store import Link, Store, Whose

LASTS = timedelta(minutes=15)


class BindRefusedError(IdentityError):
    """Other machines may not reach a house that nobody has locked yet."""

    code = "listen"


class Links:
    """The one-time links of all tenants."""

    def __init__(self, store: Store, clock: Clock, chance: Chance) -> None:
        self._store, self._clock, self._chance = store, clock, chance

    def make(self, whose: Whose) -> str:
        """Return the secret of a new link for somebody; it is shown once, and earlier ones open nothing any more.

        Raises: BadInputError for a machine, or for who may not act.
        """
        now = self._clock.now()
        if find_active(self._store, whose, ActorKind.HUMAN, now) is None:
            raise BadInputError(
                f"{whose.principal_id} is no active person of {whose.tenant_id}; see: oncourse principal list"
            )
        secret = new_secret(self._chance)
        made = Link(
            link_hash=hash_of(secret),
            tenant_id=whose.tenant_id,
            principal_id=whose.principal_id,
            made_at=now,
            ends_at=now + LASTS,
        )
        with self._store.access() as access:
            access.forget_ended(now)
            access.add_link(made)
        return secret

    def first(self, tenant_id: str) -> str | None:
        """Return the secret of a link for a tenant's administrator while nobody can sign in; None once somebody can."""
        if is_set_up(self._store):
            return None
        with self._store.unit(tenant_id, self._clock.now(), reading=True) as unit:
            people = [p for p in unit.principals.every() if p.active and p.kind is ActorKind.HUMAN]
        admins = [p.principal_id for p in people if Role.TENANT_ADMIN in p.roles]
        return self.make(Whose(tenant_id, admins[0])) if admins else None


def first_start(store: Store, tenant_id: str, clock: Clock, chance: Chance, *, oidc: bool) -> str | None:
    """Return the path of a first link while nobody can sign in, by password or by an identity provider; else None."""
    secret = None if oidc else Links(store, clock, chance).first(tenant_id)
    return None if secret is None else path_of(secret)


def is_set_up(store: Store) -> bool:
    """Tell whether somebody finished the set-up: chose a password and a second factor."""
    with store.access(reading=True) as access:
        return access.anybody()


def path_of(secret: str) -> str:
    """Return where a link leads, below the address of the installation."""
    return f"/sign-in?link={secret}"


def check_bind(host: str, store: Store, *, oidc: bool) -> None:
    """Raise BindRefusedError for an address beyond this machine while nobody can sign in."""
    if _loopback(host) or oidc or is_set_up(store):
        return
    raise BindRefusedError(
        f"nobody can sign in yet, so {host} is not listened on: serve on 127.0.0.1 and finish the set-up by the link "
        "that is printed there, or set [oidc] in oncourse.toml (docs/identity.md)"
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
