"""carrel webinar import."""

from pathlib import Path

import pytest
from sqlalchemy import select

from lms.cli.announcement_import import NOTHING_SAVED
from lms.core.database import Database
from lms.models.catalog import Presenter, Webinar, WebinarState
from tests.cli.command_runner import Shell

TEXTS = Path(__file__).parents[1] / "announcement_parser" / "texts"
PLAIN = str(TEXTS / "labels_above.txt")
OPEN = str(TEXTS / "markdown.md")


def test_announcement_is_imported_as_a_draft_webinar_only(
    carrel_command: Shell, database: Database
) -> None:
    ran = carrel_command("webinar", "import", PLAIN, "--json")
    assert ran.code == 0
    answer = ran.answer
    assert answer["applied"] is True
    assert answer["held_at"] == "2027-03-09T19:00:00Z"
    assert [one["name"] for one in answer["new_presenters"]] == ["Dr. Wilhelmina Oyelaran"]
    assert answer["new_series"] == ["Gentle Stacks"]
    assert answer["rest"][0]["text"] == "Press the button above. Cards and checks are welcome."
    with database.read_session() as session:
        made = session.scalars(select(Webinar)).one()
        assert session.scalars(select(Presenter)).all() == []
    assert (made.slug, made.state, made.minutes) == (answer["slug"], WebinarState.DRAFT, 75)
    assert made.agenda.count("\n") == 2


def test_webinar_excluded_from_passes_is_imported_as_excluded(
    carrel_command: Shell, database: Database
) -> None:
    ran = carrel_command("webinar", "import", str(TEXTS / "labels_and_subtitle.txt"), "--json")
    assert (ran.code, ran.answer["is_in_passes"]) == (0, False)
    assert ran.answer["hosted_by"] == "Lottie Quist"
    with database.read_session() as session:
        made = session.scalars(select(Webinar)).one()
    assert made.subtitle == "Turning down requests without losing a patron"
    assert not made.is_in_passes


def test_dry_run_reports_what_it_found_and_saves_nothing(
    carrel_command: Shell, database: Database
) -> None:
    ran = carrel_command("webinar", "import", PLAIN, "--dry-run")
    assert ran.code == 0
    assert NOTHING_SAVED in ran.out
    assert "Cards and checks are welcome." in ran.out
    with database.read_session() as session:
        assert session.scalars(select(Webinar)).all() == []


def test_ambiguous_date_is_refused_until_options_name_it(
    carrel_command: Shell, database: Database
) -> None:
    dry = carrel_command("webinar", "import", OPEN, "--dry-run", "--json").answer
    assert dry["held_at"] is None
    assert [one["shown"] for one in dry["choices"]] == ["2027-05-11T14:00", "2027-11-05T14:00"]
    ran = carrel_command("webinar", "import", OPEN, "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "when_unclear")
    said = ("--held-at", "2027-05-11T14:00", "--zone", "America/New_York")
    ran = carrel_command("webinar", "import", OPEN, *said, "--json")
    assert (ran.code, ran.answer["held_at"]) == (0, "2027-05-11T18:00:00Z")
    with database.read_session() as session:
        assert len(session.scalars(select(Webinar)).all()) == 1


def test_missing_time_zone_is_refused_until_an_option_names_it(
    carrel_command: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Quiet Rooms\n\nDate: March 9, 2027, 2 pm", "utf-8")
    ran = carrel_command("webinar", "import", str(file), "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "when_unclear")
    ran = carrel_command("webinar", "import", str(file), "--zone", "America/Chicago", "--json")
    assert ran.answer["held_at"] == "2027-03-09T20:00:00Z"


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"\x89PNG\r\n"])
def test_file_that_is_not_text_is_refused(
    carrel_command: Shell, tmp_path: Path, body: bytes
) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(body)
    ran = carrel_command("webinar", "import", str(file), "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "invalid")
