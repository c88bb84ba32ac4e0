"""How a bundle comes into force: one tenant admin proposes it after a simulation, a second one publishes it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from gate import TAKES_TWO, Act, Asked, Phase, PolicyBundle, Simulation, bundle_digest, simulate
from ledger import Entry, GateEvaluated, PolicyProposed, PolicyPublished, PolicyState, ProposalRefused, Simulated
from orchestrator.capabilities import check_another, others_who_may, still_may
from orchestrator.desk import Acting, Desk, authorize, bundle
from orchestrator.errors import BadInputError, ChangedError, NotAllowedError
from plan import Cause, Frozen, canonical
from store import NotFoundError, Unit

JUDGED = ("plan.gate_evaluated.v1", "proposal.refused.v1")
SIMULATED = frozenset({Phase.PROPOSE, Phase.APPROVE})
Told = Callable[[int, int], None]
"""Hears how many recorded questions are done, and of how many."""


class Past(Frozen):
    """The recorded questions of a span of time, the newest of each plan and phase."""

    asked: tuple[Asked, ...]
    erased: int
    """Questions whose inputs are not there any more."""


class Outlook(Frozen):
    """What a bundle would have changed in the past."""

    base: str
    """The bundle in force, against which it was simulated."""
    since: datetime
    simulation: Simulation
    erased: int


class ProposedPolicy(Frozen):
    """A bundle that waits for a second admin."""

    digest: str
    outlook: Outlook
    could: tuple[str, ...]
    """Who could publish it."""


def recorded(unit: Unit, since: datetime) -> Past:
    """Return what the gate was asked since an instant, when plans were proposed and approved."""
    newest: dict[tuple[str, str], tuple[Entry, Phase, str | None]] = {}
    for entry in unit.entries_of(JUDGED, since):
        body = entry.body()
        if isinstance(body, GateEvaluated) and Phase(body.phase) in SIMULATED:
            newest[entry.stream, body.phase] = (entry, Phase(body.phase), body.inputs)
        elif isinstance(body, ProposalRefused) and body.decision is not None:
            newest[entry.address, body.phase] = (entry, Phase(body.phase), body.inputs)
    texts = unit.blobs.contents(ref for _, _, ref in newest.values() if ref is not None)
    asked = tuple(
        Asked(address=entry.address, phase=phase, text=texts[ref])
        for entry, phase, ref in newest.values()
        if ref is not None and texts.get(ref, "").startswith("{")
    )
    return Past(asked=asked, erased=len(newest) - len(asked))


def look_back(desk: Desk, new: PolicyBundle, span: timedelta, told: Told = lambda _done, _of: None) -> Outlook:
    """Say what a bundle would have changed since `span` ago; nothing is written."""
    with desk.unit() as unit:
        current, base = bundle(unit)
        since = unit.now - span
        past = recorded(unit, since)
    found = simulate(past.asked, current, new, lambda done: told(done, len(past.asked)))
    return Outlook(base=base, since=since, simulation=found, erased=past.erased)


def propose(
    desk: Desk, new: PolicyBundle, span: timedelta, who: Acting, told: Told = lambda _done, _of: None
) -> ProposedPolicy:
    """Simulate a bundle and keep it with what that said; a second admin publishes it."""
    name = bundle_digest(new)
    with desk.unit() as unit:
        authorize(unit, who, Act.PUBLISH_POLICY)
        if name == unit.policies.in_force():
            raise BadInputError(f"the policy {name[7:23]} is in force already; change something in it first")
    outlook = look_back(desk, new, span, told)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.PUBLISH_POLICY)
        _unchanged(unit, outlook.base, name)
        unit.policies.put(name, canonical(new).decode())
        counts = outlook.simulation.model_dump(include={"judged", "moved", "appeared", "vanished", "authority"})
        unit.record(
            _stream(name),
            "policy.proposed.v1",
            PolicyProposed(
                digest=name, name=new.name, base=outlook.base, simulated=Simulated(since=outlook.since, **counts)
            ),
            actor=who.actor,
            authority=authority,
            cause=_person(who),
            policy=outlook.base,
        )
        could = others_who_may(unit, Act.PUBLISH_POLICY, without=who.principal.principal_id)
        return ProposedPolicy(digest=name, outlook=outlook, could=could)


def publish(desk: Desk, name: str, who: Acting) -> str:
    """Put a proposed bundle into force; returns the digest of the one that was. Every open plan is looked at anew."""
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.PUBLISH_POLICY)
        state = unit.policies.states().get(name)
        previous = unit.policies.in_force()
        if name == previous:
            raise BadInputError(f"the policy {name[7:23]} is in force already")
        if state is None or state.proposed_by is None:
            raise BadInputError(f"nobody proposed {name[7:23]}; propose it with: oncourse policy publish FILE")
        _second(unit, state, who)
        _unchanged(unit, state.base, name)
        unit.record(
            _stream(name),
            "policy.published.v1",
            PolicyPublished(digest=name, name=state.name, previous=previous),
            actor=who.actor,
            authority=authority,
            cause=_person(who),
            policy=name,
        )
        unit.plans.wake_open(unit.now)
        return previous


def named_policies(unit: Unit) -> Sequence[tuple[PolicyState, bool]]:
    """Return every bundle with whether it is in force, the newest in force first, proposed ones last."""
    in_force = unit.policies.in_force()
    states = sorted(
        unit.policies.states().values(),
        key=lambda s: (s.published_at is None, -(s.published_at.timestamp() if s.published_at else 0), s.digest),
    )
    return [(state, state.digest == in_force) for state in states]


def find_policy(unit: Unit, prefix: str) -> str:
    """Return the one digest that starts so; raise NotFoundError for none or several."""
    found = unit.policies.find(prefix) if prefix.removeprefix("sha256:") else ()
    if len(found) != 1:
        what = "more than one policy" if found else "no policy"
        raise NotFoundError(f"there is {what} whose digest starts with {prefix!r}; see: oncourse policy list")
    return found[0]


def _second(unit: Unit, state: PolicyState, who: Acting) -> None:
    """Raise NotAllowedError where the second person would be the first one again, or the first one may no more."""
    first, second = state.proposed_by or "", who.principal.principal_id
    if still_may(unit, first, Act.PUBLISH_POLICY) is None:
        raise NotAllowedError(
            f"{second} may not publish_policy ({TAKES_TWO}): {first} proposed it and may publish no more; "
            "propose it anew: oncourse policy publish FILE",
            TAKES_TWO,
        )
    check_another(unit, second, first, Act.PUBLISH_POLICY, "this policy")


def _unchanged(unit: Unit, base: str | None, name: str) -> None:
    if unit.policies.in_force() != base:
        raise ChangedError(
            f"the policy in force changed since {name[7:23]} was simulated; simulate it again: "
            "oncourse policy publish FILE"
        )


def _stream(name: str) -> str:
    return f"policy/{name.removeprefix('sha256:')}"


def _person(who: Acting) -> Cause:
    return Cause(kind="person", ref=who.principal.principal_id)
