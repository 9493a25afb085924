"""Sample data with stored recordings, and people who can watch them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.search import fill, vocabulary
from lms.accounts.browser_sessions import Browser, open_sign_in
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Pool
from lms.playback.progress_bitmap import watched_seconds
from lms.web.core.current_user import cookie_name
from media.video.renditions_and_commands import SEGMENT_SECONDS
from tests.factories import (
    RUN,
    make_assignment,
    make_grant,
    make_login,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
)

WEBINARS: Final = 40
WATCHED: Final = 20  # rows inserted at once
SECONDS: Final = 3600.0
STORED: Final = 64  # stored segments; the playlist repeats them
SIZES: Final = {"360p": 60_000, "sound": 12_000}  # bytes per segment: 96 kbit/s
AT_ONCE: Final = 500
MASTER: Final = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,URI="sound.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,AUDIO="sound"
360p.m3u8
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can watch a webinar: their row, cookie, and webinar."""

    login_id: int
    cookie: str
    slug: str


def fill_installation(carrel: Carrel, people: int) -> tuple[list[Person], str]:
    """Add webinars and people; returns signed-in people with access, and a word to search for.

    Half of them own a webinar; the others have a seat of an organization. No one has a password.
    """
    words = vocabulary()
    fill(carrel.database, words, WEBINARS)
    with carrel.database.transaction() as session:
        own = Webinar.slug.startswith("talk-")
        talks = session.scalars(select(Webinar).where(own).order_by(Webinar.id)).all()
        recordings = [make_recording(session, each, seconds=SECONDS) for each in talks]
        library = make_organization(session, "elm-county")
        pools = [make_pool(session, library, each, capacity=None) for each in talks[:WATCHED]]
        for pool in pools:
            make_pool_grant(session, pool)
        session.expunge_all()
    for recording in recordings[:WATCHED]:
        _store(carrel, recording)
    seats = list(zip(talks, pools, strict=False))
    numbers = iter(range(people))
    found: list[Person] = []
    while some := list(islice(numbers, AT_ONCE)):
        with carrel.database.transaction() as session:
            found += _people(session, carrel, some, seats)
    return found, words[1000]


def kept_seconds(carrel: Carrel) -> dict[int, float]:
    """Return the seconds saved as watched, by login row."""
    with carrel.database.read_session() as session:
        rows = session.execute(select(WatchRecord.login_id, WatchRecord.buckets))
        return {login_id: watched_seconds(buckets, SECONDS) for login_id, buckets in rows}


def _people(
    session: Session, carrel: Carrel, numbers: list[int], seats: list[tuple[Webinar, Pool]]
) -> Iterator[Person]:
    name = cookie_name(carrel.settings)
    for number in numbers:
        webinar, pool = seats[number % len(seats)]
        login: Login = make_login(session, f"viewer{number}@example.org", name=f"Wren {number}")
        if number // len(seats) % 2:
            make_grant(session, login, webinar)
        else:
            make_assignment(session, session.merge(pool, load=False), login)
        browser = Browser(agent="A benchmark", remembered=False, earlier=None)
        opened = open_sign_in(session, login.id, browser=browser, now=now())
        yield Person(login.id, f"{name}={opened.cookie}", webinar.slug)


def _store(carrel: Carrel, recording: Recording) -> None:
    folder = f"renditions/{recording.public_id}/{RUN}"
    for name, size in SIZES.items():
        carrel.storage.put_bytes(
            f"{folder}/{name}.mp4", os.urandom(size * (STORED + 1)), "video/mp4"
        )
        playlist = _playlist(name, size).encode()
        carrel.storage.put_bytes(f"{folder}/{name}.m3u8", playlist, "application/vnd.apple.mpegurl")
    carrel.storage.put_bytes(
        f"{folder}/master.m3u8", MASTER.encode(), "application/vnd.apple.mpegurl"
    )


def _playlist(name: str, size: int) -> str:
    """Return a playlist as the encoder writes it: one file with its initialization first."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f'#EXT-X-MAP:URI="{name}.mp4",BYTERANGE="{size}@0"',
    ]
    for number in range(int(SECONDS / SEGMENT_SECONDS)):
        start = size * (1 + number % STORED)
        lines += [
            f"#EXTINF:{SEGMENT_SECONDS:.6f},",
            f"#EXT-X-BYTERANGE:{size}@{start}",
            f"{name}.mp4",
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])
