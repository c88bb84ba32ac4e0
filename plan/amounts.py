"""Money in words and in minor units: how many digits a currency has, and how an amount is written for people."""

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
"""Digits after the point by ISO 4217 code; every other currency has two."""


def minor_digits(currency: str) -> int:
    """Return how many digits a currency has after the point."""
    return MINOR_DIGITS.get(currency.upper(), 2)


def amount_text(minor: int, currency: str) -> str:
    """Return an amount as people write it: 12000000 minor units of EUR are `120,000.00 EUR`."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{digits}d}" if digits else "") + f" {currency}"
