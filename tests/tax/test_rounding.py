"""Rounding: half up, with parts that add up to the cent (MONEY.md, M4)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lms.tax.rounding import share, spread, tax_on


def test_tax_is_rounded_half_up() -> None:
    assert tax_on(9900, Decimal("8.25")) == 817  # 816.75
    assert tax_on(200, Decimal("0.25")) == 1  # 0.5
    assert tax_on(0, Decimal("8.25")) == 0


def test_share_is_rounded_half_up() -> None:
    assert share(2500, 16_250, 32_500) == 1250
    assert share(1, 1, 2) == 1
    assert share(5, 0, 3) == 0
    assert share(5, 1, 0) == 0


def test_largest_remainders_get_what_rounding_leaves() -> None:
    assert spread(100, [1, 1, 1]) == (34, 33, 33)
    assert spread(817, [3300, 3300, 3300]) == (273, 272, 272)
    assert spread(-100, [1, 1, 1]) == (-34, -33, -33)
    assert spread(7, [0, 0]) == (7, 0)
    assert spread(7, []) == ()


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_parts_add_up_and_differ_by_less_than_a_cent(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    if total:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * total - amount * weight) < total
