"""Exported CSV files: what spreadsheet programs read, and formulas they must not run."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.core.csv_files import BOM, Cell, csv_pieces, defused


def opened(*rows: tuple[Cell, ...]) -> list[list[str]]:
    """Return the cells as a spreadsheet program reads them."""
    text = "".join(csv_pieces(("name", "count"), rows))
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))[1:]


@pytest.mark.parametrize(
    "dangerous",
    [
        '=HYPERLINK("https://bad.example","you")',
        "=1+1",
        "+1+1",
        "-2+3",
        "@SUM(A1:A9)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        '"=1+1',
        "'=1+1",
        "\ufeff=1+1",
        "\u200b=1+1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20SUM(1)",
        "|cmd",
        "\tplain",
    ],
)
def test_text_that_starts_a_formula_is_shown_and_not_run(dangerous: str) -> None:
    assert opened((dangerous, 1)) == [["'" + dangerous, "1"]]


@pytest.mark.parametrize(
    "harmless", ["Jane Doe", "jane@example.org", "3+4", "O'Neil", "-12", "+4.5", "", "Ann = Bob"]
)
def test_harmless_text_is_unchanged(harmless: str) -> None:
    assert opened((harmless, 1)) == [[harmless, "1"]]


def test_separators_quotes_and_line_breaks_stay_within_their_cell() -> None:
    awkward = 'Doe; "Jane", of\nElm'
    text = "".join(csv_pieces(("name",), [(awkward,)]))
    for delimiter in (",", ";", "\t"):
        rows = csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), delimiter=delimiter)
        assert list(rows)[1] == [awkward]


def test_heading_is_escaped_as_well() -> None:
    assert "".join(csv_pieces(("=1+1",), ())) == BOM + '"\'=1+1"\r\n'


def test_numbers_times_and_missing_values_are_readable_by_programs() -> None:
    moment = datetime(2026, 10, 7, 0, 0, tzinfo=ZoneInfo("America/New_York"))
    assert opened((-3, 2.5), (moment, None)) == [["-3", "2.5"], ["2026-10-07T04:00:00Z", ""]]


def test_file_starts_with_a_utf_8_byte_order_mark() -> None:
    assert "".join(csv_pieces(("Ä",), ())).encode().startswith(b"\xef\xbb\xbf")


def test_long_table_is_streamed_while_its_rows_are_read() -> None:
    read = 0

    def rows() -> object:
        nonlocal read
        for number in range(10_000):
            read = number
            yield (f"person{number}@example.org", number)

    pieces = csv_pieces(("email", "count"), rows())  # type: ignore[arg-type]  # a generator of rows
    first = next(pieces)
    assert len(first) < 70_000
    assert read < 5_000
    assert (first + "".join(pieces)).count("\r\n") == 10_001


@given(st.text())
@example('"\t')
def test_escaped_text_never_starts_a_formula(text: str) -> None:
    shown = defused(text)
    looked_at = shown.strip('\u200b\ufeff "')
    assert not looked_at.startswith(("=", "@", "\t", "\r", "\uff1d", "\uff20"))


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))))
@example(["'@"])
def test_text_is_read_back_unchanged_except_for_the_apostrophe(texts: list[str]) -> None:
    cells = [row[0] for row in opened(*((text, 0) for text in texts))]
    assert all(cell in (text, f"'{text}") for cell, text in zip(cells, texts, strict=True))
