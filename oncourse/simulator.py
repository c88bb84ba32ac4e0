"""The simulator: an executor that sends nothing, and seeded customers and colleagues who answer.

Nobody in it is real. The same seed gives the same answers in the same order.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import Field

from orchestrator import Order, Receipt, ReceiptKind
from plan import ActionSpec, Calendar, Frozen, PlanStep, spec_of


class Answer(Frozen):
    """What comes of one action at one account, and how many days later."""

    outcome: str
    after_days: int = Field(ge=0, le=365)


class Temper(Frozen):
    """How a customer answers: a chance in hundredths that the first good outcome comes, else silence or the bad one."""

    good: int = Field(ge=0, le=100)
    silent: int = Field(ge=0, le=100)
    days: tuple[int, int] = (1, 5)
    """Fewest and most days until an answer."""


EAGER = Temper(good=95, silent=3, days=(1, 3))
USUAL = Temper(good=70, silent=18, days=(1, 6))
SILENT = Temper(good=0, silent=100)
HOSTILE = Temper(good=15, silent=25, days=(1, 8))


class Script(Frozen):
    """What is fixed for one account beyond its temper: answers and provider faults by action and attempt."""

    temper: Temper = USUAL
    answers: dict[str, tuple[Answer, ...]] = Field(default_factory=dict)
    """Action type -> the answer to its first, second, ... attempt; silence after the last."""
    closes_at_bp: int | None = Field(default=10_000, ge=0, le=20_000)
    """With a signed commitment the CRM closes the renewal at this share of the old revenue; None: it never does."""
    faults: dict[str, int] = Field(default_factory=dict)
    """Action type -> how many first attempts the provider turns away for now."""


class SimulatedExecutor:
    """Carries out orders in memory; the same key is the same effect, however often it comes."""

    name = "simulator"

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        self._scripts = scripts or {}
        self.applied: dict[str, Order] = {}

    def execute(self, order: Order) -> Receipt:
        """Accept an order, or turn away the first attempts that the account's script names."""
        script = self._scripts.get(order.account_id, Script())
        if order.attempt <= script.faults.get(order.action_type, 0):
            return Receipt(kind=ReceiptKind.RETRYABLE, outcome="SOURCE_UNAVAILABLE", reference="try again later")
        self.applied.setdefault(order.key, order)
        return self._receipt(order)

    def reconcile(self, order: Order) -> Receipt:
        """Say whether an order with this key was accepted."""
        if order.key not in self.applied:
            return Receipt(kind=ReceiptKind.NOT_SENT)
        return self._receipt(order)

    def _receipt(self, order: Order) -> Receipt:
        reference = "sim-" + hashlib.sha256(order.key.encode()).hexdigest()[:12]
        spec = spec_of(order.action_type)
        if spec.awaits_outcome:
            return Receipt(kind=ReceiptKind.DISPATCHED, reference=reference)
        return Receipt(kind=ReceiptKind.SUCCEEDED, outcome=spec.outcomes_ok[0], reference=reference)


class Customers:
    """Customers, and colleagues who perform tasks: what each answers, and when."""

    def __init__(self, seed: str, scripts: Mapping[str, Script] | None = None) -> None:
        self._seed, self._scripts = seed, scripts or {}

    def answer(
        self, account_id: str, step: PlanStep, sent_at: datetime, calendar: Calendar
    ) -> tuple[datetime, str] | None:
        """Return when which outcome of a step comes; None is silence."""
        script = self._scripts.get(account_id, Script())
        spec = spec_of(step.action_type)
        fixed = script.answers.get(step.action_type)
        if fixed is not None:
            if step.attempts > len(fixed):
                return None
            given = fixed[step.attempts - 1]
            return self._at(sent_at, given.after_days, calendar), given.outcome
        return self._drawn(account_id, step, spec, script.temper, sent_at, calendar)

    def closing(self, account_id: str, baseline_minor: int) -> int | None:
        """Return the yearly revenue at which the CRM closes a renewal; None where it does not."""
        share = self._scripts.get(account_id, Script()).closes_at_bp
        return None if share is None else baseline_minor * share // 10_000

    def _drawn(
        self,
        account_id: str,
        step: PlanStep,
        spec: ActionSpec,
        temper: Temper,
        sent_at: datetime,
        calendar: Calendar,
    ) -> tuple[datetime, str] | None:
        drawn = self._draw(account_id, step.action_type, step.attempts)
        low, high = temper.days
        at = self._at(sent_at, low + (drawn // 100) % (high - low + 1), calendar)
        chance = drawn % 100
        if not spec.external:
            return at, spec.outcomes_ok[0]
        if chance < temper.good:
            return at, spec.outcomes_ok[0]
        if chance < temper.good + temper.silent:
            return None
        bad = [o for o in spec.outcomes_bad if o != spec.timeout_outcome] or list(spec.outcomes_bad)
        return at, bad[drawn % len(bad)]

    def _draw(self, *words: object) -> int:
        text = ":".join(str(word) for word in (self._seed, *words))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])

    @staticmethod
    def _at(sent_at: datetime, days: int, calendar: Calendar) -> datetime:
        return calendar.add_business_days(sent_at, days) + timedelta(minutes=37)
