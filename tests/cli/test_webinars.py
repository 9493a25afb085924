"""carrel webinar."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from tests.cli.command_runner import Ran, Shell

HELD_AT = "2026-10-06T14:00-04:00"


def added(carrel_command: Shell, *more: str) -> Ran:
    return carrel_command(
        "webinar", "add", "--title", "Weeding without tears", "--held-at", HELD_AT, *more, "--json"
    )


def test_a_webinar_is_added_as_a_draft(carrel_command: Shell, database: Database) -> None:
    ran = added(carrel_command)
    assert ran.code == 0
    assert ran.answer["slug"] == "weeding-without-tears"
    assert ran.answer["state"] == "draft"
    assert ran.answer["held_at"] == "2026-10-06T18:00:00Z"
    assert (ran.answer["zone"], ran.answer["minutes"]) == ("America/New_York", 60)
    with database.read_session() as session:
        row = session.scalars(select(Webinar)).one()
    assert (row.public_id, row.state) == (ran.answer["webinar"], WebinarState.DRAFT)


def test_a_time_of_a_zone_is_read_by_its_clocks(carrel_command: Shell) -> None:
    ran = carrel_command(
        "webinar", "add", "--title", "T", "--held-at", "2026-10-06T14:00",
        "--zone", "Europe/Paris", "--slug", "paris", "--minutes", "90", "--json",
    )  # fmt: skip
    assert ran.answer["held_at"] == "2026-10-06T12:00:00Z"
    assert (ran.answer["slug"], ran.answer["minutes"]) == ("paris", 90)


@pytest.mark.parametrize(
    "options",
    [
        ("--held-at", "2026-10-06T14:00"),
        ("--held-at", "next Thursday"),
        ("--held-at", "2026-03-08T02:30", "--zone", "America/New_York"),
        ("--held-at", HELD_AT, "--minutes", "0"),
    ],
)
def test_a_time_that_is_none_or_has_no_zone_is_wrong_usage(
    carrel_command: Shell, options: tuple[str, ...]
) -> None:
    ran = carrel_command("webinar", "add", "--title", "T", *options, "--json")
    assert (ran.code, ran.complaint["code"]) == (2, "usage")


def test_an_address_that_is_taken_is_refused(carrel_command: Shell) -> None:
    added(carrel_command, "--slug", "mine")
    ran = added(carrel_command, "--slug", "mine")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")


def test_a_zone_that_is_none_is_refused(carrel_command: Shell) -> None:
    assert added(carrel_command, "--zone", "Mars/Olympus").code == 1


def test_publishing_says_what_is_still_missing(carrel_command: Shell) -> None:
    added(carrel_command)
    ran = carrel_command("webinar", "publish", "weeding-without-tears", "--json")
    assert (ran.code, ran.answer["state"]) == (0, "announced")
    assert {"overview", "presenter"} <= set(ran.answer["missing"])


def test_publishing_is_told_in_lines_for_a_person(carrel_command: Shell) -> None:
    added(carrel_command)
    ran = carrel_command("webinar", "publish", "weeding-without-tears")
    assert "http://localhost/webinars/weeding-without-tears" in ran.out
    assert "still lacks: summary, overview" in ran.out


def test_what_is_announced_cannot_be_published_again(carrel_command: Shell) -> None:
    added(carrel_command)
    carrel_command("webinar", "publish", "weeding-without-tears", "--json")
    ran = carrel_command("webinar", "publish", "weeding-without-tears", "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "is_announced")


def test_what_is_not_there_is_not_found(carrel_command: Shell) -> None:
    assert carrel_command("webinar", "publish", "nothing", "--json").code == 3
