"""What one proposal has used of its budget, from the first answer to the last repair."""

from collections.abc import Callable, Iterable
from datetime import datetime
from math import ceil

from pydantic import Field, ValidationError

from agent.pricing import price_of_asking
from agent.settings import Budget
from agent.stops import StoppedError
from plan import Frozen, ModelCall, NoPlanReason, Rejected, usage_of

BYTES_PER_TOKEN = 4
"""A rule of thumb, for the estimate before a call; what a call really took counts after it."""


class Spent(Frozen):
    """What earlier answers of the same proposal have used."""

    turns: int = Field(default=0, ge=0)
    tool_calls: int = Field(default=0, ge=0)
    reasks: int = Field(default=0, ge=0)
    tokens: int = Field(default=0, ge=0)
    micro_usd: int = Field(default=0, ge=0)
    seconds: int = Field(default=0, ge=0)


def spent_before(rejected: Iterable[Rejected]) -> Spent:
    """Return what the newest of the earlier answers says; nothing where it came from elsewhere."""
    *_, last = ({}, *(earlier.answer for earlier in rejected))
    try:
        return Spent.model_validate(last.get("spent", {}))
    except ValidationError:
        return Spent()


class Purse:
    """The budget of one proposal while it is spent; an empty one is a verdict."""

    def __init__(
        self, most: Budget, before: Spent, calls: list[ModelCall], now: datetime, seconds: Callable[[], float]
    ) -> None:
        self._most, self._before, self._calls, self._now = most, before, calls, now
        self._seconds, self._begun = seconds, seconds()
        self._turns, self._tool_calls, self._reasks = before.turns, before.tool_calls, before.reasks

    @property
    def spent(self) -> Spent:
        """Return what was used so far; calls without a known price cost nothing here."""
        return Spent(
            turns=self._turns,
            tool_calls=self._tool_calls,
            reasks=self._reasks,
            tokens=self._tokens(),
            micro_usd=self._micro_usd(),
            seconds=self._before.seconds + ceil(self._seconds() - self._begun),
        )

    @property
    def reasks_left(self) -> int:
        """Return how often an unreadable answer may still be asked for again."""
        return max(0, self._most.reasks - self._reasks)

    @property
    def seconds_left(self) -> float:
        """Return how much time is left; below zero where it is up."""
        return self._most.seconds - self._before.seconds - (self._seconds() - self._begun)

    def take_turn(self, asked: bytes, model: str) -> None:
        """Count one more answer; raise StoppedError where the budget does not allow to ask for it."""
        most, tokens = self._most, ceil(len(asked) / BYTES_PER_TOKEN)
        if self._turns >= most.turns:
            raise StoppedError(NoPlanReason.BUDGET_CALLS, f"{most.turns} answers brought no plan; draft it by hand.")
        if self._tokens() + tokens > most.tokens:
            told = f"{self._tokens()} tokens are spent and the next question takes about {tokens}: more than the"
            raise StoppedError(NoPlanReason.BUDGET_TOKENS, f"{told} {most.tokens} allowed; draft it by hand.")
        if self._micro_usd() + (price_of_asking(model, tokens, self._now) or 0) > most.micro_usd:
            told = f"asking on would cost more than the {most.micro_usd / 1_000_000:.2f} USD allowed"
            raise StoppedError(NoPlanReason.BUDGET_COST, f"For this proposal, {told}; draft it by hand.")
        self.check_time()
        self._turns += 1

    def take_reask(self) -> None:
        """Count one more time that an unreadable answer is asked for again."""
        self._reasks += 1

    def take_tool_call(self) -> bool:
        """Count one more tool call; tell whether it may be made."""
        self._tool_calls += 1
        return self._tool_calls <= self._most.tool_calls

    def check_time(self) -> None:
        """Raise StoppedError where the time is up."""
        if self.seconds_left <= 0:
            told = f"{self._most.seconds} seconds brought no plan; propose again later."
            raise StoppedError(NoPlanReason.BUDGET_TIME, told)

    def _tokens(self) -> int:
        used = usage_of(self._calls)
        return self._before.tokens + used.input_tokens + used.output_tokens

    def _micro_usd(self) -> int:
        return self._before.micro_usd + sum(call.cost_micro_usd or 0 for call in self._calls)
