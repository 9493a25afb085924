"""The seller's accent color stays legible, whatever it is."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lms.core import accent_colors

TOKENS = (Path(__file__).resolve().parents[2] / "lms/static/css/core/tokens.css").read_text("utf-8")
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
def test_any_accent_reads_on_light_paper(chosen: str) -> None:
    _reads(accent_colors.light_accent(chosen), accent_colors.LIGHT_GROUNDS)


@given(COLORS)
def test_any_accent_reads_on_dark_paper(chosen: str) -> None:
    _reads(accent_colors.dark_accent(chosen), accent_colors.DARK_GROUNDS)


def test_a_color_that_reads_already_is_kept() -> None:
    assert accent_colors.light_accent("#17407a").color == "#17407a"


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(accent_colors.contrast("#000000", "#ffffff"), 2) == 21


def test_the_grounds_are_those_of_the_tokens() -> None:
    for name, light, dark in zip(
        ("paper", "surface", "sunk"),
        accent_colors.LIGHT_GROUNDS,
        accent_colors.DARK_GROUNDS,
        strict=True,
    ):
        assert f"--{name}: light-dark({light}, {dark});" in TOKENS


def test_our_own_green_needs_no_sheet() -> None:
    assert f"light-dark({accent_colors.OWN}," in TOKENS
    assert accent_colors.theme_css(accent_colors.OWN.upper()) == ""


def test_the_sheet_sets_every_name_that_the_tokens_take_from_a_house() -> None:
    taken = set(re.findall(r"var\((--house-[a-z-]+)", TOKENS))
    assert set(re.findall(r"(--house-[a-z-]+):", accent_colors.theme_css("#c2185b"))) == taken


def _reads(accent: accent_colors.Accent, grounds: tuple[str, ...]) -> None:
    for ground in (*grounds, accent.soft, accent.on):
        assert accent_colors.contrast(accent.color, ground) >= 4.5
    assert accent_colors.contrast(accent.strong, accent.soft) >= 4.5
    assert accent_colors.contrast(accent.on, accent.strong) >= 4.5
