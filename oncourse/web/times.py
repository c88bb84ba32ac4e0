"""Time of a tenant whose clock is made up: it passes when somebody says so, and only for such a tenant."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import AwareDatetime

from oncourse.clock import VirtualClock
from oncourse.web.callers import Deciding, Fronted, Reading
from oncourse.web.problems import ProblemError
from oncourse.web.refusals import REFUSALS
from plan import Frozen, Instant, Role

router = APIRouter(prefix="/v1/time", tags=["time"], responses=REFUSALS)
MAY = frozenset({Role.OPERATOR, Role.TENANT_ADMIN})


class Now(Frozen):
    """The tenant's present instant."""

    now: Instant
    made_up: bool
    """Whether it stands still until it is told to pass."""


class Until(Frozen):
    """Up to when time passes, inclusive."""

    until: AwareDatetime


class Passed(Frozen):
    """What happened meanwhile."""

    now: Instant
    ticks: int
    """Plans looked at, each at most one step further."""


@router.get("")
def read_time(caller: Reading, front: Fronted) -> Now:
    """Return the tenant's time."""
    clock = front.tenancy(caller.tenant_id).clock
    return Now(now=clock.now(), made_up=isinstance(clock, VirtualClock))


@router.post("")
def let_pass(body: Until, caller: Deciding, front: Fronted) -> Passed:
    """Let a made-up time pass: everything that falls due meanwhile is done."""
    if not caller.who.principal.roles & MAY:
        raise ProblemError(HTTPStatus.FORBIDDEN, "not_allowed", "an operator or tenant_admin lets time pass")
    with front.passing:
        tenancy = front.tenancy(caller.tenant_id)
        clock = tenancy.clock
        if not isinstance(clock, VirtualClock):
            raise ProblemError(
                HTTPStatus.CONFLICT, "real_clock", "this tenant lives by the real clock, which passes by itself"
            )
        if body.until < clock.now():
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "time_goes_on",
                f"it is {clock.now():%Y-%m-%dT%H:%MZ} already; time never goes back",
            )
        ticks = tenancy.engine().run_until(body.until, clock)
        return Passed(now=clock.now(), ticks=ticks)
