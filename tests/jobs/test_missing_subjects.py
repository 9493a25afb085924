"""Every handler and every ending, with a subject that was deleted, merged, erased or withdrawn."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from lms.cli.command_context import Console
from lms.core.runtime import Carrel
from lms.handouts import handouts, pages
from lms.handouts.pages import Drawn, Unread
from lms.jobs.leases import BROKE, STOPPED_MIDWAY
from lms.jobs.queue import ENDED, GiveUp, Handler, JobFacts, JobRun, Work, enqueue
from lms.models.handouts import HandoutPage
from lms.models.jobs import Job, JobState, Lane
from lms.models.seat_imports import ImportState
from lms.models.uploads import UploadState
from lms.seat_imports import imports
from lms.seat_imports.read_models import find_import
from lms.uploads import uploads
from lms.worker.worker import Worker
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.jobs.job_fixtures import at_work, facts_of
from tests.jobs.job_subjects import FATES, Subject, furnish, subjects
from tests.wait_until import until
from wsgi import COMPONENTS

WORK: Final = Console(COMPONENTS).work
ROUNDS: Final = {schedule.kind for schedule in WORK.schedules}
TRIED: Final = "This can't be done."


def gives_up(_carrel: Carrel, _run: JobRun) -> None:
    raise GiveUp(TRIED)


def done(_carrel: Carrel, _run: JobRun) -> None:
    """Do nothing."""


@pytest.fixture(params=sorted(FATES))
def fate(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def carrel(carrel: Carrel) -> Carrel:
    """The library with a speech program that fails."""
    return replace(carrel, settings=replace(carrel.settings, speech_command=("false",)))


@pytest.fixture
def about(carrel: Carrel, cast: Cast, clock: Clock, fate: str) -> dict[str, Subject]:
    """Return the subject of each kind of job, after the fate."""
    library = furnish(carrel, cast)
    with carrel.database.transaction() as session:
        FATES[fate](session, cast, library)
    rounds: dict[str, Subject] = dict.fromkeys(ROUNDS, ("", {}))
    return {**subjects(library), **rounds}


def make(carrel: Carrel, kind: str, subject: Subject, *, state: JobState = JobState.QUEUED) -> str:
    """Create a job with one attempt; a running one was left by its worker in that attempt."""
    with carrel.database.transaction() as session:
        job = enqueue(
            session,
            kind=kind,
            lane=Lane.PROMPT,
            subject=subject[0],
            payload=subject[1],
            now=NOW,
            priority=10,
        )
        job.max_tries = 1
        if state is JobState.RUNNING:
            job.state, job.tries, job.lease_until = state, 1, NOW - timedelta(seconds=1)
        job.cancel_requested = state is JobState.CANCELED  # requested before it started
        return job.public_id


def serve(carrel: Carrel, work: Work, ids: Mapping[str, str]) -> dict[str, JobFacts]:
    """Let a worker end the given jobs by their kinds, and one of another kind after them."""
    handlers: dict[str, Handler] = {**work.handlers, "another": done}
    last = make(carrel, "another", ("", {}))
    worker = Worker(carrel, Work(handlers, work.endings), (Lane.PROMPT,))
    wanted = [*ids.values(), last]
    with capture_logs() as told, at_work(worker):
        until(
            lambda: all(facts_of(carrel.database, one).state in ENDED for one in wanted),
            seconds=240,
        )
    faults = {"worker_lost_a_lane", "step_broke", "database_fault", "jobs_not_settled"}
    assert [one for one in told if one["event"] in faults] == []
    assert [one for one in told if one["event"].startswith("job_not_settled")] == []
    assert facts_of(carrel.database, last).state is JobState.DONE
    return {kind: facts_of(carrel.database, one) for kind, one in ids.items()}


def test_every_handler_has_a_subject_to_test(carrel: Carrel, cast: Cast, clock: Clock) -> None:
    """Add a case for each new kind of job to tests/jobs/job_subjects.py."""
    kinds = {str(kind) for kind in WORK.handlers}
    assert kinds == set(subjects(furnish(carrel, cast))) | {str(kind) for kind in ROUNDS}
    assert set(WORK.endings) <= set(WORK.handlers)


def test_ending_changes_nothing_of_a_subject_that_was_done(
    carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    """A worker can be lost after its work and before it recorded the end."""
    of = furnish(carrel, cast)
    with carrel.database.transaction() as session:
        uploads.finish(session, of.upload, now=NOW)
        pages.keep_drawn(session, unread(session, of.handout), [Drawn(1, 9, 9)])
        pages.keep_words(session, of.handout, {1: "ink"}, now=NOW)
        row = imports.LISTS.locked(session, of.seat_list)
        row.state, row.source_key = ImportState.CHECKED, None
    kinds = (uploads.SETTLE, handouts.READ, imports.READ)
    about = subjects(of)
    ids = {kind: make(carrel, kind, about[kind], state=JobState.RUNNING) for kind in kinds}
    assert {one.state for one in serve(carrel, WORK, ids).values()} == {JobState.FAILED}
    with carrel.database.read_session() as session:
        assert uploads.read_upload(session, of.upload).state is UploadState.DONE
        assert session.scalars(select(HandoutPage.words)).all() == ["ink"]
        assert find_import(session, of.seat_list).state is ImportState.CHECKED


def unread(session: Session, handout_id: str) -> Unread:
    found = pages.find_unread(session, handout_id)
    assert found is not None
    return found


@pytest.mark.timeout(600)
def test_every_handler_ends_its_job_after_any_fate_of_its_subject(
    carrel: Carrel, about: dict[str, Subject], fate: str
) -> None:
    ids = {str(kind): make(carrel, kind, about[kind]) for kind in WORK.handlers}
    found = serve(carrel, WORK, ids)
    odd = {
        kind: facts.failure_detail
        for kind, facts in found.items()
        if facts.state is JobState.FAILED and facts.failure in (None, "", BROKE)
    }
    assert odd == {}
    with carrel.database.read_session() as session:
        assert session.scalar(select(Job.id).where(Job.state == JobState.RUNNING)) is None


@pytest.mark.parametrize("how", ["failed", "canceled", "lapsed"])
def test_every_ending_ends_its_job_after_any_fate_of_its_subject(
    carrel: Carrel, about: dict[str, Subject], fate: str, how: str
) -> None:
    before = {
        "failed": JobState.QUEUED,
        "canceled": JobState.CANCELED,
        "lapsed": JobState.RUNNING,
    }[how]
    ids = {str(kind): make(carrel, kind, about[kind], state=before) for kind in WORK.endings}
    found = serve(carrel, Work(dict.fromkeys(WORK.endings, gives_up), WORK.endings), ids)
    state, failure = {
        "failed": (JobState.FAILED, TRIED),
        "canceled": (JobState.CANCELED, None),
        "lapsed": (JobState.FAILED, STOPPED_MIDWAY),
    }[how]
    assert {(facts.state, facts.failure) for facts in found.values()} == {(state, failure)}
    assert [facts.failure_detail for facts in found.values() if facts.failure_detail] == []
