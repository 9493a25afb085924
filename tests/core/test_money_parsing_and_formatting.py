"""Amounts as people enter them, and texts that are not amounts."""

import pytest

from lms.core.errors import Invalid
from lms.core.money_parsing_and_formatting import read_amount, write_amount


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("99", 9_900),
        ("99.", 9_900),
        ("99.5", 9_950),
        ("99.50", 9_950),
        ("99.500", 9_950),
        (".5", 50),
        ("0", 0),
        (" $1,250.00 ", 125_000),
        ("$ 12", 1_200),
        ("9,999,999.99", 999_999_999),
    ],
)
def test_amount_is_read_in_minor_units(text: str, minor: int) -> None:
    assert read_amount(text, "USD", field="amount") == minor
    again = write_amount(minor, "USD")
    assert read_amount(again, "USD", field="amount") == minor


def test_currency_determines_the_number_of_decimals() -> None:
    assert read_amount("1250", "JPY", field="amount") == 1_250
    with pytest.raises(Invalid):
        read_amount("12.5", "JPY", field="amount")


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "$", "about 300", "99.005", "1 2", "1_000", "٣", "0x10"),
        *("-5", "+5", "-0.01", "1e3", "1e400", "1e999999", "1E1000000", "NaN", "sNaN", "Infinity"),
        *("10,000,000.00", "9" * 30, "9" * 5_000, "0." + "1" * 5_000),
    ],
)
def test_invalid_or_too_large_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_amount(text, "USD", field="po_amount")
    assert list(refusal.value.fields) == ["po_amount"]
