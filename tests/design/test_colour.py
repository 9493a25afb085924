"""The house's own accent stays legible, whatever colour it is."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lms import colour

TOKENS = (Path(__file__).resolve().parents[2] / "lms/static/css/tokens.css").read_text("utf-8")
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_any_accent_reads_on_light_paper(chosen: str) -> None:
    _reads(colour.light_accent(chosen), colour.LIGHT_GROUNDS)


@given(COLOURS)
def test_any_accent_reads_on_dark_paper(chosen: str) -> None:
    _reads(colour.dark_accent(chosen), colour.DARK_GROUNDS)


def test_a_colour_that_reads_already_is_kept() -> None:
    assert colour.light_accent("#17407a").colour == "#17407a"


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(colour.contrast("#000000", "#ffffff"), 2) == 21


def test_the_grounds_are_those_of_the_tokens() -> None:
    for name, light, dark in zip(
        ("paper", "surface", "sunk"), colour.LIGHT_GROUNDS, colour.DARK_GROUNDS, strict=True
    ):
        assert f"--{name}: light-dark({light}, {dark});" in TOKENS


def test_our_own_green_needs_no_sheet() -> None:
    assert f"light-dark({colour.OWN}," in TOKENS
    assert colour.house_css(colour.OWN.upper()) == ""


def test_the_sheet_sets_every_name_that_the_tokens_take_from_a_house() -> None:
    taken = set(re.findall(r"var\((--house-[a-z-]+)", TOKENS))
    assert set(re.findall(r"(--house-[a-z-]+):", colour.house_css("#c2185b"))) == taken


def _reads(accent: colour.Accent, grounds: tuple[str, ...]) -> None:
    for ground in (*grounds, accent.soft, accent.on):
        assert colour.contrast(accent.colour, ground) >= 4.5
    assert colour.contrast(accent.strong, accent.soft) >= 4.5
    assert colour.contrast(accent.on, accent.strong) >= 4.5
