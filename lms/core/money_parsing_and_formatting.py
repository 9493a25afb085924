"""Money parsing and formatting: reads and writes amounts as people type them."""

import re
from decimal import Decimal
from typing import Final

from babel.numbers import get_currency_precision

from lms.core.errors import N_, Invalid

NOT_AN_AMOUNT = N_("Enter an amount like 99.00.")
MOST_MINOR: Final = 999_999_999  # more than anything costs; the columns are 32 bits wide
_PLAIN: Final = re.compile(r"[0-9]{1,9}\.?[0-9]{0,9}|\.[0-9]{1,9}")


def read_amount(text: str, currency: str, *, field: str) -> int:
    """Return a typed amount in minor units; raises Invalid, naming `field`, if it isn't an amount.

    An amount has no sign and no exponent.
    """
    plain = text.strip().lstrip("$€£").replace(",", "").strip()
    if _PLAIN.fullmatch(plain):
        minor = Decimal(plain).scaleb(get_currency_precision(currency))
        if minor == minor.to_integral_value() and minor <= MOST_MINOR:
            return int(minor)
    raise Invalid(NOT_AN_AMOUNT, field=field)


def write_amount(minor: int, currency: str) -> str:
    """Return an amount as in a form field: `99.00`."""
    precision = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-precision):.{precision}f}"
