"""Announcements with extra text around them: prices and dates are right or asked about."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lms.announcement_parser.parser import Understood
from tests.announcement_parser import test_layouts as layouts

AT_HARM = ("title", "presenters", "held_at", "zone", "sums", "free")


def below_a_letterhead(text: str) -> str:
    return f"Elm Valley Library Weekly\nIssue 12, winter\n\n{text}"


def above_another_webinar(text: str) -> str:
    other = "Knots for Beginners\nJune 3, 2027, 1 pm ET\nWith Old Tom Barley. $15\n"
    return f"{text.rstrip()}\n\n{other}"


def above_another_date(text: str) -> str:
    return f"{text.rstrip()}\n\nAlso mark your calendar for March 2, 2028.\n"


@pytest.mark.parametrize(
    "change",
    [below_a_letterhead, above_another_webinar, above_another_date],
    ids=lambda one: one.__name__,
)
def test_extra_text_never_changes_a_value_silently(
    change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> Understood:
        return layouts.understood(change(layouts.text_of(path)))

    monkeypatch.setattr(layouts, "read", read)
    missed = [
        f"{path.stem}: {name} is {got!r}, not {expected!r}"
        for path in layouts.LAYOUTS
        for name, outcome, expected, got in layouts.outcomes(path)
        if outcome == "wrong" and name in AT_HARM
    ]
    assert missed == []
