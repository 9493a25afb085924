"""Almost 400 announcements in as many layouts: each field is right or asked about."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from lms.announcement_parser.parser import Understood, read_flyer

TEXTS = Path(__file__).parent / "texts"
LAYOUTS = sorted(TEXTS.glob("*.toml"))


def text_of(path: Path) -> str:
    path = path.with_suffix(".txt") if path.suffix == ".toml" else path
    return path.read_text("utf-8")


def understood(text: str) -> Understood:
    return read_flyer(text, default_zone="America/New_York", today=date(2026, 11, 26))


def read(path: Path) -> Understood:
    return understood(text_of(path))


def fields(found: Understood) -> dict[str, Any]:
    begins = found.when.beginning
    return {
        "title": found.title,
        "subtitle": found.subtitle,
        "series": list(found.series),
        "presenters": [one.name for one in found.speakers],
        "hosted_by": found.hosted_by,
        "held_at": begins.shown if begins else None,
        "zone": begins.zone if begins else "",
        "minutes": found.minutes,
        "agenda": list(found.agenda),
        "sums": [amount.said for price in found.prices for amount in price.amounts],
        "free": found.free,
        "is_in_passes": found.is_in_passes,
    }


NOTHING = {"subtitle": "", "series": [], "hosted_by": "", "agenda": [], "sums": []}
ASSUMED = {"free": False, "is_in_passes": True, "held_at": None, "zone": "", "minutes": None}


def outcomes(path: Path) -> Iterator[tuple[str, str, object, object]]:
    """Yield each field with right, asked, or wrong; the expected value; and the value read."""
    wanted = {**NOTHING, **ASSUMED, **tomllib.loads(path.read_text("utf-8"))}
    found = read(path)
    got = fields(found)
    to_ask = set(wanted.pop("asked", ()))
    asked = {one.field for one in found.questions}
    asked |= {"zone"} if "held_at" in asked else set()
    asked |= {"sums"} if "prices" in asked else set()
    asked |= {"summary"} if "overview" in asked else set()
    asked |= {"subtitle"} if "title" in asked else set()  # one question is about both
    begins, ends = wanted.pop("overview")
    is_whole = found.overview.startswith(begins) and found.overview.endswith(ends)
    yield "overview", outcome("overview", asked, to_ask, is_whole), (begins, ends), found.overview
    summary = wanted.pop("summary", None)
    is_summed = found.summary == summary if summary else 0 < len(found.summary) <= 400
    yield "summary", outcome("summary", asked, to_ask, is_summed), summary, found.summary
    for name, expected in wanted.items():
        yield name, outcome(name, asked, to_ask, got[name] == expected), expected, got[name]


def outcome(name: str, asked: set[str], to_ask: set[str], is_right: bool) -> str:
    """Return `needless` for a right field that is asked about, unless it has to be."""
    if name in to_ask:
        return "right" if name in asked else "wrong"
    return (
        ("needless" if is_right else "asked") if name in asked else "right" if is_right else "wrong"
    )


def test_fields_are_right_or_asked_about_and_never_wrong() -> None:
    assert len(LAYOUTS) == 395
    counted: Counter[str] = Counter()
    missed = []
    for path in LAYOUTS:
        for name, outcome, expected, got in outcomes(path):
            counted[outcome] += 1
            if outcome != "right":
                missed.append(f"{path.stem}: {name} is {outcome}: {got!r}, not {expected!r}")
    assert counted["wrong"] == 0, "\n".join(missed)
    assert counted["asked"] <= 0.05 * counted.total(), "\n".join(missed)
    assert counted["right"] >= 0.76 * counted.total(), "\n".join(missed)


LABELED = (
    "all_caps ascii_grid calendar_file course_record csv_row event_page front_matter"
    " inline_labels label_lines_with_dash labels_above labels_and_subtitle labels_beside markdown_page outlook_invitation"
    " spreadsheet_row tab_table table table_like wiki_page word_paste"
)


def test_labeled_fields_are_not_asked_about() -> None:
    texts = ((TEXTS / f"{name}.txt", TEXTS / f"{name}.md") for name in LABELED.split())
    found = [read(next(one for one in each if one.exists())) for each in texts]
    asked = {one.title: [each.field for each in one.questions] for one in found}
    assert not any(asked.values()), asked
