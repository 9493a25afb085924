"""Whole numbers in a field: plain digits up to a limit."""

import pytest

from lms.web.core.number_parsing_and_formatting import read_figures


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("100", 100)])
def test_plain_digits_are_a_number(text: str, number: int) -> None:
    assert read_figures(text, 100) == number


@pytest.mark.parametrize(
    "text", ["", " 7", "-1", "+1", "1_0", "1.0", "\u0667", "\u00b2", "101", "9" * 5000, "one"]
)
def test_anything_but_plain_digits_is_none(text: str) -> None:
    assert read_figures(text, 100) is None
