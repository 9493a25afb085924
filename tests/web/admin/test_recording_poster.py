"""The picture that stands for a recording: who may choose it, from what, and what people see."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from lms.cli.console import Console
from lms.clock import now
from lms.jobs import latest_job
from lms.library import LIBRARY
from lms.models.catalogue import Recording
from lms.recordings import ENCODE, attach, keep_original
from lms.worker import see_through
from media.frames import NoFrame, frame_at
from tests.factories import make_webinar
from tests.media.conftest import make, talk

__all__ = ["make", "talk"]

COLOURS = ("red", "lime", "blue")


def picture(kind: str = "PNG", colour: str = "red") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 36), colour).save(file, kind)
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


def test_it_is_not_there_for_anybody_but_staff(client, cast, address):
    for person in (cast.alice, cast.mia):
        client.sign_in(person.id)
        for path in ("", "/current.jpg", "/frame.jpg"):
            assert client.get(address + path).status_code == 404
        for path in ("/frame", "/own", "/first"):
            assert client.post(address + path).status_code == 404


def test_a_picture_of_ones_own_is_seen_by_everyone_and_taken_back(
    client, cast, address, database, storage
):
    client.sign_in(cast.ada.id)
    answer = client.post(f"{address}/own", data={"picture": (picture(), "cover.png")})
    assert answer.status_code == 303
    with database.read_session() as session:
        recording = session.scalars(select(Recording)).one()
    open_address = f"/posters/{recording.public_id}/{recording.run}.jpg"
    shown = client.get(open_address)
    assert centre(shown.data)[0] > 200
    assert shown.headers["Cache-Control"] == "public, max-age=300"
    assert client.get(f"{address}/current.jpg").data == shown.data
    assert "What people see now" in client.get(address).text
    first = recording.poster_key
    client.post(f"{address}/own", data={"picture": (picture(colour="lime"), "cover.png")})
    assert centre(client.get(open_address).data)[1] > 200
    assert storage.stat(first) is None  # nobody is led to it any more
    assert client.post(f"{address}/first").status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Recording.poster_key)).one() is None


@pytest.mark.parametrize("kind", ["nothing", "a text"])
def test_what_is_no_picture_is_refused_with_a_sentence(client, cast, address, kind):
    client.sign_in(cast.ada.id)
    data = {} if kind == "nothing" else {"picture": (io.BytesIO(b"Dear all"), "cover.jpg")}
    assert client.post(f"{address}/own", data=data).status_code == 400


def test_a_time_of_a_recording_whose_files_are_missing_is_refused_with_a_sentence(
    client, cast, address
):
    client.sign_in(cast.ada.id)
    answer = client.get(f"{address}/frame.jpg?at=3")
    assert answer.status_code == 400
    assert client.get(f"{address}?at=nonsense").status_code == 200
    assert client.get(f"{address}?at=nan").status_code == 200


@pytest.mark.slow
def test_any_moment_is_taken_from_the_segment_it_lies_in(
    client, cast, carrel, database, make, tmp_path
):
    colours = "".join(f"color={each}:s=320x180:r=25:d=8[{each}];" for each in COLOURS)
    joined = f"{colours}{''.join(f'[{each}]' for each in COLOURS)}concat=n=3:v=1[all]"
    film = make("colours.mp4", "-filter_complex", joined, "-map", "[all]", "-c:v", "libx264",
                "-pix_fmt", "yuv420p", "-g", "50")  # fmt: skip
    with database.transaction() as session:
        make_webinar(session, "colours")
    original = keep_original(carrel.storage, film, "colours.mp4")
    with database.transaction() as session:
        attach(session, slug="colours", original=original, actor=None, now=now())
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
