"""How a whole tenant is governed: kill switches and mode. Stopping takes one person, starting again takes two."""

from gate import Act
from ledger import Actor, Authority, Entry, ModeAsked, ModeChanged, Switch, SwitchNamed, SwitchReleased
from orchestrator.capabilities import check_another, others_who_may, still_may
from orchestrator.desk import Acting, Desk, authorize, check_reason
from orchestrator.errors import BadInputError
from plan import Cause, Frozen, Mode, PlanType, catalogue
from store import Unit

TENANT = "tenant"


class Asked(Frozen):
    """What became of something that takes two people."""

    done: bool
    asked_by: str
    """Who asked first."""
    could: tuple[str, ...] = ()
    """Who could do the second half now."""


def switch_names(connector: str) -> tuple[str, ...]:
    """Return every kill switch that there is."""
    types = (f"plan_type:{plan_type}" for plan_type in PlanType)
    actions = (f"action:{spec.action_type}" for spec in catalogue().actions)
    return (TENANT, *types, *sorted(actions), f"connector:{connector}")


def switches(desk: Desk) -> tuple[Switch, ...]:
    """Return the kill switches that are on, with their reasons in clear text."""
    with desk.unit() as unit:
        found = unit.tenant_state().switches
        return tuple(s.model_copy(update={"reason": unit.blobs.reveal(s.reason) if s.reason else ""}) for s in found)


def throw(desk: Desk, name: str, reason: str, who: Acting, *, break_glass: bool = False) -> None:
    """Throw a kill switch: what it names stops before its next effect. Thrown again, a wish to release it is void."""
    _known(desk, name)
    check_reason(reason, emergency=break_glass)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.SWITCH_ON, break_glass=break_glass)
        _record(unit, who, authority, "switch.thrown.v1", SwitchNamed(switch=name), ("thrown", reason))


def release(desk: Desk, name: str, reason: str, who: Acting) -> Asked:
    """Release a kill switch: the first tenant admin asks, a second one does it."""
    _known(desk, name)
    check_reason(reason)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.SWITCH_OFF)
        on = unit.tenant_state().switch(name)
        if on is None:
            raise BadInputError(f"the switch {name} is off; list what is on with: oncourse switch list")
        first = still_may(unit, on.release_asked_by, Act.SWITCH_OFF)
        if first is None:
            _record(unit, who, authority, "switch.release_asked.v1", SwitchNamed(switch=name), ("asked", reason))
            return _asked(unit, who, Act.SWITCH_OFF)
        check_another(unit, who.principal.principal_id, first, Act.SWITCH_OFF, f"the release of {name}")
        body = SwitchReleased(switch=name, asked_by=first)
        _record(unit, who, authority, "switch.released.v1", body, ("released", reason))
        unit.plans.wake_open(unit.now)
        return Asked(done=True, asked_by=first)


def go_shadow(desk: Desk, reason: str, who: Acting, *, break_glass: bool = False) -> None:
    """Record effects from now on instead of sending them."""
    check_reason(reason, emergency=break_glass)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.GO_SHADOW, break_glass=break_glass)
        state = unit.tenant_state()
        if state.mode is Mode.SHADOW and state.live_asked_by is None:
            raise BadInputError("the tenant runs in SHADOW mode already: nothing leaves")
        body = ModeChanged(mode=Mode.SHADOW)
        _record(unit, who, authority, "tenant.mode_changed.v1", body, ("shadow", reason))


def go_live(desk: Desk, reason: str, who: Acting) -> Asked:
    """Send effects from now on: the first tenant admin asks, a second one does it."""
    check_reason(reason)
    with desk.unit() as unit:
        authority = authorize(unit, who, Act.GO_LIVE)
        state = unit.tenant_state()
        if state.mode is Mode.LIVE:
            raise BadInputError("the tenant runs in LIVE mode already: effects leave")
        first = still_may(unit, state.live_asked_by, Act.GO_LIVE)
        if first is None:
            _record(unit, who, authority, "tenant.mode_asked.v1", ModeAsked(mode=Mode.LIVE), ("asked", reason))
            return _asked(unit, who, Act.GO_LIVE)
        check_another(unit, who.principal.principal_id, first, Act.GO_LIVE, "LIVE mode")
        body = ModeChanged(mode=Mode.LIVE, asked_by=first)
        _record(unit, who, authority, "tenant.mode_changed.v1", body, ("live", reason))
        return Asked(done=True, asked_by=first)


def _known(desk: Desk, name: str) -> None:
    names = switch_names(desk.executor.name)
    if name not in names:
        kind = name.partition(":")[0] + ":"
        near = [known for known in names if known.startswith(kind)] or list(names)
        raise BadInputError(f"there is no switch {name!r}; known: {', '.join(near)}")


def _asked(unit: Unit, who: Acting, act: Act) -> Asked:
    first = who.principal.principal_id
    return Asked(done=False, asked_by=first, could=others_who_may(unit, act, without=first))


def _record(
    unit: Unit,
    who: Acting,
    authority: Authority,
    kind: str,
    body: SwitchNamed | SwitchReleased | ModeAsked | ModeChanged,
    reason: tuple[str, str],
) -> Entry:
    actor = Actor(kind=who.principal.kind, id=who.principal.principal_id)
    cause = Cause(kind="person", ref=who.principal.principal_id)
    return unit.record(unit.tenant_stream, kind, body, actor=actor, authority=authority, cause=cause, reason=reason)
