"""What an answer costs, by a price list that ships with its library: nothing is fetched."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from plan import INT_BOUND

_PROVIDER = "anthropic"
"""Its list prices count for its models wherever they are asked; another's model is unpriced."""
_MICRO = 1_000_000


def price_of(answer: Mapping[str, Any], now: datetime) -> int | None:
    """Return the price of one answer in millionths of a US dollar, rounded up; None where nobody lists it.

    `answer`: the body as it came, of which `model` and `usage` count, cached tokens at their own price.
    """
    from genai_prices import extract_usage

    try:
        found = extract_usage(answer, provider_id=_PROVIDER).calc_price(genai_request_timestamp=now)
    except (LookupError, ValueError):
        return None
    cost = int((Decimal(found.total_price) * _MICRO).to_integral_value(ROUND_UP))
    return cost if cost < INT_BOUND else None


def price_of_asking(model: str, tokens: int, now: datetime) -> int | None:
    """Return the price of so many tokens in and none out."""
    return price_of({"model": model, "usage": {"input_tokens": tokens, "output_tokens": 0}}, now)
