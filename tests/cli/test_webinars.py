"""carrel webinar."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar, WebinarState
from lms.models.certificates import CertificateRule
from tests.cli.command_runner import Ran, Shell
from tests.factories import make_recording

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


def test_start_time_is_read_in_the_given_time_zone(carrel_command: Shell) -> None:
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
def test_time_that_is_invalid_or_has_no_zone_is_a_usage_error(
    carrel_command: Shell, options: tuple[str, ...]
) -> None:
    ran = carrel_command("webinar", "add", "--title", "T", *options, "--json")
    assert (ran.code, ran.complaint["code"]) == (2, "usage")


def test_slug_that_is_taken_is_refused(carrel_command: Shell) -> None:
    added(carrel_command, "--slug", "mine")
    ran = added(carrel_command, "--slug", "mine")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")


def test_unknown_time_zone_is_refused(carrel_command: Shell) -> None:
    assert added(carrel_command, "--zone", "Mars/Olympus").code == 1


def test_publishing_lists_what_is_still_missing(carrel_command: Shell) -> None:
    added(carrel_command)
    ran = carrel_command("webinar", "publish", "weeding-without-tears", "--json")
    assert (ran.code, ran.answer["state"]) == (0, "announced")
    assert {"overview", "presenter"} <= set(ran.answer["missing"])


def test_publishing_prints_the_address_and_what_is_missing(carrel_command: Shell) -> None:
    added(carrel_command)
    ran = carrel_command("webinar", "publish", "weeding-without-tears")
    assert "http://localhost/webinars/weeding-without-tears" in ran.out
    assert "is missing: summary, overview" in ran.out


def test_announced_webinar_cannot_be_published_again(carrel_command: Shell) -> None:
    added(carrel_command)
    carrel_command("webinar", "publish", "weeding-without-tears", "--json")
    ran = carrel_command("webinar", "publish", "weeding-without-tears", "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "is_announced")


def test_unknown_webinar_is_not_found(carrel_command: Shell) -> None:
    assert carrel_command("webinar", "publish", "nothing", "--json").code == 3


def test_credit_longer_than_the_webinar_needs_confirmation(
    carrel_command: Shell, database: Database
) -> None:
    slug = added(carrel_command).answer["slug"]
    refused = carrel_command("webinar", "credit", slug, "--minutes", "90", "--json")
    assert refused.code == 1
    assert "up to 60 minutes" in refused.complaint["message"]
    with database.read_session() as session:
        assert session.scalars(select(CertificateRule)).all() == []
    ran = carrel_command("webinar", "credit", slug, "--minutes", "90", "--confirm", "--json")
    assert ran.answer == {
        "slug": slug,
        "credit_minutes": 90,
        "confirmed_minutes": 90,
        "live_minutes": 60,
        "recording_minutes": None,
    }
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act)).all()
    assert "webinar.credit_confirmed" in acts
    assert carrel_command("webinar", "credit", slug, "--minutes", "45").code == 0


def test_credit_of_a_short_recording_reports_the_minutes_for_watching(
    carrel_command: Shell, database: Database
) -> None:
    slug = added(carrel_command).answer["slug"]
    with database.transaction() as session:
        webinar = session.scalars(select(Webinar)).one()
        make_recording(session, webinar, seconds=86.0)
    ran = carrel_command("webinar", "credit", slug, "--minutes", "60")
    assert ran.code == 0
    assert "For watching they show 1" in ran.out


def test_credit_of_an_unknown_webinar_is_not_found(carrel_command: Shell) -> None:
    assert carrel_command("webinar", "credit", "nothing", "--minutes", "60").code == 3
