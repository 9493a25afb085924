"""carrel grant, carrel why, carrel recording and carrel handout."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from lms.access import explanations
from lms.core.database import Database
from lms.models.accounts import Login
from tests.access.test_order_payers import paused, seated
from tests.cast import PASS_ENDED, Cast
from tests.cli.command_runner import Shell
from tests.clock import NOW, Clock
from tests.sales.order_fixtures import GROUP
from tests.uploads.tus_client import film
from tests.wait_until import PATIENCE_S

ROOT = Path(__file__).parents[2]
SLIDES = ROOT / "lms/demo/files/folding-table.pdf"


def test_granting_twice_creates_one_permanent_grant(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    first = carrel_command("grant", cast.dan.email, cast.slug, "--json")
    second = carrel_command("grant", "DAN@Example.org", cast.slug, "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.answer["grant"] == second.answer["grant"]
    assert first.answer["ends_at"] is None
    far = (NOW + timedelta(days=365 * 20)).isoformat()
    why = carrel_command("why", cast.dan.email, cast.slug, "--at", far, "--json").answer
    assert (why["code"], why["admitted"], why["ends_at"]) == ("OK_PERMANENT", True, None)


def test_why_shows_the_code_sentence_next_step_and_candidates(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    told = carrel_command("why", cast.carol.email, cast.slug, "--json").answer
    assert told["code"] == "PASS_EXPIRED"
    assert told["admitted"] is False
    assert told["next_step"] == "renew"
    assert told["sentence"] == explanations.PASS_ENDED % {"until": "March 1, 2026"}
    [weighed] = told["candidates"]
    assert weighed["scope"] == "everything"
    assert weighed["code"] == "PASS_EXPIRED"
    assert weighed["ends_at"].endswith("Z")


def test_next_step_for_paused_access_depends_on_who_can_pay(
    carrel_command: Shell, cast: Cast, database: Database, clock: Clock
) -> None:
    login_id = seated(database, cast, paused(database, GROUP), None)
    with database.read_session() as session:
        person = session.get_one(Login, login_id).public_id
    told = [
        carrel_command("why", who, cast.slug, "--json").answer for who in (cast.mia.email, person)
    ]
    assert [one["code"] for one in told] == ["PAYMENT_OVERDUE", "PAYMENT_OVERDUE"]
    assert [one["next_step"] for one in told] == ["pay", "ask"]


def test_why_answers_for_a_given_time(carrel_command: Shell, cast: Cast, clock: Clock) -> None:
    before = (PASS_ENDED - timedelta(seconds=1)).isoformat()
    assert (
        carrel_command("why", cast.carol.email, cast.slug, "--at", before, "--json").answer["code"]
        == "OK_TERM"
    )
    naive = carrel_command("why", cast.carol.email, cast.slug, "--at", "2026-01-01T12:00", "--json")
    assert naive.code == 2
    zoned = carrel_command(
        "why", cast.carol.email, cast.slug, "--at", "2026-01-01T12:00", "--zone", "America/New_York"
    )
    assert zoned.code == 0
    assert zoned.out.startswith("OK_TERM: ")


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A file that starts like a recording but isn't one."""
    made = tmp_path / "noise.mp4"
    made.write_bytes(film(100_000))
    return made


def test_unknown_people_and_webinars_are_not_found(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    assert carrel_command("grant", "nobody@example.org", cast.slug, "--json").code == 3
    assert carrel_command("grant", cast.dan.email, "no-such-webinar", "--json").code == 3
    assert carrel_command("handout", "add", "no-such-webinar", str(SLIDES), "--json").code == 3
    assert carrel_command("recording", "add", "no-such-webinar", str(SLIDES), "--json").code == 3


def test_handout_is_added_with_its_title_from_a_pdf_only(
    carrel_command: Shell, cast: Cast, tmp_path: Path
) -> None:
    added = carrel_command("handout", "add", cast.slug, str(SLIDES), "--json")
    assert added.code == 0
    assert added.answer["title"] == "Digitizing on a Folding Table"
    assert added.answer["pages"] == 7
    words = tmp_path / "words.pdf"
    words.write_text("no PDF at all")
    refused = carrel_command("handout", "add", cast.slug, str(words), "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "invalid")


def test_waiting_for_an_unusable_recording_ends_with_an_error_message(
    carrel_command: Shell, cast: Cast, noise: Path
) -> None:
    refused = carrel_command("recording", "add", cast.slug, str(noise), "--wait", "--json")
    assert refused.code == 1
    assert refused.complaint["code"] == "recording_failed"
    assert refused.complaint["message"].endswith(".")


def test_file_of_another_kind_is_refused_as_a_recording(
    carrel_command: Shell, cast: Cast, tmp_path: Path
) -> None:
    slides = tmp_path / "talk.mp4"
    slides.write_bytes(SLIDES.read_bytes())
    for file in (SLIDES, slides):
        refused = carrel_command("recording", "add", cast.slug, str(file), "--json")
        assert (refused.code, refused.complaint["code"]) == (1, "wrong_kind")


def test_a_recording_is_added_without_waiting(
    carrel_command: Shell, cast: Cast, noise: Path
) -> None:
    added = carrel_command("recording", "add", cast.slug, str(noise), "--json")
    assert added.code == 0
    assert added.answer["version"] == 2
    assert added.answer["state"] == "waiting"


@pytest.mark.slow
@pytest.mark.usefixtures("database")
def test_waiting_command_prints_only_its_answer(
    cast: Cast, environ: Mapping[str, str], talk: Path, noise: Path
) -> None:
    def add(file: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, ROOT / "wsgi.py", "recording", "add", cast.slug, file]
        return subprocess.run(
            [*command, "--wait", "--json"],
            env={"PATH": os.defpath, **environ},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    taken = add(talk)
    assert (taken.returncode, taken.stderr) == (0, "")
    assert json.loads(taken.stdout)["state"] == "ready"
    refused = add(noise)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert json.loads(refused.stderr)["code"] == "recording_failed"
