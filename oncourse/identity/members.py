"""People whom an identity provider sends: each is one principal for good, and has the roles of their groups."""

from datetime import timedelta

from oncourse.config import OidcSettings
from oncourse.identity.doorkeeper import OIDC
from oncourse.identity.openid import Shown
from oncourse.identity.refusals import NotSignedInError, ProviderRefusedError, StepUpNeededError
from oncourse.identity.secret import Chance
from oncourse.identity.sessions import Opened, Sessions
from orchestrator import Clock, Ids, Orchestrator
from plan import ActorKind, Principal, Role
from store import StaleError, Whose

JUST = timedelta(minutes=2)
"""How long ago the second factor of a step-up may have been shown."""


class Members:
    """The people of one tenant whom the provider of the settings sends."""

    def __init__(self, settings: OidcSettings, house: Orchestrator, clock: Clock, ids: Ids, chance: Chance) -> None:
        self._told, self._house, self._clock, self._ids = settings, house, clock, ids
        self._desk = house.desk
        self._sessions = Sessions(house.desk.store, clock, chance)

    def sign_in(self, shown: Shown, *, instead_of: str | None = None) -> Opened:
        """Open a session for whoever the provider sent; raise ProviderRefusedError for somebody of no known group."""
        person = self._admitted(shown)
        whose = Whose(person.tenant_id, person.principal_id)
        return self._sessions.open(whose, OIDC, shown.strong_at, instead_of=instead_of)

    def step_up(self, shown: Shown, secret: str) -> Opened:
        """Let a session go on under a new secret, once the same person showed a second factor there just now."""
        person = self._admitted(shown)
        found = self._sessions.find(secret)
        if (found.tenant_id, found.principal_id) != (person.tenant_id, person.principal_id):
            raise NotSignedInError
        if shown.strong_at is None or self._clock.now() - shown.strong_at > JUST:
            raise StepUpNeededError
        return self._sessions.change(secret, OIDC, shown.strong_at)

    def _admitted(self, shown: Shown) -> Principal:
        roles = frozenset(role for group, role in self._told.roles.items() if group in shown.groups)
        principal_id = self._known(shown.subject)
        if principal_id is None and roles:
            principal_id = self._added(shown.subject)
        if principal_id is None:
            raise ProviderRefusedError("none of your groups opens anything here")
        person = self._with_roles(principal_id, roles)
        if not roles or not person.active or person.kind is not ActorKind.HUMAN:
            self._sessions.end_all(Whose(person.tenant_id, person.principal_id))
            raise ProviderRefusedError("you may not come in here (any more)")
        return person

    def _with_roles(self, principal_id: str, roles: frozenset[Role]) -> Principal:
        try:
            return self._house.governance.follow_groups(principal_id, roles, self._told.issuer)
        except StaleError:  # two tabs of the same person: the other one was written first
            return self._house.governance.follow_groups(principal_id, roles, self._told.issuer)

    def _known(self, subject: str) -> str | None:
        with self._desk.store.access(reading=True) as access:
            return access.identity(self._desk.tenant_id, self._told.issuer, subject)

    def _added(self, subject: str) -> str:
        """Return the new principal of a subject: it says nothing of who they are."""
        whose = Whose(self._desk.tenant_id, f"u-{self._ids.new().hex[:16]}")
        try:
            with self._desk.store.access() as access:
                access.add_identity(whose, self._told.issuer, subject, self._clock.now())
        except StaleError:
            return self._known(subject) or whose.principal_id  # two tabs of the same person came at once
        return whose.principal_id
