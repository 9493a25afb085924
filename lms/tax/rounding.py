"""Rounding: a tax is computed once for all lines of a rate, and spread over them (MONEY.md, M4).

Pure: amounts are minor units of one currency.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def tax_on(net_minor: int, rate: Decimal) -> int:
    """Return the tax on an amount at a rate in percent, rounded half up (away from zero)."""
    exact = Decimal(net_minor) * rate / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share(amount_minor: int, part: int, whole: int) -> int:
    """Return `part`/`whole` of a nonnegative amount, rounded half up; 0 if `whole` is 0."""
    return (2 * amount_minor * part + whole) // (2 * whole) if whole else 0


def spread(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount into parts that add up to it, in proportion to nonnegative weights.

    The rest after rounding down goes to the parts with the largest remainders, the first of equal ones.
    If all weights are 0, the first part gets all.
    """
    if not weights:
        return ()
    total = sum(weights)
    if total == 0:
        return (amount_minor, *([0] * (len(weights) - 1)))
    sign = -1 if amount_minor < 0 else 1
    pairs = [divmod(abs(amount_minor) * weight, total) for weight in weights]
    parts = [whole for whole, _ in pairs]
    left = abs(amount_minor) - sum(parts)
    by_remainder = sorted(range(len(pairs)), key=lambda place: (-pairs[place][1], place))
    for place in by_remainder[:left]:
        parts[place] += 1
    return tuple(sign * part for part in parts)
