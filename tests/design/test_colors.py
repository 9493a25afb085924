"""The seller's accent color is always legible."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lms.core import accent_colors

TOKENS = (Path(__file__).resolve().parents[2] / "lms/static/css/core/tokens.css").read_text("utf-8")
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
def test_any_accent_is_legible_on_a_light_background(chosen: str) -> None:
    _reads(accent_colors.light_accent(chosen), accent_colors.LIGHT_GROUNDS)


@given(COLORS)
def test_any_accent_is_legible_on_a_dark_background(chosen: str) -> None:
    _reads(accent_colors.dark_accent(chosen), accent_colors.DARK_GROUNDS)


def test_legible_color_is_not_changed() -> None:
    assert accent_colors.light_accent("#17407a").color == "#17407a"


def test_black_on_white_has_a_contrast_of_21_to_1() -> None:
    assert round(accent_colors.contrast("#000000", "#ffffff"), 2) == 21


def test_backgrounds_match_the_tokens() -> None:
    for name, light, dark in zip(
        ("paper", "surface", "sunk"),
        accent_colors.LIGHT_GROUNDS,
        accent_colors.DARK_GROUNDS,
        strict=True,
    ):
        assert f"--{name}: light-dark({light}, {dark});" in TOKENS


def test_default_green_needs_no_theme_sheet() -> None:
    assert f"light-dark({accent_colors.OWN}," in TOKENS
    assert accent_colors.theme_css(accent_colors.OWN.upper()) == ""


def test_theme_sheet_sets_every_branding_variable_of_the_tokens() -> None:
    taken = set(re.findall(r"var\((--house-[a-z-]+)", TOKENS))
    assert set(re.findall(r"(--house-[a-z-]+):", accent_colors.theme_css("#c2185b"))) == taken


def _reads(accent: accent_colors.Accent, grounds: tuple[str, ...]) -> None:
    for ground in (*grounds, accent.soft, accent.on):
        assert accent_colors.contrast(accent.color, ground) >= 4.5
    assert accent_colors.contrast(accent.strong, accent.soft) >= 4.5
    assert accent_colors.contrast(accent.on, accent.strong) >= 4.5
