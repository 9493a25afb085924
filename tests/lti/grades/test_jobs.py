"""The score job: from a heartbeat to the gradebook, and the cost of looking for changes."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import Work, enqueue
from lms.lti_facade.progress import changed_since
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.jobs import JobState, Lane
from lms.playback.heartbeats import keep_beat
from lms.playback.progress_bitmap import Beat, Span, share_within
from lms.playback.sessions import Playback, Screen, open_playback
from lms.worker.worker import see_through
from lti.grades.jobs import SCORES, report_scores
from lti.keys.tool_keys import publish_keys
from tests.factories import make_grant
from tests.lti.launched_course import School

HOUR = 720  # buckets


def test_completion_reaches_the_gradebook_in_the_round_after_the_last_heartbeat(
    school: School, carrel: Carrel
) -> None:
    """Runs with our own encrypted keys, and the job as the worker runs it."""
    keys = publish_keys(carrel.database, carrel.settings.secret_key, now=now())
    school.tool.jwks = keys
    link, link_id = school.place(column=100)
    wren = school.platform.course.learners[0]
    login_id = school.launch(wren, link_id)
    with school.database.transaction() as session:
        webinar = session.get_one(Webinar, school.cast.webinar_id)
        make_grant(session, session.get_one(Login, login_id), webinar)
        screen = Screen(login_id, None)
        opened = open_playback(session, screen=screen, webinar_id=webinar.id, now=now())
    assert isinstance(opened, Playback)
    for minute in range(55):
        school.clock.advance(timedelta(minutes=1))
        beat = Beat(minute * 60.0 + 60, 1.0, (Span(minute * 60.0, minute * 60.0 + 60),))
        with school.database.transaction() as session:
            keep_beat(session, opened.session_id, beat=beat, now=now())
        if minute in (20, 54):
            _round(school, carrel)
    assert school.platform.grade(wren, link) == 100


def _round(school: School, carrel: Carrel) -> None:
    moment = school.clock.advance(timedelta(seconds=10))
    with school.database.transaction() as session:
        job = enqueue(
            session, kind=SCORES, lane=Lane.PROMPT, subject="", payload={}, now=moment
        ).public_id
    ended = see_through(carrel, Work(handlers={SCORES: report_scores}), job)
    assert ended.state is JobState.DONE, ended


def test_looking_for_changes_scans_no_table(school: School) -> None:
    """Runs on SQLite, where the plan doesn't depend on the number of rows."""
    if not school.database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, and rightly")
    seen: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, *_more):  # type: ignore[no-untyped-def]
        seen.append((statement, parameters))

    with school.database.read_session() as session:
        engine = school.database.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            changed_since(session, school.clock.moment)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        [(statement, parameters)] = [one for one in seen if "SELECT" in one[0]]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row[3] for row in plan]
    assert [step for step in steps if step.startswith("SCAN")] == []
    assert any("ix_playback_session_ended_at" in step for step in steps)


@pytest.mark.parametrize(
    ("span", "buckets", "share"),
    [
        (Span(0, 3600), (1 << HOUR) - 1, 1.0),
        (Span(92, 168), ((1 << 33) - 1) ^ ((1 << 19) - 1), 1.0),
        (Span(100, 200), 1 << 20, 0.05),
        (Span(100, 200), 0, 0.0),
        (Span(101, 103), 1 << 20, 1.0),
        (Span(5000, 6000), (1 << HOUR) - 1, 0.0),
        (Span(3590, 3600), 3 << (HOUR - 2), 1.0),
    ],
)
def test_watched_share_of_a_span(span: Span, buckets: int, share: float) -> None:
    packed = buckets.to_bytes(90, "little")
    assert share_within(packed, span, seconds=3600.0) == pytest.approx(share)
