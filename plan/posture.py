"""A reference derivation of posture from signals, for imported data that brings none.

The weights follow what renewal handbooks publish: a hard signal is a thing that happened (an escalation, a product
left), a soft one a tendency (usage fell by 30 %), an explicit threat stands alone.
"""

from datetime import timedelta

from plan.calendars import Calendar, days_between
from plan.scalars import Instant
from plan.situation import Contract, Posture, PostureReading, Signal, SignalType

HARD = frozenset(
    {
        SignalType.NO_USAGE,
        SignalType.CHAMPION_LEFT,
        SignalType.SUPPORT_ESCALATION,
        SignalType.SLA_BREACHED,
        SignalType.PARTIAL_CHURN,
    }
)
SOFT = frozenset(
    {
        SignalType.USAGE_DROP,
        SignalType.USAGE_DECLINE_STREAK,
        SignalType.LOW_ADOPTION,
        SignalType.SINGLE_THREADED,
        SignalType.EXEC_SILENCE,
        SignalType.RELATIONSHIP_COLD,
        SignalType.TICKET_LOAD,
        SignalType.NPS_DETRACTOR,
        SignalType.PAYMENT_OVERDUE,
        SignalType.COST_OPTIMIZING,
        SignalType.DOWNGRADE,
    }
)
THREAT = frozenset({SignalType.COMPETITOR_EVALUATION, SignalType.DATA_EXPORT_REQUEST, SignalType.CHURN_THREAT})
GROWTH = frozenset({SignalType.USAGE_GROWTH, SignalType.SEAT_LIMIT_NEAR, SignalType.UPGRADE, SignalType.PROMOTER})
FRESH = timedelta(days=90)
"""A signal older than this no longer speaks of today."""
CRITICAL_DAYS = 60
"""An account at risk this close to its renewal is critical."""


def derive(
    signals: tuple[Signal, ...], contracts: tuple[Contract, ...], now: Instant, calendar: Calendar
) -> PostureReading:
    """Derive how an account stands at `now` from its fresh signals and its next renewal."""
    if not contracts:
        return PostureReading(posture=Posture.PROSPECT, as_of=now)
    fresh = [s for s in signals if now - FRESH <= s.observed_at <= now]
    types = {s.type for s in fresh}
    hard, soft = len(types & HARD), len(types & SOFT)
    today = calendar.local_date(now)
    ahead = [days_between(today, c.renews_on) for c in contracts if c.renews_on >= today]
    at_risk = (hard and soft) or hard >= 2 or soft >= 3  # noqa: PLR2004 - the handbook's own small numbers
    if (types & THREAT and (hard or soft)) or (at_risk and ahead and min(ahead) <= CRITICAL_DAYS):
        posture = Posture.CRITICAL
    elif at_risk or types & THREAT:
        posture = Posture.AT_RISK
    elif hard or soft >= 2:  # noqa: PLR2004
        posture = Posture.WATCH
    elif types & GROWTH and not soft:
        posture = Posture.EXPANSION_READY
    else:
        posture = Posture.WATCH if soft else Posture.SECURE
    evidence = tuple(sorted(s.signal_id for s in fresh if s.type in HARD | SOFT | THREAT | GROWTH))
    return PostureReading(posture=posture, as_of=now, evidence_ids=evidence)
