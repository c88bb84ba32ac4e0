"""What asking a model came to: calls, tokens and money."""

from collections.abc import Iterable

from pydantic import Field

from plan.proposals import ModelCall
from plan.scalars import Frozen

_MICRO = 1_000_000


class Usage(Frozen):
    """The sum over some calls, failed ones included."""

    calls: int = Field(default=0, ge=0)
    input_tokens: int = Field(default=0, ge=0)
    """Cached ones included."""
    output_tokens: int = Field(default=0, ge=0)
    cost_micro_usd: int | None = Field(default=0, ge=0)
    """None where the price of one call is not known."""


def usage_of(calls: Iterable[ModelCall]) -> Usage:
    """Return what some calls came to."""
    found = tuple(calls)
    priced = [call.cost_micro_usd for call in found if call.cost_micro_usd is not None]
    return Usage(
        calls=len(found),
        input_tokens=sum(call.input_tokens for call in found),
        output_tokens=sum(call.output_tokens for call in found),
        cost_micro_usd=sum(priced) if len(priced) == len(found) else None,
    )


def describe_usage(calls: Iterable[ModelCall]) -> str:
    """Return who was asked and what it took, in one line; nothing where nobody was asked."""
    found = tuple(calls)
    if not found:
        return ""
    used = usage_of(found)
    who = ", ".join(dict.fromkeys(call.model_answered or call.model_asked for call in found))
    how = "recorded answers of " if any(call.cassette for call in found) else ""
    times = "1 call" if used.calls == 1 else f"{used.calls} calls"
    tokens = f"{used.input_tokens:,} tokens in, {used.output_tokens:,} out"
    return f"{how}{who}: {times}, {tokens}, {_price(used.cost_micro_usd)}"


def _price(micro_usd: int | None) -> str:
    """Return a sum in dollars, rounded up to a hundredth of a cent."""
    return "unpriced" if micro_usd is None else f"{-(-micro_usd // 100) * 100 / _MICRO:.4f} USD"
