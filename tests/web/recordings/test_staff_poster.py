"""A recording's poster: who can choose it, from what, and what people see."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from lms.cli.command_context import Console
from lms.core.clock import now
from lms.jobs.queue import latest_job
from lms.models.catalog import Webinar
from lms.models.recordings import Recording
from lms.recordings import versions
from lms.recordings.recordings import (
    ENCODE,
    Original,
    Playable,
    attach,
    finish,
    keep_original,
    publish,
)
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from media.video.frame_extraction import NoFrame, frame_at
from tests.factories import make_webinar
from tests.media.conftest import make, talk
from tests.removed_items_purge import clear

__all__ = ["make", "talk"]

COLORS = ("red", "lime", "blue")


def picture(kind: str = "PNG", color: str = "red") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 36), color).save(file, kind)
    file.seek(0)
    return file


def centre(data: bytes) -> tuple[int, int, int]:
    with Image.open(io.BytesIO(data)) as still:
        pixel = still.convert("RGB").getpixel((still.width // 2, still.height // 2))
    assert isinstance(pixel, tuple)
    red, green, blue = pixel[:3]
    return red, green, blue


@pytest.fixture
def address(cast, database) -> str:
    with database.read_session() as session:
        return f"/staff/recordings/{session.scalars(select(Recording.public_id)).one()}/picture"


def test_only_staff_can_open_it(client, cast, address):
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        for path in ("", "/current.jpg", "/frame.jpg"):
            assert client.get(address + path).status_code == 404
        for path in ("/frame", "/own", "/first"):
            assert client.post(address + path).status_code == 404


def test_uploaded_poster_is_shown_and_can_be_removed(client, cast, address, database, storage):
    client.sign_in(cast.ada.id)
    answer = client.post(f"{address}/own", data={"picture": (picture(), "cover.png")})
    assert answer.status_code == 303
    with database.read_session() as session:
        recording = session.scalars(select(Recording)).one()
        first = session.scalars(select(Webinar.poster_key)).one()
    open_address = f"/posters/{recording.public_id}/{recording.run}.jpg"
    shown = client.get(open_address)
    assert centre(shown.data)[0] > 200
    assert shown.headers["Cache-Control"] == "public, max-age=300"
    assert client.get(f"{address}/current.jpg").data == shown.data
    assert 'id="now-title"' in client.get(address).text
    client.post(f"{address}/own", data={"picture": (picture(color="lime"), "cover.png")})
    assert centre(client.get(open_address).data)[1] > 200
    assert storage.stat(first) is None  # nothing links to it anymore
    assert client.post(f"{address}/first").status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Webinar.poster_key)).one() is None


def test_chosen_poster_stays_when_the_version_changes(
    client, cast, address, database, storage, clock, carrel
):
    client.sign_in(cast.ada.id)
    client.post(f"{address}/own", data={"picture": (picture(), "cover.png")})
    with database.transaction() as session:
        first = session.scalars(select(Recording)).one()
        first.original_key, first.seconds = "originals/first/talk.mp4", 60.0
        second = attach(
            session,
            slug=cast.slug,
            original=Original("second", "originals/second/talk.mp4", "talk.mp4", 1, "0" * 64),
            actor=None,
            now=now(),
        )
        publish(session, "second", Playable("anew", 90.0, has_video=True, width=640, height=360))
        finish(session, "second", now=now())
        assert second.is_current
        versions.remove(session, first.public_id, actor=None, now=now())
    assert centre(client.get("/posters/second/anew.jpg").data)[0] > 200
    second_address = "/staff/recordings/second/picture"
    assert 'data-testid="chosen"' in client.get(second_address).text
    clock.advance(timedelta(days=31))
    clear(carrel)
    client.sign_in(cast.ada.id)
    assert centre(client.get("/posters/second/anew.jpg").data)[0] > 200
    client.post(f"{second_address}/first")
    assert client.get("/posters/second/anew.jpg").status_code == 404  # it has no poster of its own


def test_chosen_poster_survives_the_deletion_of_its_version(cast, database, storage, clock, carrel):
    with database.transaction() as session:
        recording = session.scalars(select(Recording)).one()
        prefix = f"renditions/{recording.public_id}/posters/"
        webinar = session.get_one(Webinar, recording.webinar_id)
        webinar.poster_key = f"{prefix}chosen.jpg"  # where posters were stored before
        recording.is_current, recording.removed_at = False, now()
        recording.original_key = "originals/first/talk.mp4"
    for name in ("chosen.jpg", "former.jpg"):
        storage.put_bytes(prefix + name, b"x", "image/jpeg")
    clock.advance(timedelta(days=31))
    clear(carrel)
    assert list(storage.list(prefix)) == [f"{prefix}chosen.jpg"]


@pytest.mark.parametrize("kind", ["nothing", "a text"])
def test_file_that_is_not_an_image_is_refused(client, cast, address, kind):
    client.sign_in(cast.ada.id)
    data = {} if kind == "nothing" else {"picture": (io.BytesIO(b"Dear all"), "cover.jpg")}
    assert client.post(f"{address}/own", data=data).status_code == 400


def test_moment_of_a_recording_without_files_is_refused(client, cast, address):
    client.sign_in(cast.ada.id)
    answer = client.get(f"{address}/frame.jpg?at=3")
    assert answer.status_code == 400
    assert client.get(f"{address}?at=nonsense").status_code == 200
    assert client.get(f"{address}?at=nan").status_code == 200


@pytest.mark.slow
def test_moment_is_taken_from_its_segment(client, cast, carrel, database, make, tmp_path):
    colors = "".join(f"color={each}:s=320x180:r=25:d=8[{each}];" for each in COLORS)
    joined = f"{colors}{''.join(f'[{each}]' for each in COLORS)}concat=n=3:v=1[all]"
    film = make("colors.mp4", "-filter_complex", joined, "-map", "[all]", "-c:v", "libx264",
                "-pix_fmt", "yuv420p", "-g", "50")  # fmt: skip
    with database.transaction() as session:
        make_webinar(session, "colors")
    original = keep_original(carrel.storage, film, "colors.mp4")
    with database.transaction() as session:
        attach(session, slug="colors", original=original, actor=None, now=now())
        job = latest_job(session, kind=ENCODE, subject=original.recording_id)
    see_through(carrel, Console((LIBRARY,)).work, job.id)
    client.sign_in(cast.ada.id)
    address = f"/staff/recordings/{original.recording_id}/picture"
    for at, channel in ((0, 0), (7.5, 0), (8.5, 1), (15.5, 1), (17, 2), (23.9, 2), (99999, 2)):
        data = client.get(f"{address}/frame.jpg?at={at}").data
        assert max(range(3), key=lambda each, data=data: centre(data)[each]) == channel, at
    assert client.post(f"{address}/frame", data={"at": "9"}).status_code == 303
    assert centre(client.get(f"{address}/current.jpg").data)[1] > 150
    with pytest.raises(NoFrame):
        frame_at(carrel.storage, "renditions/nobody/nothing", 1.0, tmp_path)
