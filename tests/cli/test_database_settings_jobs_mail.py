"""carrel db, settings, job and mail."""

import pytest

from lms.core.clock import now
from lms.core.database import Database
from lms.jobs import leases
from lms.migrations import head
from lms.models.jobs import JobState
from media.storage.local_storage import LocalStorage
from tests.cli.command_runner import Shell
from tests.jobs.job_fixtures import facts_of, make_job, taken
from tests.servers.databases import Databases


@pytest.fixture
def failed(database: Database) -> str:
    """A job that failed permanently."""
    job_id = make_job(database, now=now())
    held = taken(database, now=now())
    failure = leases.Failure("This file holds no sound.", "Stream map '0:a' matches none", True)
    with database.transaction() as session:
        leases.fail(session, held, failure, endings={}, now=now())
    return job_id


def test_upgrade_creates_the_tables_and_then_changes_nothing(
    carrel_command: Shell, made_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = made_databases.empty("carrel_upgraded_by_hand")
    monkeypatch.setenv("CARREL_DATABASE_URL", url)
    first = carrel_command("db", "upgrade", "--json")
    second = carrel_command("db", "upgrade", "--json")
    made_databases.drop("carrel_upgraded_by_hand")
    assert (first.code, first.answer) == (0, {"before": None, "after": head()})
    assert second.answer == {"before": head(), "after": head()}


def test_upgrade_prints_the_new_version(carrel_command: Shell) -> None:
    assert carrel_command("db", "upgrade").out.endswith(f"({head()}).\n")


def test_settings_check_tries_the_database_and_the_storage(carrel_command: Shell) -> None:
    ran = carrel_command("settings", "check", "--json")
    assert ran.code == 0
    assert {check["name"]: check["fault"] for check in ran.answer["checks"]} == {
        "database": None,
        "storage": None,
    }


def test_storage_error_without_a_message_is_reported_by_its_type(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_storage: LocalStorage, _key: str) -> None:
        raise TimeoutError

    monkeypatch.setattr(LocalStorage, "stat", fail)
    ran = carrel_command("settings", "check", "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")
    said, advice = ran.complaint["message"].splitlines()
    assert said == "The storage didn't respond: TimeoutError"
    assert advice.startswith("Check its address.")


def test_settings_check_shows_where_email_goes(carrel_command: Shell) -> None:
    assert "files in " in carrel_command("settings", "check").out


def test_jobs_are_listed_with_their_failure(carrel_command: Shell, failed: str) -> None:
    (item,) = carrel_command("job", "list", "--json").answer["items"]
    assert (item["id"], item["state"]) == (failed, "failed")
    assert item["failure"] == "This file holds no sound."
    assert item["created_at"].endswith("Z")


def test_jobs_are_listed_by_state(carrel_command: Shell, failed: str) -> None:
    assert carrel_command("job", "list", "--state", "queued", "--json").answer == {"items": []}
    assert failed in carrel_command("job", "list", "--state", "failed").out


def test_job_is_shown_with_the_end_of_its_error(carrel_command: Shell, failed: str) -> None:
    assert "Stream map '0:a' matches none" in carrel_command("job", "show", failed).out


def test_a_failed_job_is_queued_again(
    carrel_command: Shell, failed: str, database: Database
) -> None:
    ran = carrel_command("job", "retry", failed, "--json")
    assert (ran.code, ran.answer["state"]) == (0, "queued")
    assert facts_of(database, failed).state is JobState.QUEUED


def test_queued_job_is_not_queued_again(carrel_command: Shell, database: Database) -> None:
    ran = carrel_command("job", "retry", make_job(database), "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "conflict")


def test_a_job_is_canceled(carrel_command: Shell, database: Database) -> None:
    ran = carrel_command("job", "cancel", make_job(database), "--json")
    assert (ran.code, ran.answer["cancel_requested"]) == (0, True)


@pytest.mark.parametrize("verb", ["show", "retry", "cancel"])
def test_unknown_job_is_not_found(carrel_command: Shell, verb: str) -> None:
    ran = carrel_command("job", verb, "nothing", "--json")
    assert (ran.code, ran.complaint["code"]) == (3, "not_found")


def test_trial_email_is_queued_listed_and_not_resent(carrel_command: Shell) -> None:
    tried = carrel_command("mail", "try", "alice@example.org", "--json")
    assert (tried.code, tried.answer["state"]) == (0, "queued")
    (item,) = carrel_command("mail", "list", "--json").answer["items"]
    assert item["id"] == tried.answer["id"]
    again = carrel_command("mail", "resend", item["id"], "--json")
    assert (again.code, again.complaint["code"]) == (1, "conflict")


def test_email_to_an_invalid_address_is_refused(carrel_command: Shell) -> None:
    assert carrel_command("mail", "try", "alice", "--json").complaint["code"] == "invalid"
