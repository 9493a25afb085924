"""A recording whose segments come directly from a bucket, in a browser."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from lms.core.clock import now
from lms.models.grants import Grant, Withdrawal
from lms.models.recordings import Recording
from lms.people import grant_and_seat_history
from media.delivery.delivery_modes import Way
from media.storage.object_keys import content_type_of
from tests.browser.conftest import Film
from tests.browser.person import Person
from tests.browser.playback.test_watch import PLAYING, play, seek
from tests.cast import Cast
from tests.playback.served_library import House, served
from tests.servers.s3 import S3Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

STOPPED = "document.querySelector('video').paused"


@pytest.fixture
def house(
    environ: Mapping[str, str], tmp_path: Path, cast: Cast, film: Film, s3_bucket: S3Server
) -> Iterator[House]:
    """A site that redirects to a bucket, whose CORS rules allow its pages."""
    with served(Way.REDIRECT, environ, tmp_path, s3_bucket) as made:
        made.carrel.storage.let_pages_read(made.carrel.settings.base_url)
        with made.carrel.database.transaction() as session:
            recording = session.get_one(Recording, cast.recording_id)
            recording.seconds = film.encoded.seconds
            prefix = f"renditions/{recording.public_id}/{recording.run}"
        for name in film.encoded.files:
            key = f"{prefix}/{name}"
            made.carrel.storage.put_file(key, film.folder / name, content_type_of(key))
        yield made


def test_recording_plays_from_the_bucket_until_access_is_revoked(
    browser: Browser, house: House, cast: Cast
) -> None:
    url = house.carrel.settings.base_url
    alice = Person.arrive(browser, url, house.carrel, cast.alice.id)
    bucket = urlsplit(house.carrel.settings.s3_endpoint or "").netloc
    pieces: list[int] = []
    alice.page.on(
        "response",
        lambda answer: pieces.append(answer.status) if bucket in answer.url else None,
    )
    alice.page.goto(f"/webinars/{cast.slug}/watch")
    play(alice, past=4.0, rate=1.0)
    seek(alice.page, 40.0)
    alice.until(PLAYING.format(41))
    assert len(pieces) >= 4
    assert set(pieces) == {206}
    assert alice.faults == []
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
    alice.until(STOPPED)
    assert alice.page.evaluate("document.querySelector('video').currentTime") < 62
    alice.leave()
