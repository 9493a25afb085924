"""Contact sheets: pages of many thumbnails, for review by eye."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

STYLE: Final = (
    "body{{display:grid;grid-template-columns:repeat({columns},1fr);gap:8px;align-items:start;"
    "margin:8px;background:#888;font:14px sans-serif}}"
    "figure{{min-width:0;margin:0;overflow-wrap:anywhere}}img{{width:100%}}"
)


def write_sheets(
    page: Page,
    name: str,
    pictures: Sequence[tuple[str, Path]],
    *,
    on_a_sheet: int,
    columns: int = 4,
) -> None:
    """Write contact sheets of titled pictures, as `NAME-01.png` next to the pictures."""
    page.set_viewport_size({"width": 1600, "height": 900})
    for first in range(0, len(pictures), on_a_sheet):
        some = pictures[first : first + on_a_sheet]
        cells = "".join(
            f'<figure><figcaption>{escape(title)}</figcaption><img src="{path.name}"></figure>'
            for title, path in some
        )
        sheet = some[0][1].with_name(f"{name}-{first // on_a_sheet + 1:02}.html")
        style = STYLE.format(columns=columns)
        sheet.write_text(f"<style>{style}</style>{cells}", encoding="utf-8")
        page.goto(sheet.as_uri())
        page.screenshot(path=sheet.with_suffix(".png"), full_page=True)
