"""Joining live: any number of times, recorded each time, and only by people with access."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lms.models.certificates import Certificate
from lms.models.live import Attendance, LiveJoin, Registration
from tests.cast import Cast
from tests.clock import Clock
from tests.live.upcoming_webinar import HELD_AT, HOUR, MINUTE
from tests.visitor import Visitor

ROOM = "https://zoom.example/j/123"


@pytest.fixture
def on_air(cast: Cast, database: Database, clock: Clock) -> Cast:
    with database.transaction() as session:
        row = session.get_one(Webinar, cast.webinar_id)
        row.held_at, row.live_link = HELD_AT, ROOM
    clock.set(HELD_AT - HOUR)
    return cast


def joins(database: Database) -> list[tuple[int, datetime]]:
    with database.read_session() as session:
        rows = session.execute(select(LiveJoin.login_id, LiveJoin.joined_at).order_by(LiveJoin.id))
        return [(row.login_id, row.joined_at) for row in rows]


def test_each_join_is_recorded_and_earns_nothing(
    client: Visitor, on_air: Cast, database: Database, clock: Clock
) -> None:
    client.sign_in(on_air.bob.id)
    for _ in range(3):
        answer = client.get(f"/webinars/{on_air.slug}/live")
        assert (answer.status_code, answer.location) == (303, ROOM)
        assert answer.headers["Cache-Control"] == "no-store"
    clock.advance(50 * MINUTE)
    assert client.get(f"/webinars/{on_air.slug}/live").location == ROOM
    assert joins(database) == [
        (on_air.bob.id, HELD_AT - HOUR),
        (on_air.bob.id, HELD_AT - 10 * MINUTE),
    ]
    with database.read_session() as session:
        assert session.scalars(select(Attendance)).all() == []
        assert session.scalars(select(Certificate)).all() == []


def test_joining_registers_a_person_who_had_unregistered(
    client: Visitor, on_air: Cast, database: Database
) -> None:
    client.sign_in(on_air.bob.id)
    client.post(f"/webinars/{on_air.slug}/register")
    client.post(f"/webinars/{on_air.slug}/register/leave")
    client.get(f"/webinars/{on_air.slug}/live")
    with database.read_session() as session:
        row = session.scalars(select(Registration)).one()
        assert (row.login_id, row.left_at) == (on_air.bob.id, None)


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose"])
def test_prefetching_is_not_a_join(
    client: Visitor, on_air: Cast, database: Database, header: str
) -> None:
    client.sign_in(on_air.bob.id)
    client.get(f"/webinars/{on_air.slug}/live", headers={header: "prefetch;prerender"})
    client.head(f"/webinars/{on_air.slug}/live")
    assert joins(database) == []


@pytest.mark.parametrize("who", ["dan", "carol", "mia"])
def test_person_without_access_is_not_recorded(
    client: Visitor, on_air: Cast, database: Database, who: str
) -> None:
    client.sign_in(getattr(on_air, who).id)
    answer = client.get(f"/webinars/{on_air.slug}/live")
    assert answer.status_code == 403
    assert "zoom.example" not in answer.text
    assert joins(database) == []


def test_meeting_link_is_not_shown_until_an_hour_before(
    client: Visitor, on_air: Cast, clock: Clock
) -> None:
    clock.set(HELD_AT - HOUR - timedelta(seconds=1))
    client.sign_in(on_air.bob.id)
    client.post(f"/webinars/{on_air.slug}/register")
    for path in (
        f"/webinars/{on_air.slug}",
        f"/webinars/{on_air.slug}/live",
        f"/webinars/{on_air.slug}/calendar.ics",
        "/calendar.ics",
        "/feed.xml",
        "/library",
        "/",
    ):
        answer = client.get(path)
        assert "zoom.example" not in answer.text
        assert "zoom.example" not in str(answer.headers)


def test_my_webinars_shows_what_is_upcoming_and_when_to_join(
    client: Visitor, on_air: Cast, clock: Clock, database: Database
) -> None:
    clock.set(HELD_AT - 2 * HOUR)
    client.sign_in(on_air.bob.id)
    assert "Coming up live" not in client.get("/library").text
    client.post(f"/webinars/{on_air.slug}/register")
    page = client.get("/library").text
    assert "Coming up live" in page
    assert "Join live" not in page
    clock.set(HELD_AT)
    assert "Join live" in client.get("/library").text
    clock.set(HELD_AT + HOUR)
    assert "Coming up live" not in client.get("/library").text
    clock.set(HELD_AT - HOUR)
    with database.transaction() as session:
        session.get_one(Webinar, on_air.webinar_id).state = WebinarState.CANCELED
    page = client.get("/library").text
    assert "Canceled. See your options." in page
    assert "Coming up live" not in page
