"""How values are printed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import click
import pytest

from lms.cli.option_values import read_datetime
from lms.cli.output import JSON, answer_items, as_text, cell, plain_value, table
from lms.models.jobs import JobState


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    held_at: datetime | None
    state: JobState


EAST = timezone(timedelta(hours=-4))
THING = Thing("Ink", datetime(2026, 10, 6, 14, 0, tzinfo=EAST), JobState.DONE)


def test_times_are_utc_with_a_z() -> None:
    assert plain_value(THING.held_at) == "2026-10-06T18:00:00Z"


def test_dates_are_written_without_a_time() -> None:
    assert plain_value(date(2026, 10, 6)) == "2026-10-06"


def test_dataclasses_enums_paths_and_sequences_become_plain_json() -> None:
    value = {"things": (THING,), "where": Path("/x"), "none": None, "share": 0.5, "yes": True}
    assert plain_value(value) == {
        "things": [{"name": "Ink", "held_at": "2026-10-06T18:00:00Z", "state": "done"}],
        "where": "/x",
        "none": None,
        "share": 0.5,
        "yes": True,
    }


def test_unsupported_value_raises_type_error() -> None:
    with pytest.raises(TypeError):
        plain_value(object())


def test_non_ascii_letters_are_not_escaped() -> None:
    assert as_text({"name": "Zoë Łuk"}) == '{"name": "Zoë Łuk"}'


def test_json_lists_are_under_the_key_items(capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(click.Command("list")) as context:
        context.meta[JSON] = True
        answer_items([THING], ("name",))
    assert '{"items": [{"name": "Ink",' in capsys.readouterr().out


def test_lists_are_printed_as_tables_without_json(capsys: pytest.CaptureFixture[str]) -> None:
    answer_items([THING], ("name", "held_at"))
    assert capsys.readouterr().out.splitlines() == [
        "NAME  HELD AT",
        "Ink   2026-10-06T18:00:00Z",
    ]


def test_empty_list_is_printed_as_none_found(capsys: pytest.CaptureFixture[str]) -> None:
    answer_items([], ("name",))
    assert capsys.readouterr().out == "None found.\n"


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    assert table(("a", "b"), [("long one", "x"), ("s", "y")]) == [
        "A         B",
        "long one  x",
        "s         y",
    ]


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (True, "yes"), (False, "no"), (0.25, "0.25"), ("x", "x")]
)
def test_cell_shows_a_readable_value(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_time_with_an_offset_needs_no_zone() -> None:
    assert read_datetime("2026-10-06T14:00-04:00", None) == datetime(2026, 10, 6, 18, tzinfo=UTC)


def test_a_naive_time_is_read_in_the_zone() -> None:
    moment = read_datetime("2026-10-06T14:00", "America/New_York")
    assert moment == datetime(2026, 10, 6, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-10-06T14:00", None),
        ("yesterday", "America/New_York"),
        ("2026-10-06T14:00", "America/Nowhere"),
        ("2026-10-06T14:00", "../etc/passwd"),
        ("2026-03-08T02:30", "America/New_York"),  # skipped when clocks go forward
        ("2026-11-01T01:30", "America/New_York"),  # occurs twice when clocks go back
    ],
)
def test_time_that_is_missing_or_ambiguous_in_its_zone_is_a_usage_error(
    text: str, zone: str | None
) -> None:
    with pytest.raises(click.BadParameter):
        read_datetime(text, zone)
