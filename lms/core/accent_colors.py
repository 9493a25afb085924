"""Accent colors: adjusts any color until text is readable in it and on it."""

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache

READABLE = 4.5  # WCAG 2.2, 1.4.3: minimum contrast of text with its background
STEPS = 40

OWN = "#1c5b41"  # the default green of tokens.css, whose dark variant was chosen by eye

# The backgrounds of lms/static/css/core/tokens.css; tests/design/test_colors.py checks that they
# match.
LIGHT_GROUNDS = ("#faf7f1", "#fffefa", "#f3eee3")
DARK_GROUNDS = ("#191612", "#221e19", "#12100d")
WHITE, BLACK, NIGHT = "#ffffff", "#000000", "#12100d"


@dataclass(frozen=True, slots=True)
class Accent:
    """One theme's accent: the color, text on it, a stronger variant and a tint."""

    color: str
    on: str
    strong: str
    soft: str


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colors, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=64)  # each email asks for it
def light_accent(color: str) -> Accent:
    """Return the accent for light backgrounds: `color`, darkened until its contrast is 4.5:1."""
    return _accent(color, LIGHT_GROUNDS, end=0.0, on=WHITE, tint=0.1)


def dark_accent(color: str) -> Accent:
    """Return the accent for dark backgrounds: `color`, lightened until its contrast is 4.5:1."""
    return _accent(color, DARK_GROUNDS, end=1.0, on=NIGHT, tint=0.18)


def theme_css(color: str) -> str:
    """Return the style sheet that gives every page the accent `color` (`#rrggbb`).

    It is empty for the default green, which tokens.css already has.
    """
    if color.lower() == OWN:
        return ""
    light, dark = light_accent(color), dark_accent(color)
    pairs = (
        ("accent", light.color, dark.color),
        ("on-accent", light.on, dark.on),
        ("accent-strong", light.strong, dark.strong),
        ("accent-soft", light.soft, dark.soft),
    )
    both = "".join(f"  --house-{name}: light-dark({day}, {night});\n" for name, day, night in pairs)
    day = "".join(f"    --house-{name}: {value};\n" for name, value, _ in pairs)
    older = f"@supports not (color: light-dark({BLACK}, {WHITE})) {{\n  :root {{\n{day}  }}\n}}\n"
    return f":root {{\n{both}}}\n{older}"


def _accent(color: str, grounds: tuple[str, ...], *, end: float, on: str, tint: float) -> Accent:
    found = color
    for step in range(STEPS + 1):
        found = _towards(color, end, step / STEPS)
        soft = _mix(grounds[0], found, tint)
        if all(contrast(found, ground) >= READABLE for ground in (*grounds, soft)):
            break
    return Accent(found, on, _towards(found, end, 0.3), _mix(grounds[0], found, tint))


def _towards(color: str, end: float, share: float) -> str:
    """Move the lightness toward `end` (0 black, 1 white) by a share of the distance; the hue stays."""
    hue, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in _channels(color)))
    moved = hls_to_rgb(hue, lightness + (end - lightness) * share, saturation)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in moved)


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    parts = [channel / 255 for channel in _channels(color)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
