"""The webinars of an assigned series are in the order set by staff wherever training is shown."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from lms.catalog.series_order import follow_dates, put_in_order
from lms.core.database import Database
from lms.models.catalog import Series, Webinar, WebinarSeries
from lms.training import assignments
from lms.training.assignments import NewTraining
from lms.training.manager_read_models import read_training
from lms.training.trainee_read_models import list_own
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_recording, make_series, make_webinar
from tests.training.conftest import TODAY, ZONE, Elm, watched

BY_DATE = ["first", "second", "third"]


@pytest.fixture
def assigned(database: Database, elm: Elm) -> str:
    """Assign the series `calm` of three free webinars to everyone; return the training's ID."""
    with database.transaction() as session:
        series = make_series(session, "calm")
        for number, slug in enumerate(BY_DATE):
            webinar = make_webinar(
                session, slug, held_at=NOW - timedelta(days=30 - number), free=True
            )
            session.add(WebinarSeries(webinar_id=webinar.id, series_id=series.id))
        session.flush()
        new = NewTraining("series:calm", TODAY + timedelta(days=30), everyone=True)
        return assignments.assign(session, elm.facts, new, zone=ZONE, actor=None, now=NOW).public_id


def shown(database: Database, cast: Cast, elm: Elm, training_id: str) -> list[str]:
    """Return the order that the person and the manager see, which must be the same."""
    with database.read_session() as session:
        [own] = list_own(session, cast.alice.id, now=NOW)
        managed = read_training(session, elm.facts.id, training_id, now=NOW)
    assert [(one.slug, one.title) for one in own.webinars] == list(managed.webinars)
    return [one.slug for one in own.webinars]


def reorder(database: Database, *slugs: str) -> None:
    with database.transaction() as session:
        series = session.scalars(select(Series).where(Series.slug == "calm")).one()
        rows = session.execute(
            select(Webinar.slug, Webinar.public_id).where(Webinar.slug.in_(slugs))
        )
        found = {row.slug: row.public_id for row in rows}
        put_in_order(
            session, series.public_id, [found[slug] for slug in slugs], actor=None, now=NOW
        )


def test_series_is_ordered_by_date_until_staff_reorder_it(
    database: Database, cast: Cast, elm: Elm, assigned: str
) -> None:
    assert shown(database, cast, elm, assigned) == BY_DATE
    reorder(database, "third", "first", "second")
    assert shown(database, cast, elm, assigned) == ["third", "first", "second"]
    with database.transaction() as session:
        series_id = session.scalars(select(Series.public_id).where(Series.slug == "calm")).one()
        follow_dates(session, series_id, actor=None, now=NOW)
    assert shown(database, cast, elm, assigned) == BY_DATE


def test_person_sees_the_progress_of_each_webinar(
    database: Database, cast: Cast, elm: Elm, assigned: str
) -> None:
    with database.transaction() as session:
        for slug, share in (("second", 0.95), ("third", 0.3)):
            webinar = session.scalars(select(Webinar).where(Webinar.slug == slug)).one()
            recording = make_recording(session, webinar)
            watched(session, cast.alice.id, recording.id, share)
    with database.read_session() as session:
        [own] = list_own(session, cast.alice.id, now=NOW)
    found = {one.slug: (one.is_begun, one.is_completed) for one in own.webinars}
    assert found == {"first": (False, False), "second": (True, True), "third": (True, False)}
    assert (own.is_begun, own.is_completed) == (True, False)


def test_webinar_removed_from_the_series_stays_assigned_and_comes_last(
    database: Database, cast: Cast, elm: Elm, assigned: str
) -> None:
    reorder(database, "third", "first", "second")
    with database.transaction() as session:
        place = session.scalars(select(WebinarSeries).order_by(WebinarSeries.position)).first()
        session.delete(place)
    assert shown(database, cast, elm, assigned) == ["first", "second", "third"]


def test_training_of_a_deleted_series_is_ordered_by_date(
    database: Database, cast: Cast, elm: Elm, assigned: str
) -> None:
    reorder(database, "third", "first", "second")
    with database.transaction() as session:
        session.execute(delete(WebinarSeries))
        session.execute(delete(Series))
    assert shown(database, cast, elm, assigned) == BY_DATE


def test_webinar_assigned_alone_is_listed_once_even_in_two_series(
    database: Database, cast: Cast, elm: Elm
) -> None:
    with database.transaction() as session:
        for slug in ("one", "another"):
            series = make_series(session, slug)
            session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id, position=1))
        session.flush()
        new = NewTraining(elm.subject, TODAY + timedelta(days=30), everyone=True)
        made = assignments.assign(session, elm.facts, new, zone=ZONE, actor=None, now=NOW)
    assert shown(database, cast, elm, made.public_id) == [cast.slug]
