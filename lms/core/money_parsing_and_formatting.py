"""Money parsing and formatting: reads and writes amounts as people type them."""

from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision

from lms.core.errors import N_, Invalid

NOT_AN_AMOUNT = N_("Enter an amount like 99.00.")


def read_amount(text: str, currency: str, *, field: str) -> int:
    """Return a typed amount in minor units; raises Invalid, naming `field`, if it isn't an amount."""
    try:
        minor = Decimal(text.strip().lstrip("$€£").replace(",", "")).scaleb(
            get_currency_precision(currency)
        )
        if minor == minor.to_integral_value():
            return int(minor)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    raise Invalid(NOT_AN_AMOUNT, fields={field: NOT_AN_AMOUNT})


def write_amount(minor: int, currency: str) -> str:
    """Return an amount as in a form field: `99.00`."""
    precision = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-precision):.{precision}f}"
