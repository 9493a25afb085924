"""carrel demo."""

import pytest
from sqlalchemy import select

from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.demo.all_series import CAST
from lms.models.recordings import Recording, RecordingState
from tests.cli.command_runner import Shell
from tests.clock import NOW

pytestmark = pytest.mark.slow


def test_json_lists_the_logins_and_the_webinars(carrel_command: Shell) -> None:
    ran = carrel_command("demo", "--json")
    assert ran.code == 0
    assert ran.answer["logins"][0] == {
        "email": "alice@example.org",
        "password": "alice-reads-at-noon",
        "role": "seat",
        "name": "Alice Thornbury",
        "about": "owns two webinars",
    }
    assert ran.answer["webinars"][0] == {
        "slug": "first-ninety-seconds",
        "title": "The First Ninety Seconds at the Desk",
        "held_at": "2022-04-14T18:00:00Z",
        "state": "announced",
        "recording": "waiting",
        "recording_ready": False,
    }


def test_every_address_and_password_is_printed_in_full(carrel_command: Shell) -> None:
    printed = carrel_command("demo").out
    for person in CAST:
        assert person.email in printed
        assert person.password in printed
        assert person.about in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_status_of_each_recording_is_printed(carrel_command: Shell, database: Database) -> None:
    carrel_command("demo")
    with database.transaction() as session:
        first, second, _ = session.scalars(select(Recording).order_by(Recording.id))
        first.run, first.seconds = "0123456789abcdefghjkmnpqrs", 60.0
        second.state = RecordingState.FAILED
    lines = [line.rstrip() for line in carrel_command("demo").out.splitlines()]
    ends = {line.split()[3]: line.split(maxsplit=4)[4:] for line in lines if len(line.split()) > 3}
    assert ends["first-ninety-seconds"] == ["can be played"]
    assert ends["getting-the-most"] == ["failed"]
    assert ends["digitizing-folding-table"] == ["waiting for the worker"]
    assert ends["numbers-trustees-remember"] == ["(draft)"]
    assert ends["shoebox-comes-in"] == []


def test_no_demo_is_created_in_a_database_in_use(carrel_command: Shell, database: Database) -> None:
    words = BrandingTexts("Elm Press", "#1f6b4f", "hello@example.org", "Elm Press", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    ran = carrel_command("demo")
    assert (ran.code, ran.out) == (
        0,
        "This database already belongs to Elm Press. No demo was created.\n",
    )
