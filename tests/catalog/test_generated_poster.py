"""Generated posters: any title fits its column."""

from base64 import b64encode
from xml.etree import ElementTree as ET

import pytest

from lms.catalog.generated_poster import BYLINE_SIZES, COLUMN, FLOOR, MARGIN, draw_poster
from lms.catalog.svg_text_outlines import Line, can_set, draw, fit, width_of
from lms.core.accent_colors import contrast

ACCENT = "#1d6a4c"
SVG = "{http://www.w3.org/2000/svg}"
LONG = "A long title about opening day, the tour of the reading room and everything that moved"


def drawn(
    title: str, byline: str = "Ines Falk", seed: str = "w", accent: str = ACCENT
) -> ET.Element:
    return ET.fromstring(  # noqa: S314  (we drew it)
        draw_poster(title=title, byline=byline, accent=accent, seed=seed)
    )


def lines_of(poster: ET.Element) -> list[ET.Element]:
    return [group for group in poster.iter(f"{SVG}g") if "transform" in group.attrib]


def test_text_width_includes_kerning() -> None:
    assert width_of("AVAVAV", 100) < width_of("A", 100) * 3 + width_of("V", 100) * 3
    assert width_of("mmmm", 50) == pytest.approx(width_of("mmmm", 100) / 2)


def test_lines_have_similar_widths() -> None:
    found = fit("one two three four", width=400, sizes=(60,), most_lines=(2,))
    assert found is not None
    assert found.lines == ("one two", "three four")


def test_largest_size_that_fits_is_used() -> None:
    found = fit("Weeding", width=400, sizes=(300, 60, 20), most_lines=(1, 1, 1))
    assert found is not None
    assert found.size == 60


@pytest.mark.parametrize("text", ["", "W" * 60])
def test_text_that_fits_no_size_is_not_set(text: str) -> None:
    assert fit(text, width=400, sizes=(60, 20), most_lines=(3, 9)) is None


def test_each_glyph_outline_is_included_once() -> None:
    made = draw([Line("lull", 0, 0, 10, "#000000"), Line("ull", 0, 9, 10, "#000000")])
    assert made.count("<path") == 2
    assert made.count("<use") == 7


@pytest.mark.parametrize("title", ["Weeding", "The First Ninety Seconds at the Desk", LONG, "ÄÉŁŚ"])
@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_every_line_stays_in_its_column(title: str, seed: str) -> None:
    poster = drawn(title, seed=seed)
    for group in lines_of(poster):
        _translate, _open, rest = group.attrib["transform"].partition("(")
        x, y = (float(part) for part in rest.split(")")[0].split())
        assert x == MARGIN
        assert MARGIN - 10 <= y <= FLOOR
        last = max(float(use.attrib["x"]) for use in group.iter(f"{SVG}use"))
        scale = float(group.attrib["transform"].rpartition("(")[2].rstrip(")"))
        assert x + last * scale < MARGIN + COLUMN


def test_title_with_a_colon_is_set_in_two_sizes() -> None:
    sizes = {
        group.attrib["transform"].rpartition("scale")[2]
        for group in lines_of(drawn("Recording the neighbors: oral history with a telephone", ""))
    }
    assert len(sizes) == 2


def test_long_byline_ends_in_an_ellipsis() -> None:
    names = ", ".join(["Tomás Okafor-Lindqvist"] * 6)
    last = lines_of(drawn("Weeding", names))[-1]
    assert f"scale({BYLINE_SIZES[-1] / 1000:g})" in last.attrib["transform"]


def test_title_beyond_latin_is_set_as_text() -> None:
    poster = drawn("Библиотека и её читатели")
    assert not can_set("Библиотека")
    assert "Библиотека" in "".join(text.text or "" for text in poster.iter(f"{SVG}text"))


@pytest.mark.parametrize("title", ["<script>\"&'", "]]>", "a & b < c"])
def test_markup_in_a_title_is_escaped(title: str) -> None:
    poster = drawn(title, byline=title)
    assert poster.attrib["aria-label"] == title
    assert not list(poster.iter("script"))
    assert [each.text for each in poster.iter(f"{SVG}script")] == []


def test_same_webinar_always_has_the_same_poster() -> None:
    first = draw_poster(title="Weeding", byline="", accent=ACCENT, seed="weeding")
    assert first == draw_poster(title="Weeding", byline="", accent=ACCENT, seed="weeding")


@pytest.mark.parametrize("accent", [ACCENT, "#ffffff", "#000000", "#f7c600", "#c2185b"])
def test_poster_is_legible_in_any_accent_color(accent: str) -> None:
    for seed in "abcdefgh":
        poster = drawn("Weeding", seed=seed, accent=accent)
        ground = next(poster.iter(f"{SVG}rect")).attrib["fill"]
        inks = {group.attrib["fill"] for group in lines_of(poster)}
        assert all(contrast(ground, ink) >= 4.5 for ink in inks), (ground, inks)


@pytest.mark.parametrize(("portraits", "shown"), [([b"one"], 1), ([b"one", b"two", b"three"], 2)])
def test_portraits_next_to_the_title_replace_the_books(portraits: list[bytes], shown: int) -> None:
    made = draw_poster(title=LONG, byline="Ines Falk", accent=ACCENT, seed="w", portraits=portraits)
    images = list(ET.fromstring(made).iter(f"{SVG}image"))  # noqa: S314  (we drew it)
    assert len(images) == shown
    for image in images:
        assert float(image.attrib["x"]) >= MARGIN + COLUMN
        assert float(image.attrib["y"]) >= MARGIN
    assert images[0].attrib["href"].endswith(b64encode(portraits[:2][-1]).decode())
    assert made.count("<rect") == 1
