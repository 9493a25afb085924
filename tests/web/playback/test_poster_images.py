"""Posters of recordings: public, except for webinars that no one can see."""

import pytest

from lms.models.catalog import Webinar, WebinarState
from lms.models.recordings import Recording


@pytest.fixture
def address(database, cast, storage):
    with database.read_session() as session:
        recording = session.get_one(Recording, cast.recording_id)
    key = f"renditions/{recording.public_id}/{recording.run}/poster.jpg"
    storage.put_bytes(key, b"a picture", "image/jpeg")
    return f"/posters/{recording.public_id}/{recording.run}.jpg"


@pytest.mark.parametrize("state", [WebinarState.DRAFT, WebinarState.PULLED])
def test_draft_and_removed_webinars_have_no_poster(client, address, database, cast, state):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.state = state
        webinar.pulled_reason = "A reason." if state is WebinarState.PULLED else None
    assert client.get(address).status_code == 404


def test_everyone_can_see_the_poster_and_cache_it_for_five_minutes(client, address):
    answer = client.get(address)
    assert answer.data == b"a picture"
    assert answer.content_type == "image/jpeg"
    assert "public" in answer.headers["Cache-Control"]
    assert "max-age=300" in answer.headers["Cache-Control"]


def test_poster_of_another_run_is_not_found(client, address):
    assert client.get(address[:-10] + "000000.jpg").status_code == 404
