"""Staff pages for jobs: the list, retrying, and canceling."""

import pytest
from sqlalchemy import select

from lms.component import work_of
from lms.core.clock import now
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.jobs import leases
from lms.jobs.leases import Failure
from lms.jobs.queue import enqueue
from lms.models.audit import AuditEntry
from lms.models.jobs import JobState, Lane
from lms.models.recordings import Recording
from lms.web.jobs.staff import KIND_WORDS
from tests.cast import Cast
from tests.jobs.job_fixtures import facts_of, make_job, taken
from tests.visitor import Visitor
from wsgi import COMPONENTS


@pytest.fixture
def staff(client: Visitor, cast: Cast) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def fail(database: Database, detail: str = "") -> str:
    job_id = make_job(database, now=now())
    held = taken(database, now=now())
    failure = Failure("This file holds no <sound>.", detail, final=True)
    with database.transaction() as session:
        leases.fail(session, held, failure, endings={}, now=now())
    return job_id


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_job_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    job_id = fail(database)
    assert client.get("/staff/jobs").status_code == 404
    assert client.get(f"/staff/jobs/{job_id}").status_code == 404
    assert client.post(f"/staff/jobs/{job_id}/retry").status_code == 404
    assert facts_of(database, job_id).state is JobState.FAILED


def test_empty_list_says_that_there_are_no_jobs(staff: Visitor) -> None:
    assert "No jobs yet" in staff.get("/staff/jobs").text


def test_list_shows_failed_jobs_and_the_reason(staff: Visitor, database: Database) -> None:
    fail(database)
    page = staff.get("/staff/jobs").text
    assert "Failed" in page
    assert "This file holds no &lt;sound&gt;." in page


def test_list_shows_the_progress_of_a_running_job(staff: Visitor, database: Database) -> None:
    make_job(database, now=now())
    held = taken(database, now=now())
    with database.transaction() as session:
        leases.renew(session, held, share=0.42, note="Encoding", now=now())
    page = staff.get("/staff/jobs").text
    assert "42%" in page
    assert "Encoding" in page


def test_list_names_the_webinar_of_a_recording_job(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        subject = session.scalars(select(Recording.public_id)).one()
        enqueue(session, kind="encode", lane=Lane.MEDIA, subject=subject, payload={}, now=now())
    title = staff.get("/staff/jobs").text
    assert "Reading rooms" in title or "reading-rooms" in title


def test_list_can_be_filtered_by_state(staff: Visitor, database: Database) -> None:
    failed, waiting = fail(database), make_job(database, now=now())
    page = staff.get("/staff/jobs?state=failed").text
    assert failed in page
    assert waiting not in page
    assert "No jobs with this status" in staff.get("/staff/jobs?state=canceled").text


def test_list_is_paginated(staff: Visitor, database: Database) -> None:
    for _ in range(51):
        make_job(database, now=now())
    assert "1 to 50 of 51" in staff.get("/staff/jobs").text
    assert "51 to 51 of 51" in staff.get("/staff/jobs?page=2").text
    assert staff.get("/staff/jobs?page=3").status_code == 404
    assert staff.get("/staff/jobs?page=0").status_code == 404


def test_finished_jobs_without_a_subject_are_not_listed(staff: Visitor, database: Database) -> None:
    with database.transaction() as session:
        enqueue(session, kind="encode", lane=Lane.MEDIA, subject="", payload={}, now=now())
    held = taken(database, now=now())
    with database.transaction() as session:
        leases.finish(session, held, now=now())
    assert "No jobs yet" in staff.get("/staff/jobs").text


def test_every_kind_of_job_has_a_label() -> None:
    kinds = {str(kind) for kind in work_of(COMPONENTS).handlers}
    assert kinds - {str(kind) for kind in KIND_WORDS} == set()


def test_job_page_shows_the_error_detail(staff: Visitor, database: Database) -> None:
    page = staff.get(f"/staff/jobs/{fail(database, 'moov atom <not> found')}").text
    assert "moov atom &lt;not&gt; found" in page
    assert "Try again" in page


def test_unknown_job_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"/staff/jobs/{new_public_id()}").status_code == 404


def test_retry_of_a_failed_job_is_recorded_with_the_staff_member(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    job_id = fail(database)
    answer = staff.post(f"/staff/jobs/{job_id}/retry")
    assert (answer.status_code, answer.location) == (303, f"/staff/jobs/{job_id}")
    assert facts_of(database, job_id).state is JobState.QUEUED
    with database.read_session() as session:
        assert session.scalars(select(AuditEntry.actor)).one() == cast.ada.public_id


def test_queued_job_cannot_be_retried(staff: Visitor, database: Database) -> None:
    assert staff.post(f"/staff/jobs/{make_job(database)}/retry").status_code == 409


def test_job_can_be_canceled_and_its_page_says_so(staff: Visitor, database: Database) -> None:
    job_id = make_job(database, now=now())
    assert staff.post(f"/staff/jobs/{job_id}/cancel").status_code == 303
    assert facts_of(database, job_id).cancel_requested
    page = staff.get(f"/staff/jobs/{job_id}").text
    assert "Canceling" in page
    assert "Cancel job" not in page


def test_progress_is_available_as_json(staff: Visitor, database: Database) -> None:
    job_id = make_job(database, now=now())
    held = taken(database, now=now())
    with database.transaction() as session:
        leases.renew(session, held, share=0.5, note="", now=now())
    answer = staff.get(f"/staff/jobs/{job_id}", headers={"Accept": "application/json"})
    assert answer.json == {
        "percent": 50,
        "amount": "50%",
        "note": "",
        "state": "Running",
        "is_live": True,
    }


def test_all_recordings_can_be_processed_again_at_once(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    assert "Process 1 recording again" in staff.get("/staff/jobs").text
    page = staff.post("/staff/jobs/prepare-all-again", follow_redirects=True).text
    assert "1 recording will be processed again" in page
    assert "Process a recording" in page
    page = staff.post("/staff/jobs/prepare-all-again", follow_redirects=True).text
    assert "There are no recordings to process again" in page


def test_recording_is_processed_again_only_once_from_its_webinar_page(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.read_session() as session:
        recording_id = session.scalars(select(Recording.public_id)).one()
    address = f"/staff/webinars/{cast.slug}/recordings/{recording_id}/prepare-again"
    assert staff.post(address).status_code == 303
    assert staff.post(address).status_code == 409
