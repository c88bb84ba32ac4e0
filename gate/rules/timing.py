"""When and how often people are contacted: quiet hours, caps across all plans, other plans, freshness."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gate.decisions import Phase, Severity
from gate.policy import ContactCap, PolicyBundle
from gate.rules.rule import DRAFTING, Found, Rule
from gate.view import View
from plan import Approval, Calendar, PlanStep, Situation, contacts_of, days_between

LONGEST_WAIT = timedelta(days=60)
"""Beyond this, no open hour counts as near."""


class Occasion(NamedTuple):
    """One time that somebody was contacted, or will be: the people, and what makes it one occasion."""

    at: datetime
    contacts: frozenset[str]
    name: object


def first_open(at: datetime, zones: Iterable[str], calendar: Calendar, policy: PolicyBundle) -> datetime | None:
    """Return the first instant at or after `at` that is quiet for nobody; None where none is near.

    Hours count in each recipient's time zone, days off and blackouts in the tenant's.
    """
    asked = tuple(dict.fromkeys(zones)) or (calendar.time_zone,)
    end = at + LONGEST_WAIT
    while at <= end:
        moved = next((later for zone in asked if (later := _after_quiet(at, zone, policy)) > at), at)
        moved = _after_day_off(moved, calendar, policy)
        if moved == at:
            return at
        at = moved
    return None


def _after_quiet(at: datetime, zone: str, policy: PolicyBundle) -> datetime:
    """Return `at` where it is no quiet hour in this zone, else the end of the quiet hours."""
    quiet = policy.quiet_hours
    local = at.astimezone(ZoneInfo(zone))
    if quiet.ends <= local.hour < quiet.starts:
        return at
    day = local.date() + timedelta(days=1 if local.hour >= quiet.starts else 0)
    return Calendar(time_zone=zone).at(day, quiet.ends)


def _after_day_off(at: datetime, calendar: Calendar, policy: PolicyBundle) -> datetime:
    """Return `at` on a day on which the tenant writes, else the first instant of the next one."""
    day = calendar.local_date(at)
    if _writes(day, calendar, policy):
        return at
    for _ in range(LONGEST_WAIT.days + 1):
        day += timedelta(days=1)
        if _writes(day, calendar, policy):
            break
    return calendar.start_of(day)


def _writes(day: date, calendar: Calendar, policy: PolicyBundle) -> bool:
    return calendar.is_business_day(day) and not any(b.first <= day <= b.last for b in policy.blackouts)


def _quiet(view: View) -> Iterator[Found]:
    calendar = view.situation.tenant.calendar
    for where, step, spec in view.known:
        if not spec.external or step.approval is Approval.TASK:
            continue
        zones = _zones(view.situation, step)
        if view.phase is Phase.STEP:
            opens = first_open(view.now, zones, calendar, view.policy)
            if opens != view.now:
                until = f"until {opens:%Y-%m-%d %H:%M} UTC" if opens else f"for {LONGEST_WAIT.days} days"
                yield Found(
                    where, f"{step.action_type} would reach people in quiet time; they are quiet {until}", opens
                )
            continue
        opens = first_open(max(step.not_before, view.now), zones, calendar, view.policy)
        if opens is None or opens >= step.due_by:
            yield Found(where, f"{step.action_type} has no open hour before it is due")


def _zones(known: Situation, step: PlanStep) -> list[str]:
    found = (known.contact(contact_id) for contact_id in contacts_of(step.params))
    return [c.time_zone or known.tenant.calendar.time_zone for c in found if c is not None]


def _caps(view: View) -> Iterator[Found]:
    past = [
        Occasion(
            t.at, frozenset({t.contact_id} if t.contact_id else ()), (t.step_id, t.at) if t.step_id else t.touch_id
        )
        for t in view.situation.history
        if t.external
    ]
    if view.phase is Phase.STEP:
        for where, step, spec in view.known:
            if spec.external and step.approval is not Approval.TASK:
                yield from _over(view, where, _occasion(step, view.now), past, starting=True)
        return
    ahead = [Occasion(p.at, frozenset(p.contact_ids), (p.plan_id, p.action_type, p.at)) for p in view.context.planned]
    seen = past + ahead
    own = sorted(((w, s) for w, s, spec in view.known if spec.external), key=lambda pair: pair[1].not_before)
    for where, step in own:
        planned = _occasion(step, max(step.not_before, view.now))
        yield from _over(view, where, planned, seen, starting=False)
        seen.append(planned)


def _occasion(step: PlanStep, at: datetime) -> Occasion:
    return Occasion(at, frozenset(contacts_of(step.params)), step.step_id)


def _over(view: View, where: str, planned: Occasion, seen: list[Occasion], *, starting: bool) -> Iterator[Found]:
    for cap in view.policy.contact_caps:
        groups = sorted(planned.contacts) if cap.per == "contact" else [""]
        for contact in groups:
            near = _within(planned, seen, cap, contact)
            if len(near) < cap.most:
                continue
            whom = f"contact {contact}" if contact else "the account"
            told = f"{whom} is contacted {len(near) + 1} times in {cap.days} days; {cap.most} is the most"
            free = near[-cap.most] + timedelta(days=cap.days) if starting else None
            yield Found(where, told, free)


def _within(planned: Occasion, seen: list[Occasion], cap: ContactCap, contact: str) -> list[datetime]:
    """Return when, in the days that end with the planned occasion, others fall: each occasion once, in order."""
    first = planned.at - timedelta(days=cap.days)
    near = {o.name: o.at for o in seen if first < o.at <= planned.at and (not contact or contact in o.contacts)}
    return sorted(near.values())


def _other_open(view: View) -> Iterator[Found]:
    for other in view.situation.open_plans:
        if other.plan_type == view.plan.plan_type and other.plan_id != str(view.plan.plan_id):
            yield Found("account_id", f"plan {other.plan_id} of this account and type is {other.status}")


def _other_types(view: View) -> Iterator[Found]:
    own = [(step.not_before, step.due_by) for _, step, spec in view.known if spec.external]
    if not own:
        return
    first, last = min(start for start, _ in own), max(end for _, end in own)
    for other in view.context.planned:
        if other.plan_type != view.plan.plan_type and first <= other.at <= last:
            told = f"plan {other.plan_id} ({other.plan_type}) means to take {other.action_type} on {other.at:%Y-%m-%d}"
            yield Found("steps", told)


def _fresh(view: View) -> Iterator[Found]:
    calendar, ages = view.situation.tenant.calendar, view.policy.freshness_days
    today = calendar.local_date(view.now)
    posture = days_between(calendar.local_date(view.situation.posture.as_of), today)
    if posture > ages.posture:
        yield Found("account_id", f"its posture is {posture} days old; {ages.posture} is the most")
    dated = _dated(view.situation, view.now)
    for where, step, _spec in view.judged:
        seen = [dated[ref] for ref in step.evidence if ref in dated]
        age = days_between(calendar.local_date(max(seen)), today) if seen else 0
        if age > ages.evidence:
            yield Found(f"{where}.evidence", f"its newest evidence is {age} days old; {ages.evidence} is the most")


def _dated(known: Situation, now: datetime) -> dict[str, datetime]:
    """Return when each piece of evidence that has a date was last true; an open ticket is true now."""
    found = {s.signal_id: s.observed_at for s in known.signals}
    found |= {t.ticket_id: t.closed_at or now for t in known.tickets}
    return found | {t.touch_id: t.at for t in known.history}


TIMING = (
    Rule(
        "PG041",
        Severity.ADVISORY,
        DRAFTING,
        "Other open plans",
        "Another plan of this account and type is open. Only one of them can run.",
        "Look at the other plan first.",
        _other_open,
    ),
    Rule(
        "PG042",
        Severity.ADVISORY,
        (Phase.APPROVE,),
        "Plans of other types",
        "A plan of another type contacts the same account in the same weeks.",
        "Agree with its owner who writes when.",
        _other_types,
    ),
    Rule(
        "PG051",
        Severity.SOFT,
        (Phase.APPROVE, Phase.STEP),
        "Quiet hours and blackouts",
        "Nobody is contacted at night in their own time zone, on days off, or in a blackout of the tenant.",
        "Give the step a longer window, or wait: it starts when the quiet time ends.",
        _quiet,
    ),
    Rule(
        "PG060",
        Severity.SOFT,
        (Phase.APPROVE, Phase.STEP),
        "Contact caps",
        "A contact and an account are left alone after so many touches in so many days, over all plans and the past.",
        "Spread the steps, leave one out, or wait: it starts when there is room again.",
        _caps,
    ),
    Rule(
        "PG072",
        Severity.SOFT,
        (Phase.APPROVE, Phase.ACTIVATE),
        "Fresh grounds",
        "What a plan rests on is not too old: the account's posture, and the newest evidence of each step.",
        "Import what is known today, and have the posture derived again.",
        _fresh,
    ),
)
