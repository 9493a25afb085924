"""While the database is moved: pages open, recordings play, and forms must be sent again later."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lms.core.database import IN_USE, MOVED, Database, frozen_until
from lms.core.errors import Frozen
from lms.core.runtime import Carrel
from lms.operations.health_checks import LEFT_BEHIND
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import count_in_notice, shows
from tests.player import open_playback
from tests.visitor import Visitor

DETAILS = {"name": "Alice", "zone": "America/New_York", "language": "en-US"}


@pytest.fixture
def freeze(database: Database, clock: Clock) -> Iterator[None]:
    if not database.is_sqlite:
        pytest.skip("only SQLite is moved")
    yield
    database.set_freeze_mark(IN_USE)


def freeze_for_four_minutes(database: Database) -> None:
    database.set_freeze_mark(frozen_until(NOW + timedelta(minutes=3, seconds=1)))


@pytest.mark.usefixtures("freeze")
def test_pages_open_and_forms_say_when_to_try_again(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    client.sign_in(cast.alice.id)
    freeze_for_four_minutes(database)
    clock.advance(timedelta(minutes=-1))
    assert client.get(f"/webinars/{cast.slug}").status_code == 200
    answer = client.post("/account/details", data=DETAILS)
    assert answer.status_code == 503
    assert "5 minutes" in answer.text
    assert answer.headers["Retry-After"] == "300"


@pytest.mark.usefixtures("freeze")
def test_recording_plays_and_viewing_is_saved_after_the_freeze(
    client: Visitor, cast: Cast, database: Database, carrel: Carrel
) -> None:
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    freeze_for_four_minutes(database)
    for tell in (player.beat, player.close):
        refused = tell(position=5.0, spans=[[0.0, 5.0]])
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "240")
    # the cast's recording has no file, so 404 means that the token was accepted
    assert player.get("master.m3u8").status_code == 404
    database.set_freeze_mark(IN_USE)
    assert player.beat(position=5.0, spans=[[0.0, 5.0]]).status_code == 200


@pytest.mark.usefixtures("freeze")
def test_pages_open_and_forms_are_refused_between_the_move_and_the_restart(
    client: Visitor, cast: Cast, database: Database, carrel: Carrel, clock: Clock
) -> None:
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    database.set_freeze_mark(MOVED)
    clock.advance(timedelta(hours=1))  # enough for this visit to be recorded
    assert client.get(f"/webinars/{cast.slug}").status_code == 200
    answer = client.post("/account/details", data=DETAILS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert shows(answer.text, Frozen(NOW).message)
    assert "CARREL_DATABASE_URL" not in answer.text
    told = player.beat(position=5.0, spans=[[0.0, 5.0]])
    assert (told.status_code, told.headers["Retry-After"]) == (503, "10")
    assert "CARREL_DATABASE_URL" not in told.text


@pytest.mark.usefixtures("freeze")
def test_staff_see_that_the_app_was_not_restarted_after_a_move(
    client: Visitor, cast: Cast, database: Database
) -> None:
    client.sign_in(cast.ada.id)
    database.set_freeze_mark(MOVED)
    page = client.get("/staff/system-health").text
    assert count_in_notice(page, "carrel doctor") == 1
    assert shows(page, LEFT_BEHIND)
    assert "CARREL_DATABASE_URL" in page
