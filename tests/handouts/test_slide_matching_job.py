"""Pages of a handout are matched to the slides of the recording, and corrected by staff."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.handouts.pages import read_leaves, small_key
from lms.models.catalog import Webinar
from lms.models.handouts import HandoutPage, HandoutPageTime
from lms.models.jobs import Job, JobState
from lms.models.recordings import Recording, RecordingState
from lms.recordings import handout_page_times
from lms.recordings.slides import keep_found, read_slides
from lms.worker.worker import see_through
from media.video.slide_detection import Slide
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_handout
from tests.handouts.conftest import WORK
from tests.media.documents.test_slide_similarity import PAGES, drawn, squeezed
from tests.visitor import Visitor

# what is shown when: page 3 twice, once a face that isn't a page, and page 2 never
SHOWN = ((0.0, 0), (60.0, 2), (125.0, None), (200.0, 3), (300.0, 2))


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


@pytest.fixture
def handout_id(carrel: Carrel, cast: Cast, clock: Clock) -> str:
    """A handout of four pages with a ten-minute recording that shows three of them."""
    with carrel.database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        handout = make_handout(session, webinar, title="Tuesday")
        recording = session.get_one(Recording, cast.recording_id)
        recording.seconds, recording.run, recording.state = 600.0, "a" * 26, RecordingState.READY
        for number in range(1, 5):
            session.add(HandoutPage(handout_id=handout.id, number=number, width=1600, height=900))
            small = PAGES[number - 1].resize((240, 135))
            key = small_key(handout.public_id, number)
            carrel.storage.put_bytes(key, jpeg(small), "image/jpeg")
        found = [Slide(starts_s=at, picture_s=at + 1, turns_page=True) for at, _ in SHOWN]
        keep_found(session, recording.public_id, found)
        slides = read_slides(session, recording.public_id)
        for slide, (_, page) in zip(slides, SHOWN, strict=True):
            picture = squeezed(drawn(77) if page is None else PAGES[page])
            key = f"renditions/{recording.public_id}/{recording.run}/{slide.picture}"
            carrel.storage.put_bytes(key, jpeg(picture), "image/jpeg")
        return handout.public_id


@pytest.fixture
def match(carrel: Carrel, cast: Cast, handout_id: str) -> Callable[[], list[float | None]]:
    """Let the worker match pages and slides; return when each page is seen."""

    def matched() -> list[float | None]:
        with carrel.database.transaction() as session:
            handout_page_times.have_handout_matched(session, handout_id, now=NOW)
            waiting = select(Job.public_id).where(Job.state == JobState.QUEUED)
            job_id = session.scalars(waiting).one()
        assert see_through(carrel, WORK, job_id).state is JobState.DONE
        with carrel.database.read_session() as session:
            return [page.starts_s for page in read_leaves(session, handout_id).pages]

    return matched


def test_each_page_has_the_time_when_it_is_first_seen(
    match: Callable[[], list[float | None]],
) -> None:
    assert match() == [0.0, None, 60.0, 200.0]


def test_handout_with_few_pages_seen_is_not_linked(
    carrel: Carrel, handout_id: str, match: Callable[[], list[float | None]]
) -> None:
    carrel.storage.put_bytes(small_key(handout_id, 3), jpeg(drawn(55)), "image/jpeg")
    assert match() == [None] * 4


def test_missing_page_picture_does_not_block_the_others(
    carrel: Carrel, handout_id: str, match: Callable[[], list[float | None]]
) -> None:
    carrel.storage.delete(small_key(handout_id, 2))
    assert match() == [0.0, None, 60.0, 200.0]


def test_times_set_by_staff_stay_after_another_match(
    carrel: Carrel,
    cast: Cast,
    client: Visitor,
    handout_id: str,
    match: Callable[[], list[float | None]],
) -> None:
    match()
    client.sign_in(cast.ada.id)
    address = f"/staff/handouts/{handout_id}/times"
    page = client.get(address).text
    assert 'value="1:00"' in page
    saved = client.post(address, data={"at-1": "0:00", "at-2": "9:59", "at-3": "", "at-4": "3:20"})
    assert saved.status_code == 303
    assert match() == [0.0, 599.0, None, 200.0]
    with carrel.database.read_session() as session:
        by_staff = select(HandoutPageTime.page_id).where(HandoutPageTime.is_by_staff)
        assert len(session.scalars(by_staff).all()) == 2


@pytest.mark.parametrize("wrong", ["soon", "1:75", "10:00", "99:99:99", "-1:00"])
def test_invalid_time_is_refused_and_the_form_keeps_its_values(
    cast: Cast, client: Visitor, handout_id: str, wrong: str
) -> None:
    client.sign_in(cast.ada.id)
    answer = client.post(
        f"/staff/handouts/{handout_id}/times", data={"at-1": "0:30", "at-2": wrong}
    )
    assert answer.status_code == 400
    assert 'href="#at-2"' in answer.text
    assert 'value="0:30"' in answer.text
    assert f'value="{wrong}"' in answer.text


def test_only_staff_can_see_and_set_times(cast: Cast, client: Visitor, handout_id: str) -> None:
    address = f"/staff/handouts/{handout_id}/times"
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        assert client.get(address).status_code == 404
        assert client.post(address, data={"at-1": "0:30"}).status_code == 404


def test_page_for_times_is_not_found_without_a_recording(
    carrel: Carrel, cast: Cast, client: Visitor, handout_id: str
) -> None:
    with carrel.database.transaction() as session:
        session.get_one(Recording, cast.recording_id).is_current = False
    client.sign_in(cast.ada.id)
    assert client.get(f"/staff/handouts/{handout_id}/times").status_code == 404


def test_page_of_a_handout_links_to_its_time(
    cast: Cast, client: Visitor, handout_id: str, match: Callable[[], list[float | None]]
) -> None:
    match()
    client.sign_in(cast.alice.id)
    page = client.get(f"/handouts/{handout_id}/pages/3").text
    assert f'href="/webinars/{cast.slug}/watch?t=60"' in page
    assert "At 1:00" in page
    assert "At 1:00" not in client.get(f"/handouts/{handout_id}/pages/2").text
