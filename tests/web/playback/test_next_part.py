"""The next webinar of a series, which the player offers when a recording ends."""

import pytest

from lms.models.catalog import Webinar, WebinarSeries, WebinarState
from lms.web.playback.next_part import ABOUT
from tests.clock import NOW
from tests.factories import make_grant, make_recording, make_series, make_webinar


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def series(database, cast):
    """Add two webinars after Alice's, the first without a recording; return the second's row ID."""
    with database.transaction() as session:
        made = make_series(session, "small-libraries")
        made.title = "Small libraries"
        cast_webinar = session.get_one(Webinar, cast.webinar_id)
        bare, last = (make_webinar(session, slug) for slug in ("without-film", "the-last-part"))
        last.title = "Part three"
        make_recording(session, last)
        for position, webinar in enumerate((cast_webinar, bare, last), 1):
            row = WebinarSeries(series_id=made.id, webinar_id=webinar.id, position=position)
            session.add(row)
        return last.id


def next_of(client, slug):
    return client.get(f"/webinars/{slug}/watch/next")


def test_the_next_webinar_with_a_recording_is_offered(client, cast, database, series):
    client.sign_in(cast.alice.id)
    assert next_of(client, cast.slug).json == {
        "text": "Next in Small libraries: Part three",
        "label": ABOUT,
        "url": "/webinars/the-last-part",
    }
    with database.transaction() as session:
        make_grant(session, cast.alice, session.get_one(Webinar, series), starts_at=NOW)
    assert next_of(client, cast.slug).json["label"] == "Watch next"
    assert next_of(client, cast.slug).json["url"] == "/webinars/the-last-part/watch"


def test_nothing_is_offered_after_the_last_webinar(client, cast, database, series):
    client.sign_in(cast.alice.id)
    with database.transaction() as session:
        make_grant(session, cast.alice, session.get_one(Webinar, series), starts_at=NOW)
    assert next_of(client, "the-last-part").json == {}


def test_a_withdrawn_webinar_is_not_offered(client, cast, database, series):
    client.sign_in(cast.alice.id)
    with database.transaction() as session:
        session.get_one(Webinar, series).state = WebinarState.WITHDRAWN
    assert next_of(client, cast.slug).json == {}


def test_next_webinar_is_not_found_without_access(client, cast, series):
    assert next_of(client, cast.slug).status_code == 303
    client.sign_in(cast.dan.id)
    assert next_of(client, cast.slug).status_code == 404
