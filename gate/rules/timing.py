"""When and how often people are reached: quiet hours, blackouts, contact caps, and plans that share an account."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from gate.decisions import Phase, Severity
from gate.policy import ContactCap
from gate.rules.openings import Openings, zones_of
from gate.rules.rule import DRAFTING, Found, Rule
from gate.view import View
from plan import UNSENT, Approval, PlanStep, contacts_of


class Reach(NamedTuple):
    """One external step or touch at one instant: an occasion for the account, a touch for each of its contacts."""

    at: datetime
    occasion: str
    contacts: tuple[str, ...]


def _outbound(view: View) -> Iterator[tuple[str, PlanStep]]:
    """Yield the external steps in question that have not been sent."""
    for where, step, spec in view.known:
        if spec.external and step.status in UNSENT:
            yield where, step


def _quiet(view: View) -> Iterator[Found]:
    for where, step in _outbound(view):
        if step.approval is Approval.TASK:  # a person sends it, when he thinks fit
            continue
        openings = _openings(view, step)
        if view.phase is Phase.STEP:
            if not openings.is_open(view.now):
                clears_at = openings.first_open(view.now)
                until = f"until {clears_at:%Y-%m-%d %H:%M} UTC" if clears_at else "for the next 60 days"
                yield Found(where, f"nobody is contacted now: it is quiet {until}", clears_at)
            continue
        opens = openings.first_open(max(step.not_before, view.now))
        if opens is None or opens >= step.due_by:
            yield Found(where, f"quiet hours, days off and blackouts leave no time for {step.action_type}")


def _openings(view: View, step: PlanStep) -> Openings:
    calendar = view.situation.tenant.calendar
    contacts = [view.situation.contact(contact_id) for contact_id in contacts_of(step.params)]
    zones = zones_of((contact.time_zone for contact in contacts if contact), calendar)
    return Openings(view.policy.quiet_hours, calendar, view.policy.blackouts, zones)


def _caps(view: View) -> Iterator[Found]:
    past = _past(view)
    if view.phase is Phase.STEP:
        for where, step in _outbound(view):
            yield from _over(view, where, _reach(step, view.now), past)
        return
    steps = sorted(_outbound(view), key=lambda pair: pair[1].not_before)
    for index, (where, step) in enumerate(steps):
        reach = _reach(step, max(step.not_before, view.now))
        earlier = (_reach(other, max(other.not_before, view.now)) for _where, other in steps[:index])
        for found in _over(view, where, reach, [*past, *_ahead(view), *earlier]):
            yield found._replace(clears_at=None)


def _reach(step: PlanStep, at: datetime) -> Reach:
    return Reach(at, str(step.step_id), tuple(dict.fromkeys(contacts_of(step.params))))


def _past(view: View) -> list[Reach]:
    return [
        Reach(touch.at, touch.step_id or touch.touch_id, (touch.contact_id,) if touch.contact_id else ())
        for touch in view.situation.history
        if touch.external
    ]


def _ahead(view: View) -> Iterator[Reach]:
    for index, touch in enumerate(view.context.planned):
        if touch.plan_id != str(view.plan.plan_id):
            yield Reach(max(touch.at, view.now), f"planned {index}", touch.contact_ids)


def _over(view: View, where: str, reach: Reach, others: list[Reach]) -> Iterator[Found]:
    for cap in view.policy.contact_caps:
        if len(others) < cap.most:  # so few are never too many
            continue
        since = reach.at - timedelta(days=cap.days)
        near = [other for other in others if since < other.at <= reach.at]
        for whom in reach.contacts if cap.per == "contact" else ("",):
            yield from _full(cap, where, whom, _instants(near, whom))


def _instants(near: list[Reach], contact_id: str) -> list[datetime]:
    """Return when a contact was reached, or (no contact named) each occasion of the account; the oldest first."""
    if contact_id:
        return sorted(other.at for other in near if contact_id in other.contacts)
    return sorted(at for at, _occasion in {(other.at, other.occasion) for other in near})


def _full(cap: ContactCap, where: str, contact_id: str, instants: list[datetime]) -> Iterator[Found]:
    over = len(instants) + 1 - cap.most
    if over > 0:
        clears_at = instants[over - 1] + timedelta(days=cap.days)
        whom = f"contact {contact_id}" if contact_id else "the account"
        told = f"{len(instants) + 1} contacts with {whom} in {cap.days} days; {cap.most} are the most"
        yield Found(where, told, clears_at)


def _beside(view: View) -> Iterator[Found]:
    for other in view.situation.open_plans:
        if other.plan_type == view.plan.plan_type and other.plan_id != str(view.plan.plan_id):
            yield Found("account_id", f"plan {other.plan_id} ({other.status}) has the same account and type")


def _crossing(view: View) -> Iterator[Found]:
    external = [step for _where, step in _outbound(view)]
    if not external:
        return
    first, last = min(step.not_before for step in external), max(step.due_by for step in external)
    crossing = {
        touch.plan_id: touch.plan_type
        for touch in view.context.planned
        if touch.plan_type != view.plan.plan_type and first <= touch.at <= last
    }
    for plan_id, plan_type in sorted(crossing.items()):
        yield Found("steps", f"plan {plan_id} ({plan_type}) reaches the same account in the same days")


TIMING = (
    Rule(
        "PG041",
        Severity.ADVISORY,
        DRAFTING,
        "Another open plan",
        "A second open plan of one account and type can never be ACTIVE beside the first.",
        "Look at the other plan first; end one of the two.",
        _beside,
    ),
    Rule(
        "PG042",
        Severity.ADVISORY,
        (Phase.APPROVE,),
        "Plans that cross",
        "Plans of other types mean to reach the same people in the same days.",
        "Talk to the other plan's owner about who goes first.",
        _crossing,
    ),
    Rule(
        "PG051",
        Severity.SOFT,
        (Phase.APPROVE, Phase.STEP),
        "Quiet hours and blackouts",
        "What the system sends leaves on working days of the tenant, outside blackouts, and never at a recipient's "
        "night.",
        "Wait until the time that is named, or give the step more time.",
        _quiet,
    ),
    Rule(
        "PG060",
        Severity.SOFT,
        (Phase.APPROVE, Phase.STEP),
        "Contact caps",
        "Over all plans and the account's history, nobody is contacted more often than policy says.",
        "Move the step, or drop one that reaches the same people.",
        _caps,
    ),
)
