"""The order of a series: by date until staff change it, and the same for every reader."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.catalog.series_order import Order, follow_dates, move_webinar, put_in_order, read_order
from lms.catalog.series_page import read_parts
from lms.catalog.webinar_details_validation import WebinarWords
from lms.catalog.webinars import add_webinar, edit_webinar
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.lti_facade.content_choices import Sought, read_selection
from lms.lti_facade.link_content import find_series_facts
from lms.models.audit import AuditEntry
from lms.models.catalog import Series, Webinar, WebinarSeries
from tests.clock import NOW
from tests.factories import (
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_series,
    make_webinar,
)

UNKNOWN = "0" * 26


@pytest.fixture
def steps(database: Database) -> str:
    """Add a series of three webinars, in mixed order; returns its public ID."""
    with database.transaction() as session:
        series = make_series(session, "steps")
        for slug, days in (("second", 20), ("third", 10), ("first", 30)):
            webinar = make_webinar(session, slug, held_at=NOW - timedelta(days=days))
            make_recording(session, webinar)
            session.add(WebinarSeries(webinar_id=webinar.id, series_id=series.id))
        return series.public_id


def order(session: Session, series: str) -> list[str]:
    return [each.slug for each in read_order(session, series).webinars]


def move(session: Session, series: str, slug: str, place: int) -> None:
    webinar = session.scalars(select(Webinar.public_id).where(Webinar.slug == slug)).one()
    move_webinar(session, series, webinar, place, actor=None, now=NOW)


def test_webinars_are_ordered_by_date_until_one_is_moved(database: Database, steps: str) -> None:
    with database.transaction() as session:
        assert order(session, steps) == ["first", "second", "third"]
        assert not read_order(session, steps).is_by_hand
        move(session, steps, "third", 1)
        assert order(session, steps) == ["third", "first", "second"]
        assert read_order(session, steps).is_by_hand
        move(session, steps, "third", 2)
        assert order(session, steps) == ["first", "third", "second"]


@pytest.mark.parametrize(("place", "found"), [(0, 0), (1, 0), (3, 2), (99, 2)])
def test_position_beyond_an_end_means_that_end(
    database: Database, steps: str, place: int, found: int
) -> None:
    with database.transaction() as session:
        move(session, steps, "second", place)
        assert order(session, steps).index("second") == found


def test_everyone_sees_the_same_order(database: Database, steps: str) -> None:
    with database.transaction() as session:
        library = make_organization(session)
        make_pool_grant(session, make_pool(session, library))
        move(session, steps, "third", 1)
        moved = ["third", "first", "second"]
        page = read_parts(session, "steps", page=1, login_id=None, now=NOW)
        assert [each.slug for each in page.entries] == moved
        course = find_series_facts(session, library.id, "steps", login_id=None, now=NOW)
        assert [each.slug for each in course.parts] == moved
        picker = read_selection(session, library.id, Sought(series=steps), now=NOW)
        assert [each.slug for each in picker.items] == moved
        everything = read_selection(session, library.id, Sought(), now=NOW)
        assert [each.slug for each in everything.items] == ["third", "second", "first"]


def test_picker_lists_an_unchanged_series_by_date(database: Database, steps: str) -> None:
    with database.transaction() as session:
        library = make_organization(session)
        make_pool_grant(session, make_pool(session, library))
        picker = read_selection(session, library.id, Sought(series=steps), now=NOW)
        assert [each.slug for each in picker.items] == ["first", "second", "third"]


def test_edited_webinar_stays_in_position_and_an_added_one_is_last(
    database: Database, steps: str
) -> None:
    words = WebinarWords("Basement", NOW - timedelta(days=90), "UTC", series=("steps",))
    with database.transaction() as session:
        move(session, steps, "third", 1)
        add_webinar(session, words, actor=None, now=NOW)
        assert order(session, steps) == ["third", "first", "second", "basement"]
        move(session, steps, "basement", 2)
        changed = replace(words, title="Cellar", slug="basement")
        edit_webinar(session, "basement", changed, actor=None, now=NOW)
        assert order(session, steps) == ["third", "basement", "first", "second"]
        left = replace(changed, series=())
        edit_webinar(session, "basement", left, actor=None, now=NOW)
        assert order(session, steps) == ["third", "first", "second"]


def test_date_order_can_be_restored_and_undone(database: Database, steps: str) -> None:
    with database.transaction() as session:
        move(session, steps, "third", 1)
        former = [each.public_id for each in read_order(session, steps).webinars]
        follow_dates(session, steps, actor=None, now=NOW)
        assert order(session, steps) == ["first", "second", "third"]
        assert not read_order(session, steps).is_by_hand
        put_in_order(session, steps, former, actor=None, now=NOW)
        assert order(session, steps) == ["third", "first", "second"]


def test_order_that_names_other_webinars_is_rejected(database: Database, steps: str) -> None:
    with database.read_session() as session:
        some = [each.public_id for each in read_order(session, steps).webinars][:2]
    with pytest.raises(Conflict), database.transaction() as session:
        put_in_order(session, steps, some, actor=None, now=NOW)
    with database.read_session() as session:
        assert order(session, steps) == ["first", "second", "third"]


def test_unknown_series_has_no_order(database: Database, steps: str) -> None:
    with database.transaction() as session:
        outside = make_webinar(session, "outside").public_id
        assert read_order(session, UNKNOWN) == Order((), is_by_hand=False)
        with pytest.raises(NotFound):
            move_webinar(session, steps, outside, 1, actor=None, now=NOW)
        with pytest.raises(NotFound):
            move_webinar(session, UNKNOWN, outside, 1, actor=None, now=NOW)
        with pytest.raises(NotFound):
            follow_dates(session, UNKNOWN, actor=None, now=NOW)


def test_every_order_change_is_in_the_audit_trail(database: Database, steps: str) -> None:
    with database.transaction() as session:
        move(session, steps, "third", 1)
        follow_dates(session, steps, actor=None, now=NOW)
    with database.read_session() as session:
        acts = session.scalars(
            select(AuditEntry.act).where(AuditEntry.subject == steps).order_by(AuditEntry.id)
        ).all()
        assert acts == ["series.ordered", "series.by_date"]
        assert session.scalar(select(func.count()).select_from(Series)) == 1
