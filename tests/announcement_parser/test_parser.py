"""Announcements in seven layouts, each read into the same fields."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.announcement_parser.labels import LABELS
from lms.announcement_parser.parser import Understood, read_flyer
from lms.announcement_parser.start_date_and_time import Ask, Beginning

TEXTS = Path(__file__).parent / "texts"
# Their marks aren't words.
MARKED_UP = (
    "calendar_file",
    "calendar_file_with_alarm",
    "front_matter",
    "front_matter_with_markdown",
    "html_mail",
    "outlook_ics_paste",
)
LAYOUTS = sorted(
    path for path in (*TEXTS.glob("*.txt"), *TEXTS.glob("*.md")) if path.stem not in MARKED_UP
)
TODAY = date(2026, 11, 26)
NEW_YORK = "America/New_York"


def begins(*clock: int, zone: str) -> Beginning:
    return Beginning(datetime(*clock), zone)  # type: ignore[arg-type]  # noqa: DTZ001  (a local time)


def understood(name: str) -> Understood:
    return understood_of((TEXTS / name).read_text("utf-8"))


def understood_of(text: str) -> Understood:
    return read_flyer(text, default_zone=NEW_YORK, today=TODAY)


def sums(read: Understood) -> list[str]:
    return [amount.said for price in read.prices for amount in price.amounts]


def names(read: Understood) -> list[str]:
    return [one.name for one in read.speakers]


def test_labels_above_values_with_bullets_and_a_heading_in_capitals() -> None:
    read = understood("labels_above.txt")
    assert read.title == "Mending Books with Children: A Repair Corner That Lasts"
    assert read.series == ("Gentle Stacks",)
    assert read.overview.startswith("A torn page is an invitation. Children who have once glued")
    assert len(read.overview.split("\n\n")) == 2
    assert read.agenda == (
        "Choose tools that small hands can use.",
        "Which tears can be mended by a child? And which are for the bindery?",
        "Write the house rules on one card.",
    )
    assert read.when.beginning == begins(2027, 3, 9, 14, zone=NEW_YORK)
    assert read.when.asks == ()
    assert read.minutes == 75
    assert names(read) == ["Dr. Wilhelmina Oyelaran"]
    assert "nine counties.\n\nShe keeps two parrots" in read.speakers[0].biography
    assert sums(read) == ["$99.00", "$75.00", "$65.00", "$299.00"]
    assert not read.free  # free only for people with a pass
    assert [one.heading for one in read.rest] == ["TO REGISTER:"]


def test_labels_next_to_their_values() -> None:
    read = understood("labels_beside.txt")
    assert read.title == "Quiet Hours That People Keep"
    assert read.series == ("The Calm Branch",)
    assert read.when.beginning == begins(2027, 4, 14, 15, zone="Europe/Berlin")
    assert read.minutes == 90
    assert names(read) == ["Tomasz Wren"]
    assert sums(read) == ["€85.00", "€1,250.00"]
    assert read.overview.endswith("its furniture what it is for.")
    assert read.agenda[2:] == ("A week of measuring", "What to say, and when to say nothing")
    assert read.rest == ()


def test_markdown_with_several_zones_and_an_ambiguous_date() -> None:
    read = understood("markdown.md")
    assert read.title == "Cataloguing the Unlabeled"
    assert read.when.beginning is None
    assert read.when.asks == (Ask.DAY_OR_MONTH,)
    assert read.when.choices == (
        begins(2027, 5, 11, 14, zone=NEW_YORK),
        begins(2027, 11, 5, 14, zone=NEW_YORK),
    )
    assert names(read) == ["Ingrid Solheim-Baptiste", "Rafael Duarte"]
    assert read.speakers[1].biography.startswith("Rafael Duarte writes finding aids")
    assert "opens **three**" not in read.overview
    assert "We open **three** of them together" in read.overview
    assert sums(read) == ["$99.00", "$499.00"]
    assert [(one.heading, one.text) for one in read.rest] == [
        ("Parking", "There is none; this is online.")
    ]


def test_forwarded_email_with_quoted_lines() -> None:
    read = understood("forwarded.txt")
    assert read.title == "The Overdue Conversation"
    assert read.when.beginning == begins(2027, 1, 21, 19, zone="Europe/London")
    assert read.overview.startswith("Nobody likes to talk about what is owed.")
    assert read.agenda[1] == "tell a rule from a habit, and say which one it is"
    assert read.free
    assert [(one.name, one.biography) for one in read.speakers] == [
        ("Ms. Philippa Grange", "Philippa Grange has worked at service desks for thirty years.")
    ]
    aside = "\n".join(one.text for one in read.rest)
    for kept in ("put this one up this week", "office@lanternhouse.example", "12 Quay Lane"):
        assert kept in aside
    assert "2026" not in read.when_words  # the date of the email is not the webinar's


def test_sentences_alone() -> None:
    read = understood("sentences.txt")
    assert read.title == "Shelves Without Dust"
    assert read.when.beginning == begins(2027, 10, 6, 10, 30, zone=NEW_YORK)
    assert read.minutes == 90
    assert names(read) == ["Oluwaseun Pryce"]
    assert read.speakers[0].biography.endswith("in Leeds.")
    assert len(read.agenda) == 3
    assert sums(read) == ["£45.00", "£320.00"]


def test_table_of_labels_and_underlined_headings() -> None:
    read = understood("table.txt")
    assert (read.title, read.series) == ("Maps for the Front Desk", ("Wayfinding",))
    assert read.when.beginning == begins(2027, 2, 18, 14, zone=NEW_YORK)
    assert read.minutes == 60
    assert names(read) == ["Prof. Anneliese de Groot"]
    assert read.speakers[0].biography.startswith("Anneliese de Groot draws maps")
    assert len(read.agenda) == 3
    assert sums(read) == ["$99.00", "$65.00"]
    assert [one.heading for one in read.rest] == ["ACCESSIBILITY"]


def test_wrapped_lines_and_degrees_after_a_name() -> None:
    read = understood("wrapped.txt")
    assert read.title.endswith("changed the way a reading room is used")
    assert names(read) == ["Marguerite Achterberg, M.L.S.", "Benedikt Osei"]
    assert read.when.beginning == begins(2027, 5, 7, 14, zone=NEW_YORK)
    assert read.minutes == 75
    assert read.agenda[1] == "Who sits down first, and why"
    assert sums(read) == ["$1,299.50"]


def everything(read: Understood) -> str:
    return "\n".join(
        [
            read.title,
            read.subtitle,
            read.hosted_by,
            *read.series,
            read.summary,
            read.overview,
            *read.agenda,
            read.when_words,
            str(read.minutes),
            *(f"{one.name} {one.biography}" for one in read.speakers),
            *(one.words for one in read.prices),
            *(f"{one.heading} {one.text}" for one in read.rest),
        ]
    ).casefold()


# Words in labels, credits, subjects, and series names, which aren't stored as words.
SPOKEN = frozenset(
    re.findall(
        r"\w+",
        """
    one hour series the of in our re fw fwd by led hosted moderated presented with subject
    o w q point 1 2 3 presentadora costo fecha hora tirne tlme
    your new working proposed called does take place about this conversation discussion debate panel seminar
    class lecture presentation info information names meet updated
    training event course program workshop talk webinar webinars part another session from a
    teaching talking me how would you describe is
        """,
    )
)


def lost(text: str) -> set[str]:
    """Return the words of a text that are in no field, except for known labels."""
    labels = {word for name in LABELS for word in re.findall(r"\w+", name)}
    read = everything(understood_of(text))
    kept = {word for each in (read, read.replace("-", "")) for word in re.findall(r"[^\W_]+", each)}
    if "ld+json" in text:  # names of fields, kinds and links
        text = re.sub(r'"@type": "\w+"|"@?\w+":|"https?:[^"]*"', "", text)
    text = re.sub(r"</?[a-z][^<>]*>|&[a-z]+;|\[x\]", " ", text)  # markup
    divided = re.compile(r"([a-z])-\n[^\S\n]*(?=[a-z])")
    if len(divided.findall(text)) > 1:  # words hyphenated at the ends of lines
        text = divided.sub(r"\1", text)
    text = re.sub(
        r"(?m)^[\W_]*(?:\d{1,2}|[A-Za-z]|[IVXivx]{1,4})(?:[.)]| -)\s", "", text
    )  # the numbers of a list
    text = re.sub(r"(?i)\b\d[\d.]*\s*(?:hours?|hrs?|min(?:utes)?)\b", "", text)  # a number
    return set(re.findall(r"[^\W_]+", text.casefold())) - kept - labels - SPOKEN


@pytest.mark.parametrize("text", LAYOUTS, ids=lambda path: path.stem)
def test_no_word_is_lost_in_any_layout(text: Path) -> None:
    assert lost(text.read_text("utf-8")) == set()


PIECES = st.sampled_from(
    [
        line
        for path in LAYOUTS
        for line in path.read_text("utf-8").splitlines()
        if not line.lstrip().startswith("<")  # HTML, whose hidden parts aren't read
    ]
    + ["", "> ", "--", "----", "•", "Date:", "WITH", "Subject: x", "On Monday Ann wrote:", "$", "("]
)


def test_placeholder_of_an_image_is_not_the_title() -> None:
    text = "[image: A clerk behind a stack of DVDs]\n\nLate Fees Are Gone\n\nApril 7, 2027, 2 PM ET"
    assert read_flyer(text, default_zone=NEW_YORK, today=TODAY).title == "Late Fees Are Gone"


def test_line_below_a_labeled_series_is_not_part_of_its_name() -> None:
    read = understood_of('SERIES: "Desk Manners"\nSmall Wonders: A Conference in Three Webinars')
    assert read.series == ("Desk Manners",)
    assert [one.text for one in read.rest] == ["Small Wonders: A Conference in Three Webinars"]


@given(st.lists(PIECES, max_size=14))
@example(["Subject: Cataloging by Ear", "Subject: Cataloging by Ear", "PORCH PIRATES:"])
@example(["  (3) a commit-", "  (3) a commit-", "a Scam in Progress,"])
@example(["  (3) a commit-", "", "is afraid of", "  (3) a commit-", "a Scam in Progress,"])
@example(
    ["Presented by Fernwick Library Learning, hosted by Dr. Saavedra", "Presented by Ann Reyes"]
)
@example(["Presented by Fernwick Library Learning", "Presented by the ADA Library Project"])
@example(["PROGRAM ............ Noise and Nachos: Rules People Follow", "", "Single viewer = $38"])
@example(["WHO......  Ann Reyes, moderated by Lorna Skye", "Sponsored in part by the Friends."])
@example(["Presenters: Ann Reyes", "Panel hosts", "", "Ruth Ngata, Trustee, Pinegrove Library"])
@example(["WHAT: A webinar about delivering books by bicycle", "3:05 Questions"])
@example(["Presenter: Ann Reyes", "Biography ~ Andre Willoughby"])
@example(["Presenter: Ann Reyes", "Moderating trainer: Andre Willoughby"])
@example(["them.", "Subject: [PUBDIR] FW: Story Walks", "Date: Tue, Nov 24, 2026", "From: Ann"])
@example(["Open on Sundays: Staffing the Seventh Day", "Open on Sunday"])
@example(["Denny says:", "A winter series in four parts with bookbinder Leopold Quist"])
@example(["_Tuesday, 13 July 2027 \u2013 10:00\u201311:30 Mountain_", "60 MINUTES"])
def test_no_word_is_lost_in_any_order_of_lines(lines: list[str]) -> None:
    assert lost("\n".join(lines)) == set()


@example("Title / T\u00edtulo:")  # a label in two languages, with no value
@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    understood_of(text)


@pytest.mark.parametrize(
    "hostile",
    [
        "\t" * 90_000 + "1",
        "Presenter: Ann" + " " * 90_000 + "b",
        "Some title\nof the" + " " * 90_000 + "x",
        "\n" * 90_000 + "x",
        "When: " + "2:00 pm ET, " * 7_000,
        "a" * 45_000 + "." * 45_000,
        '"' * 90_000 + "x",
        ("a-" * 500 + "\n") * 90,
        "When: " + "3/4/2027 " * 4_000 + "2:00 " * 8_000,
        "Presenters:\n" + "\n".join(f"- Ann B{number}" for number in range(8_000)),
    ],
    ids=["tabs", "name", "series", "lines", "times", "dots", "quotes", "hyphens", "days", "people"],
)
def test_hostile_text_is_read_like_any_other(hostile: str) -> None:
    read = understood_of(f"Mending spines\n\nDate: 6 May 2027, 2 pm ET\n\n{hostile}")
    assert read.title == "Mending spines"
    assert "6 May 2027, 2 pm ET" in read.when_words


def test_endless_digits_are_not_a_price() -> None:
    assert sums(understood_of("Title\n\nPrice: $" + "9" * 5_000 + " or $75")) == ["$75.00"]
