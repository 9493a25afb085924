"""The product in each delivery mode: how soon a revocation takes effect, and staff downloads."""

import io
import time

import pytest
from PIL import Image
from sqlalchemy import func, select

from lms.core.clock import now
from lms.handouts import handouts
from lms.models.grants import Grant, Withdrawal
from lms.models.handouts import Handout, HandoutPage
from lms.models.recordings import Recording
from lms.people import grant_and_seat_history
from media.delivery.delivery_modes import ADDRESS_S, Way
from tests.handouts.document_builder import pdf
from tests.playback.served_library import served
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILM = bytes(range(256)) * 10_000
STOPS_WITHIN_S = 60


@pytest.fixture(params=list(Way))
def house(request, environ, tmp_path, s3_server, cast):
    with served(request.param, environ, tmp_path, s3_server) as made:
        with made.carrel.database.transaction() as session:
            recording = session.get_one(Recording, cast.recording_id)
            recording.original_name = "Léa reads.mp4"
            recording.size_bytes = len(FILM)
            run = f"renditions/{recording.public_id}/{recording.run}"
            keys = (recording.original_key, f"{run}/high.mp4", f"{run}/progressive.mp4")
        for key in keys:
            made.carrel.storage.put_bytes(key, FILM, "video/mp4")
        yield made


def test_revoked_grant_stops_playback_within_a_minute(house, cast):
    film = house.film_of(cast.alice.id, cast.webinar_id)
    piece = house.ask(f"{film}/high.mp4", Range="bytes=0-999")
    assert (piece.status, piece.body) == (206, FILM[:1000])
    assert piece.was_redirected is (house.way is Way.REDIRECT)
    assert house.ask(f"{film}/progressive.mp4", Range="bytes=0-").status == 206
    with house.carrel.database.transaction() as session:
        grant = session.query(Grant).filter_by(login_id=cast.alice.id).one()
        grant_and_seat_history.revoke(
            session,
            grant.public_id,
            withdrawal=Withdrawal.REVOKED,
            reason="a mistake",
            actor=cast.ada.public_id,
            now=now(),
        )
    began = time.monotonic()
    # A bucket address issued just before the revocation still opens its own piece.
    opens_s = ADDRESS_S if house.way is Way.REDIRECT else 0
    # another server process can notice seconds later
    for name, wanted, within_s in (
        ("high.mp4", "bytes=0-999", STOPS_WITHIN_S - opens_s),
        ("progressive.mp4", "bytes=0-", STOPS_WITHIN_S),
    ):
        asked_at = time.monotonic()
        while house.ask(f"{film}/{name}", Range=wanted).status != 403:
            assert asked_at - began < within_s  # a busy machine can take longer to answer
            time.sleep(0.25)
            asked_at = time.monotonic()


def test_only_staff_can_download_the_original_and_resume(house, cast):
    with house.carrel.database.read_session() as session:
        recording = session.get_one(Recording, cast.recording_id)
        path = f"/staff/recordings/{recording.public_id}/original"
    assert house.ask(path).status == 303
    assert house.ask(path, house.cookie_of(cast.alice.id)).status == 404
    assert house.ask(path, house.cookie_of(cast.mia.id)).status == 404
    cookie = house.cookie_of(cast.ada.id)
    whole = house.ask(path, cookie)
    assert (whole.status, whole.body) == (200, FILM)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert "attachment; filename" in whole.headers["Content-Disposition"]
    assert "L%C3%A9a%20reads.mp4" in whole.headers["Content-Disposition"]
    rest = house.ask(path, cookie, Range="bytes=1000000-")
    assert (rest.status, rest.body) == (206, FILM[1_000_000:])
    assert rest.headers["Content-Range"] == f"bytes 1000000-{len(FILM) - 1}/{len(FILM)}"
    etag = rest.headers["ETag"]
    assert house.ask(path, cookie, Range="bytes=5-9", **{"If-Range": etag}).body == FILM[5:10]
    assert house.ask(path, cookie, Range="bytes=5-9", **{"If-Range": '"old"'}).status == 200
    assert house.ask(path, cookie, Range="bytes=99999999-").status == 416


def test_handout_pages_are_drawn_and_shown_only_to_people_with_access(house, cast, tmp_path):
    carrel = house.carrel
    path = tmp_path / "sent.pdf"
    path.write_bytes(pdf(pages=2, texts=("Media literacy", "The shelf of questions")))
    kept = handouts.keep_handout(carrel.storage, path, "Slides.pdf", tmp_path)
    with carrel.database.transaction() as session:
        handouts.attach(session, slug=cast.slug, kept=kept, actor=None, now=now())
    until(lambda: drawn(carrel, kept.handout_id) == 2)
    folder = f"/handouts/{kept.handout_id}"
    alice, dan = house.cookie_of(cast.alice.id), house.cookie_of(cast.dan.id)
    for page in (1, 2):
        for size in ("large", "small"):
            address = f"{folder}/pages/{page}/{size}.jpg"
            shown = house.ask(address, alice)
            assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
            with Image.open(io.BytesIO(shown.body)) as picture:
                assert max(picture.size) == (2071 if size == "large" else 240)
            assert "X-Accel-Redirect" not in shown.headers
            assert house.ask(address, dan).status in (403, 404)
            assert house.ask(address).status == 303
    assert house.ask(f"{folder}/first-page.jpg", alice).status == 200
    assert house.ask(folder, alice).body.startswith(b"%PDF-")
    assert house.ask(f"{folder}/pages/3/large.jpg", alice).status == 404
    assert house.ask(f"/_files/handouts/{kept.handout_id}/page-0001.jpg", alice).status == 404


def drawn(carrel, handout_id):
    """Tell how many pages of a handout were drawn."""
    with carrel.database.read_session() as session:
        pages = select(func.count()).select_from(HandoutPage).join(Handout)
        return session.scalar(pages.where(Handout.public_id == handout_id))
