"""The contrast of every pair of tokens that are used together, in both themes."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "lms/static/css/core/tokens.css").read_text("utf-8")
PAIR = re.compile(r"--([a-z-]+):\s*(?:var\(--house-[a-z-]+,\s*)?light-dark\((#\w{6}),\s*(#\w{6})\)")
PLAIN = re.compile(r"--([a-z-]+):\s*(#\w{6});")
THEMES = ("light", "dark")
MEDIA, FALLBACK = TOKENS.split("@supports", 1)

GROUNDS = ("paper", "surface", "sunk")
TINTS = ("accent-soft", "attention-soft", "danger-soft")
TEXT = [
    *(
        (ink, ground)
        for ink in ("ink", "soft", "accent", "attention", "danger")
        for ground in GROUNDS
    ),
    *((ink, tint) for ink in ("ink", "soft") for tint in TINTS),
    ("accent", "accent-soft"),
    ("accent-strong", "accent-soft"),
    ("accent-strong", "paper"),
    ("attention", "attention-soft"),
    ("danger", "danger-soft"),
    ("danger-strong", "danger-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("paper", "ink"),
    ("on-film", "film"),
    ("on-film", "film-raised"),
    ("on-film-soft", "film"),
    ("film-accent", "film"),
]
EDGES = [(edge, ground) for edge in ("edge", "accent", "danger") for ground in GROUNDS]


def _theme(name: str) -> dict[str, str]:
    found = {
        token: (light, dark)[THEMES.index(name)] for token, light, dark in PAIR.findall(TOKENS)
    }
    return dict(PLAIN.findall(MEDIA)) | found


def _luminance(color: str) -> float:
    """Return the relative luminance, WCAG 2.2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_has_a_contrast_of_4_5_to_1(theme: str, text: str, ground: str) -> None:
    colors = _theme(theme)
    assert _contrast(colors[text], colors[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_control_edges_have_a_contrast_of_3_to_1(theme: str, edge: str, ground: str) -> None:
    colors = _theme(theme)
    assert _contrast(colors[edge], colors[ground]) >= 3


def test_browsers_without_light_dark_get_the_same_light_colors() -> None:
    assert dict(PLAIN.findall(FALLBACK)) == {
        token: light for token, light, _ in PAIR.findall(TOKENS)
    }
