"""API tokens: how machines come in. They read, propose and report events, and nothing that takes a person."""

from collections.abc import Iterable
from datetime import timedelta

from oncourse.identity.doorkeeper import SCOPES
from oncourse.identity.secret import TOKEN_PREFIX, Chance, hash_of, new_secret
from orchestrator import Acting, BadInputError, Clock, Ids, NotAllowedError, Orchestrator
from plan import ActorKind, Frozen, Principal, Role
from store import NotFoundError, Token

LONGEST_DAYS = 365
GRANT = "AUTH-TOKENS"
_MAY = frozenset({Role.REVOPS, Role.TENANT_ADMIN})


class Issued(Frozen):
    """A token that was just made, with its secret: it is shown once."""

    secret: str
    token: Token


class Tokens:
    """One tenant's tokens; every command is given by a person who may manage them."""

    def __init__(self, house: Orchestrator, clock: Clock, ids: Ids, chance: Chance) -> None:
        """Take the machine's clock: a token's time passes whatever the tenant's clock says."""
        self._house, self._clock, self._ids, self._chance = house, clock, ids, chance
        self._desk = house.desk

    def issue(self, name: str, scopes: Iterable[str], days: int, who: Acting) -> Issued:
        """Make a token for a machine; one that is not known yet is added, which takes a tenant_admin.

        Raises: NotAllowedError, BadInputError.
        """
        self._allow(who, "issue a token")
        wanted = frozenset(scopes)
        if not wanted or wanted - SCOPES:
            what = f"there is no scope {', '.join(sorted(wanted - SCOPES))}" if wanted else "name at least one scope"
            raise BadInputError(f"{what}; there are: {', '.join(sorted(SCOPES))} (--scope)")
        if not 1 <= days <= LONGEST_DAYS:
            raise BadInputError(f"{days} days: a token lasts for 1 to {LONGEST_DAYS} days (--days)")
        self._know(name, who)
        now = self._clock.now()
        secret = new_secret(self._chance, TOKEN_PREFIX)
        made = Token(
            token_hash=hash_of(secret),
            tenant_id=self._desk.tenant_id,
            token_id=f"k-{self._ids.new().hex[:12]}",
            principal_id=name,
            scopes=wanted,
            made_by=who.principal.principal_id,
            made_at=now,
            ends_at=now + timedelta(days=days),
        )
        with self._desk.store.access() as access:
            access.add_token(made)
        return Issued(secret=secret, token=made)

    def every(self, who: Acting) -> list[Token]:
        """Return all tokens, oldest first; no secret is among what is known of them."""
        self._allow(who, "list the tokens")
        with self._desk.store.access(reading=True) as access:
            return access.tokens(self._desk.tenant_id)

    def revoke(self, token_id: str, who: Acting) -> None:
        """Let a token open nothing any more; raise NotFoundError where there is none to revoke."""
        self._allow(who, "revoke a token")
        with self._desk.store.access() as access:
            if not access.revoke_token(self._desk.tenant_id, token_id, self._clock.now()):
                raise NotFoundError(f"there is no token {token_id} in force; see: oncourse token list")

    def _allow(self, who: Acting, what: str) -> None:
        person = who.principal
        own = person.tenant_id == self._desk.tenant_id and person.kind is ActorKind.HUMAN and person.active
        if not own or not person.roles & _MAY:
            may = " or ".join(sorted(_MAY))
            raise NotAllowedError(f"{person.principal_id} may not {what} ({GRANT}): it takes a {may}", GRANT)

    def _know(self, name: str, who: Acting) -> None:
        with self._desk.unit(reading=True) as unit:
            known = {p.principal_id: p for p in unit.principals.every()}.get(name)
        if known is None:
            machine = Principal(
                principal_id=name,
                tenant_id=self._desk.tenant_id,
                kind=ActorKind.AGENT,
                roles=frozenset({Role.PROPOSER}),
            )
            self._house.add_principal(machine, who)
        elif known.kind is not ActorKind.AGENT:
            raise BadInputError(f"{name} is no machine; a token is a machine's: choose another name")
        elif not known.active:
            raise BadInputError(f"{name} is not active; run: oncourse principal reactivate {name} --reason ...")
