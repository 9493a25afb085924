"""Excel workbooks: their rows as text with line numbers; hostile ones are refused."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core.errors import Invalid
from lms.core.text_decoding import SAVE_AS
from lms.organizations import xlsx_reader
from lms.organizations.xlsx_reader import NO_SHEET, is_xlsx, read_rows
from tests.seat_imports.workbooks import MAIN, WORKBOOK, packed, workbook


def rows_of(data: bytes) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in read_rows(io.BytesIO(data))]


def sheet_of(rows: str) -> str:
    return f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'


def refusal_of(data: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        rows_of(data)
    assert refused.value.fields == {"file": refused.value.message}
    return refused.value.message


def test_first_visible_sheet_is_read_with_its_row_numbers() -> None:
    data = workbook([["Email", "Name"], [], ["zoë@example.org", "", "R & D"]])
    assert rows_of(data) == [(1, ("Email", "Name")), (3, ("zoë@example.org", "", "R & D"))]


def test_every_kind_of_cell_is_read() -> None:
    sheet = sheet_of(
        '<x:row r="2"><x:c t="inlineStr"><x:is><x:r><x:t>Jane </x:t></x:r><x:r><x:t>Doe</x:t></x:r>'
        '</x:is></x:c><x:c t="str"><x:f>A1</x:f><x:v>jane@example.org</x:v></x:c>'
        '<x:c r="AA2"><x:v>12.5</x:v></x:c><x:c t="b"><x:v>1</x:v></x:c></x:row><x:row/>'
    )
    [(line, cells)] = rows_of(workbook([], sheet=sheet))
    assert line == 2
    assert (cells[0], cells[1], cells[26], cells[27]) == (
        "JaneDoe",
        "jane@example.org",
        "12.5",
        "1",
    )
    assert len(cells) == 28


def test_phonetic_guides_are_left_out() -> None:
    shared = (
        f'<sst xmlns="{MAIN}"><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>'
    )
    assert rows_of(workbook([["x"]], shared=shared)) == [(1, ("東京",))]


def test_only_a_workbook_is_recognized_as_xlsx() -> None:
    assert is_xlsx(io.BytesIO(workbook([["x"]])))
    for other in (b"", b"email,name\n", b"PK\x03\x04xl/workbook.xml", workbook([["x"]])[:-40]):
        assert not is_xlsx(io.BytesIO(other))


def test_damaged_and_hostile_workbooks_are_refused_with_advice() -> None:
    entity = f'<!DOCTYPE x [<!ENTITY a "b">]>{WORKBOOK}'
    broken = {
        "an entity": workbook([["x"]], workbook=entity),
        "a DTD in the sheet": workbook([["x"]], sheet="<!DOCTYPE x><x/>"),
        "half a sheet": workbook([["x"]], sheet="<worksheet><sheetData>"),
        "a text that is not there": workbook([["x"]], shared=f'<sst xmlns="{MAIN}"/>'),
        "a row that is no number": workbook([], sheet=sheet_of('<x:row r="x"/>')),
        "a row beyond the last": workbook([], sheet=sheet_of('<x:row r="9999999"/>')),
        "a text that is no number": workbook(
            [["x"]], sheet=sheet_of('<x:row><x:c t="s"><x:v>-1</x:v></x:c></x:row>')
        ),
        "text without end": workbook([], sheet=sheet_of(" " * 2_000_000)),
        "a tag without end": workbook([], sheet=sheet_of(f'<x:row a="{"1" * 2_000_000}"/>')),
        "compression that no spreadsheet program uses": packed(
            {"xl/workbook.xml": WORKBOOK}, zipfile.ZIP_LZMA
        ),
        "tags in tags": workbook([], sheet="<a>" * 100 + "</a>" * 100),
    }
    for name, data in broken.items():
        assert SAVE_AS in refusal_of(data), name
    assert NO_SHEET in refusal_of(workbook([["x"]], links="<Relationships/>"))


def test_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook([[f"person{number}@example.org"] for number in range(5_000)])
    monkeypatch.setattr(xlsx_reader, "LARGEST_OTHER", 100_000)
    assert "50 MB" in refusal_of(data)
    monkeypatch.setattr(xlsx_reader, "LARGEST_OTHER", 10_000_000)
    monkeypatch.setattr(xlsx_reader, "LARGEST_SHEET", 100_000)
    assert "50 MB" in refusal_of(data)


def test_long_cells_are_cut_and_far_columns_left_out() -> None:
    sheet = sheet_of(
        '<x:row><x:c r="A1"><x:v>1</x:v></x:c><x:c r="XFD1"><x:v>2</x:v></x:c></x:row>'
    )
    assert rows_of(workbook([], sheet=sheet)) == [(1, ("1",))]
    [(_, [cell])] = rows_of(workbook([["x" * 5_000]]))
    assert len(cell) == 1_000


@given(st.binary(max_size=600), st.integers(0, 900))
def test_damaged_workbook_raises_no_other_error_than_invalid(noise: bytes, place: int) -> None:
    whole = workbook([["Email"], ["jane@example.org"]])
    with suppress(Invalid):
        rows_of(whole[:place] + noise + whole[place + len(noise) :])
