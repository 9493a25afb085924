"""An embed link plays a replaced recording, and completions remain."""

import csv
import io
from datetime import timedelta
from types import SimpleNamespace

import pytest

from lms.models.catalog import Webinar
from lms.models.organizations import Organization
from lms.web.wsgi_middleware_stack import front
from lti.models.embed_links import SeatRule
from tests.certificates.playback_fixtures import play
from tests.clock import NOW
from tests.factories import make_pool, make_pool_grant
from tests.lti.embed_links.embed_link_fixtures import Framed, make_embed, path_of
from tests.lti.recording_replacement import FILE, Staff
from tests.player import AGENT, Player
from tests.removed_items_purge import clear

NEW = "new.person@elm.example"
WHOLE_S = 60
HALF_S = WHOLE_S // 2
LATER = timedelta(hours=1)
A_MONTH = timedelta(days=31)


@pytest.fixture(autouse=True)
def served(app, carrel, clock, monkeypatch):
    """Put the media middleware in front of the pages, with the test's clock."""

    def told():
        return clock.moment.timestamp()

    monkeypatch.setattr("media.delivery.authorization.time", SimpleNamespace(time=told))
    app.wsgi_app = front(app, carrel)


@pytest.fixture
def staff(app, carrel, cast):
    return Staff(carrel, app.test_client(), cast)


@pytest.fixture
def opened(client, database, cast, settings, clock):
    """Return a function that opens the framed link an hour later as the same person."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id), capacity=1)
        make_pool_grant(session, pool)
        ends_at = NOW + 2 * A_MONTH
        link = make_embed(session, cast, settings, rule=SeatRule.NAMED, expires_at=ends_at)

    def open_again():
        clock.advance(LATER)
        framed = Framed.open(client, database, path_of(settings, link))
        is_known = framed.get().status_code == 200
        return framed if is_known else framed.become(NEW, "New Person")

    return open_again


@pytest.fixture
def completion(app, database, cast):
    """Return a function that reads the person's share and completion time as Mia sees them."""
    mia = app.test_client()
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id

    def read():
        mia.sign_in(cast.mia.id)
        listed = mia.get(f"/organization/{elm}/embeds/completions/completions.csv")
        (row,) = csv.DictReader(io.StringIO(listed.data.decode("utf-8-sig")))
        return row["Watched %"], row["Completed at"]

    return read


def playing(framed):
    answer = framed.client.post(
        f"/lti/s/{framed.secret}/playback", json={}, headers={"User-Agent": AGENT}
    )
    assert answer.status_code == 200, answer.text
    return Player(framed.client, answer.json)


def shown(player):
    """Return the bytes that play."""
    run = player.addresses["hls"].split("/")[3]
    answer = player.get(f"{run}/{FILE}")
    assert answer.status_code == 200
    return answer.data


def test_same_address_plays_the_new_recording_and_progress_continues(
    staff, opened, completion, clock
):
    former = staff.first(WHOLE_S)
    player = playing(opened())
    play(player, clock, 0, HALF_S)
    assert shown(player) == former.film

    second = staff.replace(WHOLE_S)
    assert shown(player) == former.film  # current viewers can finish the old version
    again = opened()
    assert f'data-resume="{HALF_S}.0"' in again.get("watch").text
    player = playing(again)
    assert shown(player) == second.film
    play(player, clock, HALF_S, WHOLE_S)
    player.close(position=WHOLE_S)
    read = completion()
    assert read[0] == "100"
    assert read[1]

    staff.delete(former)
    assert shown(playing(opened())) == second.film
    assert completion() == read


def test_completion_remains_when_a_longer_recording_replaces_it(staff, opened, completion, clock):
    former = staff.first(WHOLE_S)
    player = playing(opened())
    play(player, clock, 0, WHOLE_S)
    player.close(position=WHOLE_S)
    read = completion()
    assert read[0] == "100"

    second = staff.replace(WHOLE_S * 3)
    assert shown(playing(opened())) == second.film
    assert completion() == read
    staff.delete(former)
    assert shown(playing(opened())) == second.film
    clock.advance(A_MONTH)
    clear(staff.carrel)
    assert shown(playing(opened())) == second.film
    assert completion() == read
