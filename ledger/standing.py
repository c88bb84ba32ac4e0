"""How policies, accounts and a whole tenant stand: what their entries make of them."""

from pydantic import Field

from ledger.bodies import (
    AccountHeld,
    AccountReleased,
    EventReceived,
    ModeAsked,
    ModeChanged,
    PolicyProposed,
    PolicyPublished,
    SwitchNamed,
    SwitchReleased,
)
from ledger.entries import Entry
from ledger.errors import LedgerError
from plan import Digest, Frozen, Id, Instant, Mode

ASKED_KEPT = 8
"""So many readings of an account are remembered: enough for a posture that goes to and fro."""


class PolicyState(Frozen):
    """A bundle as the ledger knows it."""

    digest: Digest
    name: str
    published_at: Instant | None = None
    """When it last came into force; None: never."""
    previous: Digest | None = None
    publications: int = 0
    """How often it came into force."""
    proposed_by: Id | None = None
    """Who wants it in force; another one must agree."""
    base: Digest | None = None
    """The bundle in force when it was proposed."""


class Switch(Frozen):
    """A kill switch that is on."""

    name: Id
    thrown_by: Id
    thrown_at: Instant
    reason: str = ""
    """Why, as a commitment."""
    release_asked_by: Id | None = None
    """Who wants it released; another one must agree."""


class TenantState(Frozen):
    """How a whole tenant runs."""

    mode: Mode = Mode.SHADOW
    live_asked_by: Id | None = None
    """Who wants effects to leave the house; another one must agree."""
    switches: tuple[Switch, ...] = ()
    """By name."""

    def switch(self, name: str) -> Switch | None:
        """Return a switch that is on."""
        return next((switch for switch in self.switches if switch.name == name), None)


class Hold(Frozen):
    """What an account's queued external steps wait for somebody to look at."""

    fact_id: Id
    kind: str
    at: Instant


class Asked(Frozen):
    """What a drafter was asked about last, and when its answer was written: the same again says nothing new."""

    plan_type: str
    reading: Digest
    at: Instant


class AccountState(Frozen):
    """What holds an account's external steps, and what drafters were asked about, each in the order it came."""

    holds: tuple[Hold, ...] = ()
    asked: tuple[Asked, ...] = Field(default=(), exclude_if=lambda asked: not asked)
    """Left out where it is empty: entries that were written without it keep their digests."""

    def last_asked(self, plan_type: str, reading: Digest) -> Instant | None:
        """Return when a drafter last answered to this reading; None where none is remembered."""
        mine = (a.at for a in self.asked if (a.plan_type, a.reading) == (plan_type, reading))
        return next(mine, None)


def evolve_account(state: AccountState | None, entry: Entry) -> AccountState | None:
    """Return how an account stands after one entry; None while nothing ever held it and no drafter was asked."""
    body = entry.body()
    if isinstance(body, AccountHeld):
        known = state or AccountState()
        held = Hold(fact_id=body.fact_id, kind=body.kind, at=entry.at)
        return known.model_copy(update={"holds": (*known.holds, held)})
    if isinstance(body, AccountReleased):
        if state is None or body.facts != tuple(hold.fact_id for hold in state.holds):
            raise LedgerError(f"{entry.address} releases what is not held")
        return state.model_copy(update={"holds": ()})
    if isinstance(body, EventReceived) and body.reading is not None and body.plan_type is not None:
        known = state or AccountState()
        now = Asked(plan_type=body.plan_type, reading=body.reading, at=entry.at)
        others = (a for a in known.asked if (a.plan_type, a.reading) != (now.plan_type, now.reading))
        return known.model_copy(update={"asked": (*others, now)[-ASKED_KEPT:]})
    return state


def evolve_policy(state: PolicyState | None, entry: Entry, body: PolicyProposed | PolicyPublished) -> PolicyState:
    """Return a bundle's state after one entry."""
    known = state or PolicyState(digest=body.digest, name=body.name)
    if body.digest != known.digest:
        raise LedgerError(f"{entry.address} is about another policy than its stream")
    if isinstance(body, PolicyProposed):
        return known.model_copy(update={"proposed_by": entry.actor.id, "base": body.base})
    return PolicyState(
        digest=known.digest,
        name=known.name,
        published_at=entry.at,
        previous=body.previous,
        publications=known.publications + 1,
    )


def evolve_tenant(state: TenantState, entry: Entry) -> TenantState:
    """Return how a tenant runs after one entry."""
    body = entry.body()
    if isinstance(body, ModeAsked):
        return state.model_copy(update={"live_asked_by": entry.actor.id})
    if isinstance(body, ModeChanged):
        return state.model_copy(update={"mode": body.mode, "live_asked_by": None})
    if isinstance(body, SwitchReleased):
        return _with_switch(state, body.switch, None)
    if not isinstance(body, SwitchNamed):
        raise LedgerError(f"{entry.address} tells a tenant's stream of something else")
    text = entry.reason.text if entry.reason else ""
    thrown = Switch(name=body.switch, thrown_by=entry.actor.id, thrown_at=entry.at, reason=text)
    if entry.type == "switch.thrown.v1":
        return _with_switch(state, body.switch, thrown)
    known = state.switch(body.switch)
    if known is None:
        raise LedgerError(f"{entry.address} asks to release {body.switch}, which is off")
    return _with_switch(state, body.switch, known.model_copy(update={"release_asked_by": entry.actor.id}))


def _with_switch(state: TenantState, name: str, switch: Switch | None) -> TenantState:
    others = [s for s in state.switches if s.name != name] + ([switch] if switch else [])
    return state.model_copy(update={"switches": tuple(sorted(others, key=lambda s: s.name))})
