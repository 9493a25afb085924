"""Excel workbooks for tests, as spreadsheet programs write them."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK: Final = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Notes" sheetId="1" state="hidden" r:id="rId1"/>'
    '<sheet name="Staff" sheetId="2" r:id="rId2"/></sheets></workbook>'
)
LINKS: Final = (
    "<Relationships>"
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/worksheet" Target="/xl/worksheets/sheet2.xml"/>'
    "</Relationships>"
)


def workbook(rows: Iterable[Sequence[str]], **parts: str) -> bytes:
    """Return a workbook with these rows in its visible sheet; `parts` replaces named parts."""
    texts: dict[str, int] = {}
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{_letters(place)}{number}" t="s"><v>{texts.setdefault(text, len(texts))}</v></c>'
            for place, text in enumerate(row)
            if text
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    hidden = (
        f'<worksheet xmlns="{MAIN}"><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>'
    )
    return packed(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": parts.get("workbook", WORKBOOK),
            "xl/_rels/workbook.xml.rels": parts.get("links", LINKS),
            "xl/sharedStrings.xml": parts.get("shared", f'<sst xmlns="{MAIN}">{shared}</sst>'),
            "xl/worksheets/sheet1.xml": hidden,
            "xl/worksheets/sheet2.xml": parts.get("sheet", sheet),
        }
    )


def packed(parts: Mapping[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _letters(place: int) -> str:
    return chr(65 + place) if place < 26 else chr(64 + place // 26) + chr(65 + place % 26)
