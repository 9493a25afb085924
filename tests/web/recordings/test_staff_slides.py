"""The staff page of a recording's slides: who can open it, and what it saves."""

import pytest
from sqlalchemy import select

from lms.models.recordings import Recording, RecordingState, SlideFate
from lms.recordings.recordings import find
from lms.recordings.slides import keep_found, read_slides
from lms.web.recordings.staff_slides import SAID
from media.video.slide_detection import Slide as Found
from tests.clock import NOW
from tests.factories import RUN, make_recording, make_webinar
from tests.page_texts import is_empty, shows

FOUND = (Found(0.0, 8.9, turns_page=True), Found(10.0, 3598.9, turns_page=True))


@pytest.fixture
def recording_id(database, storage) -> str:
    with database.transaction() as session:
        recording = make_recording(session, make_webinar(session, "slides"))
        keep_found(session, recording.public_id, FOUND)
        found = recording.public_id
    storage.put_bytes(f"renditions/{found}/{RUN}/slide-000089.jpg", b"jpeg", "image/jpeg")
    return found


@pytest.fixture
def address(recording_id) -> str:
    return f"/staff/recordings/{recording_id}/slides"


def test_only_staff_can_open_it(client, cast, address):
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
        assert client.get(f"{address}/slide-000089.jpg").status_code == 404


def test_titles_and_chapters_are_saved_by_every_button(
    client, cast, address, database, recording_id
):
    client.sign_in(cast.ada.id)
    with database.read_session() as session:
        first, second = read_slides(session, recording_id)
    values = {
        f"title-{first.id}": "Welcome",
        f"title-{second.id}": "The money",
        f"chapter-{second.id}": "on",
    }
    assert client.post(address, data=values).status_code == 303
    with database.read_session() as session:
        shown = read_slides(session, recording_id)
    assert [(each.title, each.is_chapter) for each in shown] == [
        ("Welcome", False),
        ("The money", True),
    ]
    answer = client.post(
        address,
        data=values | {f"title-{first.id}": "Hello", "act": f"removed:{second.id}"},
        follow_redirects=True,
    )
    assert shows(answer.text, SAID[SlideFate.REMOVED])
    assert f'value="shown:{second.id}"' in answer.text
    answer = client.post(address, data={"act": f"shown:{second.id}"}, follow_redirects=True)
    assert 'value="Hello"' in answer.text
    assert 'value="The money"' in answer.text


def test_unknown_actions_and_slides_are_ignored_or_not_found(client, cast, address):
    client.sign_in(cast.ada.id)
    assert client.post(address, data={"act": "burn:it"}).status_code == 303
    assert client.post(address, data={"act": "removed:nobody"}).status_code == 404
    assert client.post(address, data={"title-nobody": "x"}).status_code == 404
    assert client.get(address.replace("recordings/", "recordings/x")).status_code == 404


def test_only_images_of_slides_are_served(client, cast, address):
    client.sign_in(cast.ada.id)
    assert client.get(f"{address}/slide-000089.jpg").data == b"jpeg"
    assert client.get(f"{address}/slide-000090.jpg").status_code == 404
    assert client.get(f"{address}/poster.jpg").status_code == 404


def test_recording_without_slides_shows_the_empty_state(
    client, cast, database, address, recording_id
):
    client.sign_in(cast.ada.id)
    with database.transaction() as session:
        keep_found(session, recording_id, ())
    assert is_empty(client.get(address).text)
    with database.transaction() as session:
        find(session, recording_id).state = RecordingState.PROCESSING
    assert is_empty(client.get(address).text)


def test_removed_version_has_no_slides_page(client, cast, database, address, recording_id):
    client.sign_in(cast.ada.id)
    with database.transaction() as session:
        find(session, recording_id).removed_at = NOW
    assert client.get(address).status_code == 404


def test_watch_page_shows_slides_as_buttons_and_chapters(client, cast, database):
    with database.transaction() as session:
        keep_found(session, session.scalars(select(Recording.public_id)).one(), FOUND)
    client.sign_in(cast.alice.id)
    page = client.get(f"/webinars/{cast.slug}/watch").text
    assert 'data-starts="10.0"' in page
    assert 'role="tab"' in page
    told = client.post(f"/webinars/{cast.slug}/playback", json={}).get_json()
    assert "00:00:10.000 --> 01:00:00.000\nSlide 2" in told["chapters"]
